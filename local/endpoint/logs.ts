import * as z from "zod";
import { offsetBefore, readLines } from "../shared/log-file.ts";
import type { Logs } from "../shared/logs.ts";
import { fieldOf, parseJson } from "../shared/json.ts";
import { refuse, type Answer } from "./protocol.ts";

/** A function's log group. */
export interface LogGroup {
  readonly arn: string;
  readonly functionName: string;
}

/** Where the lines are. */
export interface LogsApiArgs {
  /** By name. */
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  readonly logs: Logs;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const Filter = z.strictObject({
  logGroupName: z.string().optional(),
  logGroupIdentifier: z.string().optional(),
  startTime: z.int().default(0),
  endTime: z.int().default(Infinity),
  filterPattern: z.string().default(""),
  limit: z.int().min(1).max(10_000).default(10_000),
  nextToken: z.string().regex(/^\d+$/).optional(),
  interleaved: z.boolean().optional(),
});

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
const Describe = z.strictObject({
  logGroupNamePrefix: z.string().default(""),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().regex(/^\d+$/).optional(),
});

type Operation = (input: unknown, args: LogsApiArgs) => Promise<Answer>;

/** The operations of CloudWatch Logs that are served: on the functions' log files, each as the log group that it would be. */
export const logsOperations: Readonly<Record<string, Operation>> = {
  FilterLogEvents: filterLogEvents,
  DescribeLogGroups: describeLogGroups,
};

async function filterLogEvents(input: unknown, { logGroups, logs }: LogsApiArgs): Promise<Answer> {
  const { data, error } = Filter.safeParse(input);
  if (error) return invalid(error);
  const group = data.logGroupName ?? data.logGroupIdentifier?.split(":log-group:").at(-1) ?? "";
  const functionName = logGroups.get(group)?.functionName;
  if (functionName === undefined) {
    return refuse("ResourceNotFoundException", `The specified log group does not exist: ${group}`);
  }
  const matches = matcher(data.filterPattern);
  if (matches === undefined) {
    return refuse(
      "InvalidParameterException",
      `The filter pattern ${data.filterPattern} is not served here. Quoted terms and { $.field = "value" } are.`,
    );
  }
  const file = logs.fileOf(functionName);
  const from = data.nextToken === undefined ? await offsetBefore(file, data.startTime) : Number(data.nextToken);
  const { lines, rest } = await readLines(file, from);
  const found = lines.filter(({ at, text }) => at >= data.startTime && at <= data.endTime && matches(text));
  const next = found[data.limit]?.offset ?? rest;
  const events = found
    .slice(0, data.limit)
    .sort((one, other) => one.at - other.at)
    .map(({ offset, at, text }) => ({
      eventId: String(offset).padStart(56, "0"),
      logStreamName: functionName,
      timestamp: at,
      ingestionTime: at,
      message: text,
    }));
  return { body: { events, searchedLogStreams: [], ...(next !== undefined && { nextToken: String(next) }) } };
}

async function describeLogGroups(input: unknown, { logGroups }: LogsApiArgs): Promise<Answer> {
  const { data, error } = Describe.safeParse(input);
  if (error) return invalid(error);
  const all = [...logGroups]
    .filter(([name]) => name.startsWith(data.logGroupNamePrefix))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([logGroupName, { arn }]) => ({ logGroupName, logGroupArn: arn, arn: `${arn}:*` }));
  const from = Number(data.nextToken ?? 0);
  const next = from + data.limit;
  const page = { logGroups: all.slice(from, next), ...(next < all.length && { nextToken: String(next) }) };
  return { body: page };
}

/**
 * Reads a filter pattern: terms that a line must all contain, or fields of a JSON line and their values, in which `*`
 * stands for anything, joined by `||`. Undefined for one of another form.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
function matcher(pattern: string): ((line: string) => boolean) | undefined {
  const json = /^\s*\{(.*)\}\s*$/s.exec(pattern)?.[1];
  if (json !== undefined) {
    const comparisons = json.split("||").map(comparison);
    if (comparisons.includes(undefined)) return undefined;
    return (line) => {
      const parsed = parseJson(line);
      return comparisons.some((holds) => holds?.(parsed));
    };
  }
  const terms = pattern.match(/"[^"]*"|[^\s"]+/g) ?? [];
  if (terms.some((term) => !/^("[^"]*"|\w+)$/.test(term))) return undefined;
  const wanted = terms.map((term) => term.replaceAll('"', ""));
  return (line) => wanted.every((term) => line.includes(term));
}

/** `$.field = "value"` */
function comparison(text: string): ((line: unknown) => boolean) | undefined {
  const [, path, quoted, bare = ""] = /^\s*\$\.([\w.]+)\s*=\s*(?:"([^"]*)"|([\w.*-]+))\s*$/.exec(text) ?? [];
  if (path === undefined) return undefined;
  const parts = (quoted ?? bare).split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const value = new RegExp(`^${parts.join(".*")}$`, "s");
  return (line) => {
    const found = path.split(".").reduce(fieldOf, line);
    return ["string", "number", "boolean"].includes(typeof found) && value.test(String(found));
  };
}

function invalid(error: z.ZodError): Answer {
  const what = error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");
  return refuse("InvalidParameterException", `The request is not served here: ${what}`);
}
