import { expect } from "chai";
import * as z from "zod";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { captured } from "../../support/captured.ts";

/** What a line says of an error, beside its place. */
async function logged(error: unknown): Promise<unknown> {
  const { lines } = await captured(async () => jsonLog({ function: "test" }).error("failed", error, { records: 1 }));
  return lines;
}
const line = (fields: object) => [{ level: "error", message: "failed", function: "test", ...fields, records: 1 }];

describe("the log", () => {
  it("gives an error's name, message and cause, without addresses and numbers", async () => {
    const cause = new Error("getaddrinfo ENOTFOUND fraud.test for ada@example.com");
    expect(await logged(new TypeError("fetch failed for +442071234567", { cause }))).to.deep.equal(
      line({
        error: "TypeError",
        reason: "fetch failed for [number]",
        cause: "getaddrinfo ENOTFOUND fraud.test for [address]",
      }),
    );
  });

  it("gives a schema's error by path and code, never by what was sent", async () => {
    const schema = z.object({
      verdict: z.object({ score: z.number(), from: z.literal("bank") }),
      tags: z.array(z.string().max(3)),
    });
    const { error } = schema.safeParse({ verdict: { score: "secret", from: "secret" }, tags: ["secret"] });
    expect(await logged(error)).to.deep.equal(
      line({ error: "ZodError", issues: "verdict.score invalid_type, verdict.from invalid_value, tags.0 too_big" }),
    );
    expect(await logged(z.string().safeParse(1).error)).to.deep.equal(
      line({ error: "ZodError", issues: "invalid_type" }),
    );
  });

  it("hides an address that is a key, and counts the issues past five", async () => {
    const value = Object.fromEntries(["ada@example.com", "b", "c", "d", "e", "f", "g"].map((key) => [key, 1]));
    const { error } = z.record(z.string(), z.string()).safeParse(value);
    const issues = "[address] invalid_type, b invalid_type, c invalid_type, d invalid_type, e invalid_type, 2 more";
    expect(await logged(error)).to.deep.equal(line({ error: "ZodError", issues }));
  });

  it("says so where something else than an Error was thrown", async () => {
    expect(await logged("secret")).to.deep.equal(line({ error: "not an Error was thrown" }));
  });

  it("gives the frames of our own code: not the message, packages or Node, and at most eight", async () => {
    const error = new Error("line\n    at secret (secret.ts:1:1)");
    const own = Array.from(
      { length: 9 },
      (_, index) => `    at async own${index} (file:///app/handlers/a.ts:${index}:1)`,
    );
    error.stack = [
      `Error: ${error.message}`,
      "    at new Client (/app/node_modules/sdk/index.js:1:2)",
      "    at /app/handlers/b.ts:12:5",
      "    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)",
      "    at Promise.all (index 0)",
      ...own,
    ].join("\n");
    const written: string[] = [];
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0;
    try {
      jsonLog({}).error("failed", error);
    } finally {
      process.stdout.write = write;
    }
    const { stack } = z.looseObject({ stack: z.unknown() }).parse(JSON.parse(written.join("")));
    expect(stack).to.deep.equal([
      "/app/handlers/b.ts:12:5",
      ...[0, 1, 2, 3, 4, 5, 6].map((index) => `file:///app/handlers/a.ts:${index}:1`),
    ]);
  });
});
