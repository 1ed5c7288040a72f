// `npm run smoke`: the conformance checks against a stack, deployed or local.
import { CommandError, main, readArguments, wrongCall } from "../../commands/shared/console.ts";
import { openTarget, targetOptions, targetUsage } from "../../commands/shared/target.ts";
import { checks } from "./checks.ts";
import { StackClient } from "./client.ts";

const usage = `npm run smoke -- [--deployed NAME]   checks a stack from outside: by HTTP and the AWS SDKs

${targetUsage}
  --api-url URL     where the API is, if not where the outputs say (emulators)
  --api-host HOST   the Host header to send there
  --ship            also ships and cancels orders, as it always does locally: where there is a carrier, it gets bookings
  --poison          also makes a dead letter of a consumer that has none, and redrives it: half an hour and more

A stack with \`auth\` wants a token with the scope orders:service, in the environment as ORDER_FANOUT_TOKEN.
A deployed stack gets orders for products that the test adds for itself, none on hand, from a customer of its own; e-mail
goes to Amazon's address for tests. Afterwards they are deleted; analytics keeps their events.`;

const options = {
  ...targetOptions,
  json: { type: "boolean" },
  "api-url": { type: "string" },
  "api-host": { type: "string" },
  ship: { type: "boolean" },
  poison: { type: "boolean" },
} as const;

const CLEAN_UP = "cleans up after itself";
const WIDTH = Math.max(CLEAN_UP.length, ...checks.map(({ name }) => name.length));

/** What came of a check. */
interface Result {
  readonly check: string;
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** A remark, or what failed. */
  readonly text: string;
}

async function runCheck(check: string, run: () => Promise<string | undefined>): Promise<Result> {
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  try {
    const text = (await run()) ?? "";
    return { check, ok: true, ms: ms(), text };
  } catch (error) {
    return { check, ok: false, ms: ms(), text: error instanceof Error ? error.message : String(error) };
  }
}

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  if (positionals.length > 0) throw wrongCall(positionals);
  const target = await openTarget(values);
  const where = values.deployed === undefined ? ["--state", values.state] : ["--deployed", values.deployed];
  const url = (values["api-url"] ?? target.outputs.apiUrl).replace(/\/$/, "");
  const client = new StackClient(
    target,
    { url, host: values["api-host"], token: process.env["ORDER_FANOUT_TOKEN"] || undefined },
    where,
  );

  const asked = { ship: values.ship ?? target.outputs.local !== undefined, poison: values.poison ?? false };
  const wanted = checks.filter(({ risk }) => risk === undefined || asked[risk]);
  const results: Result[] = [];
  const report = (result: Result) => {
    results.push(result);
    const { ok, check, ms, text } = result;
    const line = `${(ok ? "ok" : "FAILED").padEnd(6)}  ${check.padEnd(WIDTH)}  ${String(ms).padStart(6)} ms  ${text}`;
    if (!values.json) console.log(line.trimEnd());
  };
  for (const { name, run } of wanted) report(await runCheck(name, () => run(client)));
  report(await runCheck(CLEAN_UP, () => client.cleanUp().then(() => undefined)));

  if (values.json) console.log(JSON.stringify(results));
  const failed = results.filter(({ ok }) => !ok).length;
  if (failed > 0) {
    throw new CommandError(
      `${failed} of ${results.length} checks failed at ${url}. Its customer is ${client.customerId}: \`npm run logs -- ${where.join(" ")}\` shows what the functions say, \`npm run dlq -- list ${where.join(" ")}\` what was set aside.`,
    );
  }
});
