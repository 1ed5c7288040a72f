import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnsweredCall, CallLog } from "./call-log.ts";
import { invocationOf } from "./protocol.ts";

/** A function's call as it comes, and how it was judged. */
export type JudgedCall = Pick<AnsweredCall, "function" | "operation" | "verdict" | "asked" | "body">;

/** Records a call when its answer has ended; without the answer where `isSecret`. */
export function recordCall(
  request: IncomingMessage,
  response: ServerResponse,
  judged: JudgedCall,
  calls: Pick<CallLog, "add">,
  isSecret = false,
): void {
  const [at, began] = [Date.now(), performance.now()];
  const requestId = invocationOf(request);
  const answer = isSecret ? undefined : keepAnswer(response);
  response.once("close", () =>
    calls.add({
      ...judged,
      at,
      ...(requestId !== undefined && { requestId }),
      ...(response.headersSent && { status: response.statusCode }),
      durationMs: Math.round(10 * (performance.now() - began)) / 10,
      ...(answer && { answer }),
    }),
  );
}

/** An answer is kept up to here: as much as the history keeps of a text, in bytes of its longest characters. */
const MOST_BYTES = 131_072;

/** Keeps what an answer says from now on. The chunks are joined when they are asked for. */
function keepAnswer(response: ServerResponse): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: unknown): void => {
    if (size > MOST_BYTES || (typeof chunk !== "string" && !(chunk instanceof Uint8Array))) return;
    const bytes =
      typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    size += bytes.length;
    chunks.push(bytes);
  };
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  Object.assign(response, {
    write: (...given: unknown[]): unknown => {
      keep(given[0]);
      return Reflect.apply(write, response, given);
    },
    end: (...given: unknown[]): unknown => {
      keep(given[0]);
      return Reflect.apply(end, response, given);
    },
  });
  return () => Buffer.concat(chunks).toString();
}
