import * as z from "zod";
import { CallRecord } from "../endpoint/call-log.ts";

const ErrorReport = z.object({ errorType: z.string(), errorMessage: z.string(), trace: z.array(z.string()) });
/** A call that went past the endpoint. */
const DirectCall = z.object({
  ...CallRecord.pick({ requestId: true, operation: true, asked: true, durationMs: true }).shape,
  at: z.number(),
  status: z.number(),
  body: z.string(),
  answer: z.string(),
});
const calls = z.array(DirectCall);
/** What an environment's thread, worker.cjs, tells. */
export const FromWorker = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("calls"), calls }),
  z.object({ kind: z.literal("text"), stream: z.enum(["stdout", "stderr"]), text: z.string() }),
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("broken"), error: ErrorReport }),
  z.object({ kind: z.literal("result"), requestId: z.string(), payload: z.string(), calls }),
  z.object({ kind: z.literal("error"), requestId: z.string(), error: ErrorReport, calls }),
]);

/** Takes text in pieces, and gives it line by line. */
export function lineSplitter(take: (line: string) => void) {
  let rest = "";
  return {
    add: (text: string): void => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    end: (): void => {
      if (rest !== "") take(rest);
      rest = "";
    },
  };
}
