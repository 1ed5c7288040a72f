import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { start } from "../../local/dynamodb/server.ts";
import { defineBench, wholeNumber } from "./shared/bench.ts";
import { median } from "./shared/statistics.ts";

const Figures = z.record(z.string(), z.object({ cold: z.number(), hot: z.number() }));
type Figures = z.output<typeof Figures>;
const calls = fileURLToPath(new URL("./shared/sdk-calls.ts", import.meta.url));

/**
 * The first call of a process, and each of many, ten side by side as in a batch: one at a time, a virtual machine's idling
 * and waking costs more than the call and hides it. Against the local DynamoDB, and for the other services against a server
 * that answers the same each time.
 */
export default defineBench({
  summary: "CPU of a function's call by command, with the SDK's own transport and with ours",
  flags: z.strictObject({ runs: wholeNumber("fresh processes for each transport", 3) }),
  run: async ({ runs }, say) => {
    const state = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
    const dynamodb = await start({ state, say });
    const sdk: Figures[] = [];
    const ours: Figures[] = [];
    try {
      await dynamodb.call("CreateTable", {
        TableName: "bench",
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      });
      await new Promise<void>((listening) => void canned.listen(0, "127.0.0.1", listening));
      const address = canned.address();
      const env = {
        ...process.env,
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_ENDPOINT_URL: typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "",
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint.href,
      };
      const measure = async (transport: string) => {
        const { stdout } = await promisify(execFile)(process.execPath, [calls, transport], { env });
        return Figures.parse(JSON.parse(stdout));
      };
      for (let run = 1; run <= runs; run += 1) {
        say(`run ${run} of ${runs}`);
        if (run % 2 === 0) ours.push(await measure("ours"));
        sdk.push(await measure("sdk"));
        if (run % 2 === 1) ours.push(await measure("ours"));
      }
    } finally {
      await dynamodb.stop();
      canned.close();
      await rm(state, { recursive: true, force: true });
    }
    const cell = (of: Figures[], name: string, what: "cold" | "hot") =>
      median(of.map((figures) => figures[name]?.[what] ?? Number.NaN)).toFixed(what === "hot" ? 3 : 1);
    const rows = Object.keys(ours[0] ?? {}).map((name) => [
      name,
      ...[cell(sdk, name, "cold"), cell(ours, name, "cold"), cell(sdk, name, "hot"), cell(ours, name, "hot")],
    ]);
    return {
      title: `CPU of a call, ms, medians of ${runs} processes`,
      table: [["command", "first: sdk", "ours", "hot: sdk", "ours"], ...rows],
      figures: { sdk, ours },
    };
  },
});

/** Answers as SNS, or with nothing, as S3 does. */
const canned = createServer((request, response) => {
  request.resume().on("end", () => {
    const batch = "<PublishBatchResult><Failed/><Successful/></PublishBatchResult>";
    const one = "<PublishResult><MessageId>1</MessageId></PublishResult>";
    const xml = (name: string, result: string) => `<${name}Response>${result}</${name}Response>`;
    const isBatch = Number(request.headers["content-length"]) > 3_000;
    response.end(request.method === "POST" ? (isBatch ? xml("PublishBatch", batch) : xml("Publish", one)) : "");
  });
});
