import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Consumer, Route, Scheduled } from "../runtime/index.ts";
import type { Clock } from "../runtime/lambda/deadline.ts";
import type { InlineRuntime } from "../runtime/lambda/inline.ts";
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
      ({ code, map }) =>
        new pulumi.asset.AssetArchive({
          "index.js": new pulumi.asset.StringAsset(code),
          "index.js.map": new pulumi.asset.StringAsset(map),
        }),
    );
    return new aws.lambda.Function(name, { ...settings, handler: "index.handle", code }, opts);
  }
  const codePathOptions = { extraIncludePaths: [inlineRuntimeFile], extraExcludePackages: [...packages] };
  const callbackFactory = inlineFactory(name, wrapped, events);
  return new aws.lambda.CallbackFunction(name, { ...settings, callbackFactory, codePathOptions }, opts);
}

/**
 * The code of an inline callback: loads the bundled runtime inside Lambda and gives it the user's own arrow. Only that
 * and plain values go through the serializer: a schema or a client would not survive it.
 */
function inlineFactory(
  name: string,
  wrapped: Wrapped,
  events: ImportMeta,
): () => (event: never, clock: Clock) => Promise<unknown> {
  const runtime = bundleInlineRuntime(events);
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

/** The runtime is bundled, so no package belongs into the archive of an inline callback. */
const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
const { dependencies, optionalDependencies } = Manifest.parse(
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
);
const packages = Object.keys({ ...dependencies, ...optionalDependencies });
