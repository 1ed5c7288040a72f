import { setTimeout as sleep } from "node:timers/promises";
import { logColumns, parseLine } from "../contracts/log-line.ts";
import { CommandError, main, readArguments, unknownName, wrongCall } from "./shared/console.ts";
import { findOrderId, placedAt } from "./shared/find-order.ts";
import { inTimeOrder, linesOf, type LogEvent, type LogQuery, type LogSource } from "./shared/logs.ts";
import { openTarget, targetOptions, targetUsage, type Target } from "./shared/target.ts";

const usage = `npm run logs           what the functions logged in the last 10 minutes
npm run logs -- NAME   of one function: a consumer, "POST /orders" or another route, relay

  --order ID        only the lines of this order, since it was placed; ID may be its first digits, 4 or more
  --since 10m       how far back: a number and s, m, h or d
  --follow          waits for more, until Ctrl-C
${targetUsage}`;

const options = {
  ...targetOptions,
  json: { type: "boolean" },
  order: { type: "string" },
  since: { type: "string" },
  follow: { type: "boolean" },
} as const;

const MINUTE = 60_000;
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE };

function readSince(word: string): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(word) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? NaN);
  if (!Number.isSafeInteger(ms) || ms > Date.now())
    throw new CommandError(`--since is a number and s, m, h or d, such as 10m; got "${word}".`, 2);
  return Date.now() - ms;
}

function chooseSources({ outputs }: Target, word: string | undefined): LogSource[] {
  const all = Object.entries(outputs.functions).map(([name, { logGroup }]) => ({ name, logGroup }));
  if (word === undefined) return all;
  const named = all.filter(({ name }) => name === word || outputs.functions[name]?.functionName === word);
  if (named.length === 0) throw unknownName("function", word, Object.keys(outputs.functions));
  return named;
}

/** The lines of one order, since a minute before it was placed: clocks differ. */
async function queryOf(target: Target, order: string | undefined, since: number | undefined): Promise<LogQuery> {
  if (order === undefined) return { since: since ?? Date.now() - 10 * MINUTE };
  const orderId = await findOrderId(target, order);
  const start = since ?? Math.max(0, ((await placedAt(target, orderId)) ?? 0) - MINUTE);
  return { since: start, pattern: `{ $.orderId = "${orderId}" }` };
}

/** A line may arrive so much later than one with a later time. */
const LATE_MS = 30_000;

/** Every line once; when following, what has arrived since is asked for again and again. */
async function* read(
  target: Target,
  sources: readonly LogSource[],
  query: LogQuery,
  follow: boolean,
): AsyncGenerator<LogEvent> {
  const seen = new Map<string, number>();
  let { since } = query;
  for (;;) {
    let newest = since;
    for await (const event of inTimeOrder(sources.map((source) => linesOf(target, source, { ...query, since })))) {
      newest = Math.max(newest, event.at);
      const id = `${event.name} ${event.id}`;
      if (!seen.has(id)) yield event;
      if (follow) seen.set(id, event.at);
    }
    if (!follow) return;
    since = Math.max(since, newest - LATE_MS);
    for (const [id, at] of seen) if (at < since) seen.delete(id);
    // 5 FilterLogEvents a second are allowed (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html).
    await sleep(target.outputs.local ? 500 : Math.max(2_000, sources.length * 400));
  }
}

/** A line with its time and its function; undefined for a metric, which is no line of the log. */
function asJson({ at, name, line }: LogEvent): string | undefined {
  const fields = parseLine(line);
  if (fields !== undefined && "_aws" in fields) return undefined;
  return JSON.stringify({
    timestamp: new Date(at).toISOString(),
    function: name,
    ...(fields ? { log: fields } : { line }),
  });
}

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  const [name, ...more] = positionals;
  if (more.length > 0) throw wrongCall(positionals);
  const since = values.since === undefined ? undefined : readSince(values.since);
  const target = await openTarget(values);
  const sources = chooseSources(target, name);
  const query = await queryOf(target, values.order, since);
  const text = logColumns({
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    nameWidth: Math.max(...sources.map(({ name }) => name.length)),
  });
  process.once("SIGINT", () => process.exit(0));
  let lines = 0;
  for await (const event of read(target, sources, query, values.follow ?? false)) {
    const line = values.json ? asJson(event) : text(event);
    if (line === undefined) continue;
    console.log(line);
    lines++;
  }
  if (lines === 0 && !values.json) {
    const further = query.pattern === undefined || since !== undefined ? " Look further back: --since 1d." : "";
    console.error(`No lines.${further}`);
  }
});
