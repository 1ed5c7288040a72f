import type { IncomingMessage, Server } from "node:http";
import { LocalCloudError } from "./names.ts";

/** Listens on loopback alone. `what` names the purpose of the port, for the error when it is in use. */
export function listen(server: Server, port: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = `port ${port} (for ${what}) is in use, by another local cloud perhaps. Choose others with --port N.`;
      reject(error.code === "EADDRINUSE" ? new LocalCloudError(inUse) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

/** The body, or undefined when it is longer than `limit` bytes; the rest of a longer one is read and dropped. */
export function readBody(request: IncomingMessage, limit = Infinity): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    });
    request.on("end", () => resolve(size > limit ? undefined : Buffer.concat(chunks)));
    request.on("error", reject);
  });
}
