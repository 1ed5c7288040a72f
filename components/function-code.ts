import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { normalize } from "node:path/posix";
import type { Consumer, Route, Scheduled } from "../runtime/index.ts";
import type { Clock } from "../runtime/lambda/deadline.ts";
import type { InlineRuntime } from "../runtime/lambda/inline.ts";
import { PACKAGES_FILE } from "../bundling/own-code.ts";
import { bundleHandler, bundleInlineRuntime, inlineRuntimeFile } from "./bundle.ts";

/** A definition of `consumer()`, `route()` or `scheduled()`, with the name of the wrapper that runs it inside Lambda. */
export type Wrapped =
  | { wrapper: "consume"; handler: Consumer }
  | { wrapper: "serve"; handler: Route }
  | { wrapper: "runScheduled"; handler: Scheduled };

type FunctionSettings = Omit<aws.lambda.FunctionArgs, "code" | "handler" | "runtime"> & { runtime: "nodejs24.x" };

/**
 * Makes the Lambda function of a definition. With a module, its handler's file is bundled; without one, its handler is
 * an inline callback: Pulumi serializes that function and nothing else in its file.
 */
export function createFunction(
  name: string,
  wrapped: Wrapped,
  events: ImportMeta,
  settings: FunctionSettings,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Function {
  const { module } = wrapped.handler;
  if (module) {
    const code = bundleHandler(module, wrapped.wrapper).apply(
      ({ code, map, packages }) =>
        new pulumi.asset.AssetArchive({
          "index.js": new pulumi.asset.StringAsset(code),
          "index.js.map": new pulumi.asset.StringAsset(map),
          [PACKAGES_FILE]: new pulumi.asset.StringAsset(packages),
        }),
    );
    return new aws.lambda.Function(name, { ...settings, handler: "index.handle", code }, opts);
  }
  const used = Object.values(wrapped.handler.uses ?? {}).map(({ kind }) => kind);
  const bundled = bundleInlineRuntime(events, used);
  const factory = inlineFactory(name, wrapped, bundled);
  const code = pulumi.all([serialize(name, wrapped, factory), bundled]).apply(
    ([text, file]) =>
      new pulumi.asset.AssetArchive({
        "__index.js": new pulumi.asset.StringAsset(text),
        [normalize(inlineRuntimeFile)]: new pulumi.asset.FileAsset(file),
      }),
  );
  return new aws.lambda.Function(name, { ...settings, handler: "__index.handler", code }, opts);
}

/**
 * Serializes an inline callback together with what it captures.
 * @throws RunError naming what cannot be serialized.
 */
async function serialize(name: string, { handler }: Wrapped, factory: InlineFactory): Promise<string> {
  try {
    return (await pulumi.runtime.serializeFunction(factory, { isFactoryFunction: true })).text;
  } catch (error) {
    const culprit = pulumi.ResourceError.isInstance(error) ? culpritIn(error.message) : undefined;
    if (culprit === undefined) throw error;
    const lines = String(handler.handle).split("\n");
    const line = lines.find((text) => text.includes(culprit)) ?? lines[0];
    throw new pulumi.RunError(
      `HandlerFunction "${name}": its inline callback captures "${culprit}", which cannot be serialized, in\n` +
        `  ${line?.trim().slice(0, 120)}\n` +
        "Move it to a file of its own under handlers/ and give it `module: import.meta`.",
    );
  }
}

type InlineFactory = () => (event: never, clock: Clock) => Promise<unknown>;

/**
 * The code of an inline callback: loads the bundled runtime inside Lambda and gives it the user's own arrow. Only that
 * and plain values go through the serializer: a schema or a client would not survive it.
 */
function inlineFactory(name: string, wrapped: Wrapped, bundled: pulumi.Output<string>): InlineFactory {
  const runtime = bundled.apply(() => inlineRuntimeFile);
  const uses = Object.fromEntries(
    Object.entries(wrapped.handler.uses ?? {}).map(([use, { kind, verbs }]) => [use, { kind, verbs: [...verbs] }]),
  );
  // `require` is Lambda's own: it gives the file that `bundleInlineRuntime` has written, whose exports are these.
  if (wrapped.wrapper === "serve" && !wrapped.handler.body) {
    const { handle } = wrapped.handler;
    return () => (require(runtime.get()) as InlineRuntime).serveInline(handle, { uses });
  }
  if (wrapped.wrapper === "consume" && wrapped.handler.handle && !wrapped.handler.settings) {
    const { handle, concurrency } = wrapped.handler;
    const captured = { on: wrapped.handler.on.map(({ type }) => type), uses, concurrency };
    return () => (require(runtime.get()) as InlineRuntime).consumeInline(handle, captured);
  }
  throw new Error(
    `HandlerFunction "${name}": an inline callback is a route without a body's schema, or a consumer with \`handle\` and ` +
      "without settings; got another definition. Move it to a file of its own and give it `module: import.meta`.",
  );
}

/**
 * The first function or variable that an inline callback captures on the way to what cannot be serialized, by the frames
 * of the serializer's message: the factory, the callback (with a frame more where its name is not `handle`), and so on.
 */
function culpritIn(message: string): string | undefined {
  const frames = message.split("\n").filter((line) => FRAME.test(line));
  const culprit = frames[frames[1]?.endsWith("a function defined at") ? 3 : 2];
  return culprit === undefined ? undefined : FRAME.exec(culprit)?.[1];
}

/** Such as `    function 'createHash': which referenced`. */
const FRAME = /^ *(?:function |variable |module )?'(.*)'(?::|,| which|$)/;
