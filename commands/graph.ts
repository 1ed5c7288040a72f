// `npm run graph`: evaluates the program as the tests do, with made-up answers of AWS, and prints its resources.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { evaluateStart, readStart } from "../evaluation/evaluate.ts";
import { CommandError, main, readArguments, unknownName, wrongCall } from "./shared/console.ts";
import { readPatch } from "./shared/patch.ts";

const usage = `npm run graph              every resource of a stack as a JSON list: URN, type, name, inputs

  --stack NAME   the stack whose Pulumi.NAME.yaml is read (default: dev)
  --set JSON     merged into the stack's config under \`order-fanout:\`, as a merge patch: null takes a key out;
                 or the name of a JSON file
  --help         print this

Secrets are "[secret]"; an archive is its files, each with the SHA-256 of its content. Nothing is deployed.`;

const options = { stack: { type: "string", default: "dev" }, set: { type: "string", default: "{}" } } as const;

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  if (positionals.length > 0) throw wrongCall(positionals);
  const from = process.cwd();
  const over = await readPatch(values.set);
  const file = await stackFile(from, values.stack);
  const start = await readStart({ from, file, over });
  const { resources } = await evaluateStart(start, { maskSecrets: true }).catch(explain);
  const list = [...resources].map(([urn, resource]) => ({ urn, ...resource })).sort((a, b) => (a.urn < b.urn ? -1 : 1));
  await new Promise((written) => process.stdout.write(`${JSON.stringify(list, undefined, 2)}\n`, written));
});

async function stackFile(from: string, stack: string): Promise<string> {
  const stacks = (await readdir(from)).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  if (!stacks.includes(stack)) throw unknownName("stack", stack, stacks.sort(), 2);
  return join(from, `Pulumi.${stack}.yaml`);
}

/** What the program threw explains itself. */
function explain(error: unknown): never {
  throw new CommandError(error instanceof Error ? error.message : String(error));
}
