// Runs in a process of its own, forked by fork.ts: evaluates the Pulumi program and asks the parent to provision each
// resource. A fork, not a worker: Pulumi's closure serializer does not run in a worker thread; and the memory of the
// SDK, of `typescript` and of arborist is given back when it is done.
import { dirname } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { evaluateProgram, partsOf } from "../../evaluation/program.ts";
import { describeFailure, keepOwnFrames } from "./failure.ts";
import { Provisioned, ToProgram, type FromProgram } from "./protocol.ts";

const waiting = new Map<number, (answer: Record<string, unknown>) => void>();
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
  const text = RunError.isInstance(error) ? error.message : describeFailure(error, root);
  return text.replace(/(error serializing property "[^"]*": )+/g, ""); // added for each property that it passed through
}

function ask(message: Extract<FromProgram, { call: number }>): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    waiting.set(message.call, resolve);
    void send(message);
  });
}

/** An asset or archive as `{ path }`, `{ text }` or `{ assets }`. */
async function asset(value: object): Promise<unknown> {
  const parts = await partsOf(value);
  if (!("assets" in parts)) return parts;
  const nested = Object.entries(parts.assets).map(async ([name, inner]) => [name, await asset(inner)] as const);
  return { assets: Object.fromEntries<unknown>(await Promise.all(nested)) };
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("disconnect", () => process.exit(1));
process.on("message", (raw) => {
  const message = ToProgram.parse(raw);
  if (!("start" in message)) {
    waiting.get(message.call)?.(message.answer);
    waiting.delete(message.call);
    return;
  }
  root = dirname(message.start.entry);
  keepOwnFrames(root);
  evaluateProgram(message.start, {
    provision: async ({ type, name, urn, custom, remote, inputs }) =>
      custom || remote
        ? Provisioned.parse(await ask({ kind: "resource", call: ++calls, type, name, urn, inputs }))
        : { id: "", outputs: {} },
    asset,
    secret: (value) => value,
    fail,
  })
    .then((exports) => (failed ? undefined : send({ kind: "done", exports }).then(() => process.exit(0))))
    .catch(fail);
});
