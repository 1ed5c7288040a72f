import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { UNSET } from "../contracts/secrets.ts";
import { CommandError, main, readArguments, unknownName, wrongCall } from "./shared/console.ts";
import { clientConfig, openTarget, targetOptions, targetUsage } from "./shared/target.ts";

const usage = `npm run secret -- list       the secrets that the stack's config names
npm run secret -- set NAME   asks for the value, or takes it from standard input; never from the command line

${targetUsage}`;

/** A parameter of the standard tier: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MOST_BYTES = 4_096;

/** The value: one line, from a prompt that does not show it, or all of standard input without its last line break. */
async function readValue(name: string): Promise<string> {
  const value = process.stdin.isTTY ? await prompt(`Value of ${name} (not shown): `) : await text(process.stdin);
  const given = value.replace(/\r?\n$/, "");
  const bytes = Buffer.byteLength(given);
  if (bytes === 0 || bytes > MOST_BYTES || given === UNSET)
    throw new CommandError(`A value has 1 to ${MOST_BYTES} bytes; got ${bytes}. Nothing was set.`);
  return given;
}

/** Asks on the terminal, and does not echo what is typed. */
async function prompt(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await asking.question("");
  } finally {
    asking.close();
    process.stderr.write("\n");
  }
}

await main(usage, async () => {
  const { values, positionals } = readArguments({ ...targetOptions, json: { type: "boolean", default: false } });
  const [verb, name, ...more] = positionals;
  // A value on the command line is in the shell's history and in the list of processes: it is not printed as well.
  if (verb === "set" && more.length > 0)
    throw new CommandError("A value is never given on the command line. Pass it on standard input, or be asked.", 2);
  if (!(verb === "list" && name === undefined) && !(verb === "set" && name !== undefined)) throw wrongCall(positionals);
  const { outputs } = await openTarget(values);
  const { secrets } = outputs;
  const names = Object.keys(secrets);
  const print = (data: unknown, said: string) => console.log(values.json ? JSON.stringify(data) : said);
  if (verb === "list" || name === undefined)
    return print(names, names.length > 0 ? names.join("\n") : "The stack's config names no secret.");

  if (!Object.hasOwn(secrets, name)) throw unknownName("secret", name, names);
  const Value = await readValue(name);
  const parameters = new SSMClient(clientConfig(outputs));
  for (const Name of secrets[name] ?? [])
    await parameters.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true }));
  print({ secret: name, set: true }, `${name} is set. Functions use it within 5 minutes.`);
});
