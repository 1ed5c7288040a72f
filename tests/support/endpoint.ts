import type { RequestListener, Server } from "node:http";
import { listening } from "./listening.ts";

/** The AWS services whose clients a test sends elsewhere, as the SDK's variables name them. */
type Service = "DYNAMODB" | "SESV2" | "SNS";

/** Sends the calls of these services to a server of the suite's own, and afterwards to where they went before. */
export function useEndpoint(services: readonly Service[], answer: RequestListener): void {
  let server: Server;
  const names = services.map((service) => `AWS_ENDPOINT_URL_${service}`);
  const earlier = new Map<string, string | undefined>();
  before(async () => {
    const started = await listening(answer);
    server = started.server;
    Object.assign(process.env, {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    });
    for (const name of names) {
      earlier.set(name, process.env[name]);
      process.env[name] = started.url;
    }
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    for (const [name, value] of earlier) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}
