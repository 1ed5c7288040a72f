import * as z from "zod";
import { LogLine, parseLine } from "../../contracts/log-line.ts";
import { linesOf, type LogSource } from "./logs.ts";
import type { Target } from "./target.ts";

/** An error or a warning in a consumer's log, in a line for people: what was thrown, and in which file if it is known. */
export interface LastError {
  readonly at: string;
  readonly error: string;
}

/** What identifies a dead letter in the log: its event, or its message where no event can be read. */
export interface Sought {
  readonly messageId: string;
  readonly event: string;
  readonly orderId: string;
}

const ErrorLine = LogLine.extend({
  event: z.string().optional(),
  messageId: z.string().optional(),
  error: z.string().optional(),
  reason: z.string().optional(),
  cause: z.string().optional(),
  records: z.number().optional(),
});

const messageKey = (messageId: string) => `message ${messageId}`;
const eventKey = (orderId: string, event: string) => `event ${orderId} ${event}`;
const BATCH = "batch";

/** A function that ran into its timeout has only warned. */
const pattern = '{ $.level = "error" || $.level = "warn" }';

/**
 * Finds each letter's last error, in one pass over what the consumer logged since then. Where the log has none about the
 * letter itself, it is the last error about a whole batch, in which the letter may have been.
 */
export async function lastErrors(
  target: Pick<Target, "logs">,
  source: LogSource,
  letters: readonly Sought[],
  since: number,
): Promise<(letter: Sought) => LastError | undefined> {
  const wanted = new Set(letters.flatMap(keysOf));
  const found = new Map<string, LastError>();
  for await (const { at, line } of linesOf(target, source, { since, pattern })) {
    const { data } = ErrorLine.safeParse(parseLine(line));
    if (!data) continue;
    const { messageId, orderId, event } = data;
    const keys =
      messageId === undefined && orderId === undefined
        ? [BATCH]
        : [messageKey(messageId ?? ""), eventKey(orderId ?? "", event ?? "")];
    for (const key of keys)
      if (wanted.has(key)) found.set(key, { at: new Date(at).toISOString(), error: textOf(data) });
  }
  return (letter) => keysOf(letter).flatMap((key) => found.get(key) ?? [])[0];
}

const keysOf = ({ messageId, orderId, event }: Sought) => [eventKey(orderId, event), messageKey(messageId), BATCH];

/** Fields that the text has already, or that the letter's own columns show. */
const shown = new Set([...Object.keys(ErrorLine.shape), "correlationId", "eventId"]);

function textOf({ error, reason, cause, stack = [], records, ...line }: z.output<typeof ErrorLine>): string {
  const batch =
    line.orderId === undefined && line.messageId === undefined ? `in a batch of ${records ?? "several"}: ` : "";
  const what = [error ?? line.message, reason ?? [], cause ?? []].flat().join(": ");
  const fields = Object.entries(line)
    .filter(([key]) => !shown.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [`${batch}${what}`, ...fields, ...stack.slice(0, 1).map((frame) => `at ${frame}`)].join(" ");
}
