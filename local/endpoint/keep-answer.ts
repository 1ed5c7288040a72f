import type { ServerResponse } from "node:http";

/** An answer is kept up to here: as much as the history keeps of a text, in bytes of its longest characters. */
const MOST_BYTES = 131_072;

/** Keeps what an answer says from now on. The chunks are joined when they are asked for. */
export function keepAnswer(response: ServerResponse): () => string {
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
