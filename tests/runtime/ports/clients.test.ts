import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { PublishCommand } from "@aws-sdk/client-sns";
import { expect } from "chai";
import * as z from "zod";
import type { Calls } from "../../../runtime/ports/calls.ts";
import { documentClient, shortTimeoutSnsClient } from "../../../runtime/ports/clients.ts";
import { useEndpoint } from "../../support/endpoint.ts";

/** A seam of its own: clients are built once for each. */
const seam = (patience?: number): Calls =>
  Object.assign(<T>(_call: unknown, perform: () => Promise<T>) => perform(), patience !== undefined && { patience });

const Limits = z.object({ connectionTimeout: z.number(), requestTimeout: z.number() });

/** The SDK's own handler, whose method its types leave out. */
const Handler = z.custom<{ httpHandlerConfigs(): unknown }>(
  (value) => typeof value === "object" && value !== null && "httpHandlerConfigs" in value,
);

describe("a client's call", () => {
  const headers: string[][] = [];
  useEndpoint(["DYNAMODB", "SNS"], (request, response) => {
    headers.push(Object.keys(request.headers).sort());
    response.writeHead(400).end("{}");
  });

  it("carries what AWS needs, and nothing that costs CPU and that nobody reads", async () => {
    const calls = seam();
    await documentClient(calls)
      .send(new GetCommand({ TableName: "t", Key: { id: "1" } }))
      .catch(() => undefined);
    const signed = ["authorization", "connection", "content-length", "content-type", "host"];
    const amazon = ["x-amz-content-sha256", "x-amz-date", "x-amz-target"];
    expect(headers).to.deep.equal([["amz-sdk-invocation-id", "amz-sdk-request", ...signed, ...amazon].sort()]);
  });
});

describe("a client's patience with a call", () => {
  useEndpoint(["DYNAMODB", "SNS"], (_request, response) => response.writeHead(400).end("{}"));

  /** The time limits of two clients, in milliseconds; a client has them from its first call on. */
  async function limits(calls: Calls) {
    const [table, topic] = [documentClient(calls), shortTimeoutSnsClient(calls)];
    await table.send(new GetCommand({ TableName: "t", Key: { id: "1" } })).catch(() => undefined);
    await topic.send(new PublishCommand({ TopicArn: "t", Message: "m" })).catch(() => undefined);
    return [table, topic].map(({ config }) => Limits.parse(Handler.parse(config.requestHandler).httpHandlerConfigs()));
  }

  it("is short in production, so that a function has time for another attempt", async () => {
    expect(await limits(seam())).to.deep.equal([
      { connectionTimeout: 500, requestTimeout: 2_000 },
      { connectionTimeout: 500, requestTimeout: 1_000 },
    ]);
  });

  it("is as many times longer as a test asks for, so that it does not depend on the machine's speed", async () => {
    expect(await limits(seam(1_000))).to.deep.equal([
      { connectionTimeout: 500_000, requestTimeout: 2_000_000 },
      { connectionTimeout: 500_000, requestTimeout: 1_000_000 },
    ]);
  });
});
