import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { Target } from "./target.ts";

/** A function that writes logs: its name in the log lines, and its log group. */
export interface LogSource {
  readonly name: string;
  readonly logGroup: string;
}

/** One line of a function's log; `at` is in ms since 1970, `id` is unique within the log group. */
export interface LogEvent {
  readonly id: string;
  readonly at: number;
  readonly name: string;
  readonly line: string;
}

export interface LogQuery {
  /** In ms since 1970. */
  readonly since: number;
  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
  readonly pattern?: string | undefined;
}

/** The lines of one function that fit, page by page, oldest first. */
export async function* linesOf(
  { logs }: Pick<Target, "logs">,
  { name, logGroup }: LogSource,
  { since, pattern }: LogQuery,
): AsyncGenerator<LogEvent> {
  let nextToken: string | undefined;
  do {
    const page = await logs.send(
      new FilterLogEventsCommand({ logGroupName: logGroup, startTime: since, filterPattern: pattern, nextToken }),
    );
    for (const { eventId = "", timestamp = 0, message = "" } of page.events ?? []) {
      yield { id: eventId, at: timestamp, name, line: message.trimEnd() };
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

/** The lines of several functions as one sequence, oldest first. */
export async function* inTimeOrder(sources: readonly AsyncGenerator<LogEvent>[]): AsyncGenerator<LogEvent> {
  const heads: { event: LogEvent; rest: AsyncGenerator<LogEvent> }[] = [];
  const pull = async (rest: AsyncGenerator<LogEvent>): Promise<void> => {
    const next = await rest.next();
    if (!next.done) heads.push({ event: next.value, rest });
  };
  // One after the other: CloudWatch Logs takes a few calls a second.
  for (const source of sources) await pull(source);
  while (heads.length > 0) {
    heads.sort((a, b) => a.event.at - b.event.at);
    const [oldest] = heads.splice(0, 1);
    if (!oldest) return;
    yield oldest.event;
    await pull(oldest.rest);
  }
}
