// `npm run graph`: evaluates the program as the tests do, with made-up answers of AWS, and prints its resources.
import { main, readArguments, wrongCall } from "./shared/console.ts";
import { evaluateStack, stackOptions } from "./shared/stack-graph.ts";

const usage = `npm run graph              every resource of a stack as a JSON list: URN, type, name, inputs

  --stack NAME   the stack whose Pulumi.NAME.yaml is read (default: dev)
  --set JSON     merged into the stack's config under \`order-fanout:\`, as a merge patch: null takes a key out;
                 or the name of a JSON file
  --help         print this

Secrets are "[secret]"; an archive is its files, each with the SHA-256 of its content. Nothing is deployed.`;

await main(usage, async () => {
  const { values, positionals } = readArguments(stackOptions);
  if (positionals.length > 0) throw wrongCall(positionals);
  const { resources } = await evaluateStack(values);
  const list = [...resources].map(([urn, resource]) => ({ urn, ...resource })).sort((a, b) => (a.urn < b.urn ? -1 : 1));
  await new Promise((written) => process.stdout.write(`${JSON.stringify(list, undefined, 2)}\n`, written));
});
