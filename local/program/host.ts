// Runs in a process of its own, forked by fork.ts: evaluates the Pulumi program with mocks that ask the parent to
// provision. A fork, not a worker: Pulumi's closure serializer does not run in a worker thread; and the memory of the
// SDK, of `typescript` and of arborist is given back when it is done.
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { describeFailure, keepOwnFrames } from "./failure.ts";
import { type ProgramStart, Provisioned, ToProgram, type FromProgram } from "./protocol.ts";

const secretSignature = "4dabf18193072939515e22adb298388d";
const waiting = new Map<number, (answer: Record<string, unknown>) => void>();
const urns = new Set<string>();
let calls = 0;
let failed = false;
let root = "";

function send(message: FromProgram): Promise<void> {
  return new Promise((sent) => (process.send ? process.send(message, undefined, undefined, () => sent()) : sent()));
}

/** Reports the first error: it is the cause of the dozens of rejections that follow it. */
function fail(error: unknown): void {
  if (failed) return;
  failed = true;
  void send({ kind: "failed", message: causeOf(error) }).then(() => process.exit(1));
}

/** A RunError, such as a mistake in the config, explains itself; any other error comes with its place in the program. */
function causeOf(error: unknown): string {
  const text = pulumi.RunError.isInstance(error) ? error.message : describeFailure(error, root);
  return text.replace(/(error serializing property "[^"]*": )+/g, ""); // added for each property that it passed through
}

function ask(message: Extract<FromProgram, { call: number }>): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    waiting.set(message.call, resolve);
    void send(message);
  });
}

const Assets = z.record(z.string(), z.unknown());

/** Plain data of an input: secrets unwrapped, assets and archives as `{ path }`, `{ text }` or `{ assets }`. */
async function plain(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  if (typeof value !== "object" || value === null) return value;
  // Typed, so that it narrows nothing: both classes are empty, and what is no Asset would be nothing at all.
  const isArchive: boolean = pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value);
  if (isArchive) return archive(value);
  if (pulumi.Resource.isInstance(value)) return pulumi.output(value.urn).apply((urn) => urn);
  if (secretSignature in value && "value" in value) return plain(value.value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(await Promise.all(entries.map(async ([key, item]) => [key, await plain(item)])));
}

async function archive(value: object): Promise<unknown> {
  if ("path" in value) return { path: await value.path };
  if ("text" in value) return { text: await value.text };
  if ("assets" in value) return { assets: await plain(Assets.parse(await value.assets)) };
  throw new Error("the local cloud reads assets from files and text only, not from a URL");
}

/**
 * The packages that a callback's archive holds are found by reading the whole of node_modules, which takes 0.2 s and
 * more for each callback; the same options give the same answer, so it is asked once.
 */
function rememberCodePaths(): void {
  const compute = pulumi.runtime.computeCodePaths;
  const known = new Map<string, ReturnType<typeof compute>>();
  Object.assign(pulumi.runtime, {
    computeCodePaths: (given: pulumi.runtime.CodePathOptions = {}) => {
      const options = { ...given };
      delete options.logResource;
      const key = JSON.stringify(options);
      const paths = known.get(key) ?? compute(options);
      known.set(key, paths);
      return paths;
    },
  });
}

/** Evaluates the program and returns the stack's exports. */
async function run(start: ProgramStart): Promise<Record<string, unknown>> {
  root = dirname(start.entry);
  keepOwnFrames(root);
  rememberCodePaths();
  // A mock gets neither the parent, which is part of the URN, nor whether a component is remote: both come from the
  // request.
  let parent = "";
  let remote = false;
  let inFlight = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, custom }) => {
        const parentType = parent === "" ? "" : `${parent.split("::")[2]?.split("$").pop()}$`;
        const urn = `urn:pulumi:${start.stack}::${start.project}::${parentType}${type}::${name}`;
        if (urns.has(urn)) fail(new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`));
        urns.add(urn);
        // The program's own components have no outputs but those that they register; a provider's (awsx) do.
        if (custom === false && !remote) return { id: "", state: {} };
        inFlight += 1;
        try {
          const given = z.record(z.string(), z.unknown()).parse(await plain(inputs));
          const answer = Provisioned.parse(
            await ask({ kind: "resource", call: ++calls, type, name, urn, inputs: given }),
          );
          const echoed = { ...given };
          delete echoed["code"]; // long, and read by nobody
          return {
            id: answer.id,
            state: { ...echoed, ...answer.outputs },
          };
        } catch (error) {
          fail(error);
          return new Promise<never>(() => {});
        } finally {
          inFlight -= 1;
        }
      },
      call: ({ token }) => {
        fail(
          new Error(
            `${token}: the local cloud answers no provider functions. ` +
              "Take the value from the stack's config, or from a resource's outputs.",
          ),
        );
        return new Promise<never>(() => {});
      },
      registerTransform: () => fail(new Error("the local cloud does not run resource transforms; use transformations")),
    },
    start.project,
    start.stack,
    false,
  );
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) throw new Error("the Pulumi SDK has no mock monitor: its version has changed");
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = new Proxy(register, {
    apply: (target, _this, request: Parameters<typeof register>) => {
      parent = request[0].getParent();
      remote = request[0].getRemote();
      return Reflect.apply(target, monitor, request); // newResource is called before its first await, for this request
    },
  });
  pulumi.runtime.setAllConfig(start.config);
  // The Stack is a component too and would reject in several places at once: catch the program's own error here.
  const outputs: unknown = await pulumi.runtime.runInPulumiStack(async () => {
    try {
      const program: unknown = await import(pathToFileURL(start.entry).href);
      return program;
    } catch (error) {
      fail(error);
      return new Promise<never>(() => {});
    }
  });
  await pulumi.runtime.disconnect();
  // Wait at least once: Node reports a rejection only when no microtask is left, which would be after "done".
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (inFlight > 0);
  return z.record(z.string(), z.unknown()).parse((await plain(outputs)) ?? {});
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("disconnect", () => process.exit(1));
process.on("message", (raw) => {
  const message = ToProgram.parse(raw);
  if ("start" in message) {
    run(message.start)
      .then((exports) => (failed ? undefined : send({ kind: "done", exports }).then(() => process.exit(0))))
      .catch(fail);
    return;
  }
  waiting.get(message.call)?.(message.answer);
  waiting.delete(message.call);
});
