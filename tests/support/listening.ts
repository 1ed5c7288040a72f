import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";

/** Starts an HTTP server on a free port of loopback; gives it with its URL. */
export async function listening(answer: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return { server, url: `http://127.0.0.1:${address.port}` };
}
