import { expect } from "chai";
import { createConsole } from "../../local/shared/console.ts";
import { readyText } from "../../local/shared/ready-text.ts";

const timestamp = "2026-11-24T12:00:00.123Z";
const names = new Map([
  ["shipment-1a2b3c4", "shipment"],
  ["fraud-screening-5d6e7f8", "fraud-screening"],
]);

/** What the console prints for lines of functions, each with its function's name. */
function printed(lines: readonly (readonly [string, object | string])[], colour = false): string[] {
  const out: string[] = [];
  const write = (line: string): void => void out.push(line);
  const say = createConsole({ json: false, colour, timeZone: "UTC", write, writeError: write });
  say.functions(names);
  for (const [name, line] of lines) say.log(name, typeof line === "string" ? line : JSON.stringify(line));
  return out;
}
const entry = { timestamp, level: "info", message: "booked", function: "shipment" };

describe("The local cloud's console", () => {
  it("aligns its columns to the longest name of a function", () => {
    const orderId = "dbce7bbd-0000-4000-8000-000000000000";
    expect(
      printed([
        ["shipment-1a2b3c4", { ...entry, orderId, correlationId: "c", parcels: 2 }],
        ["fraud-screening-5d6e7f8", { ...entry, function: "fraud-screening", message: "screened" }],
      ]),
    ).to.deep.equal([
      "12:00:00.123  shipment         dbce7bbd  booked parcels=2",
      "12:00:00.123  fraud-screening            screened",
    ]);
    expect(printed([["shipment-1a2b3c4", "plain text"]])[0]?.slice(12)).to.equal(
      "  shipment                   plain text",
    );
  });

  it("prints an error's stack below its line, coloured on a terminal alone", () => {
    const error = {
      ...entry,
      level: "error",
      message: "failed",
      stack: ["handlers/shipment.ts:42:13", "handlers/orders.ts:7:3"],
    };
    const text =
      "12:00:00.123  shipment                   failed\n    at handlers/shipment.ts:42:13\n    at handlers/orders.ts:7:3";
    expect(printed([["shipment-1a2b3c4", error]])).to.deep.equal([text]);
    expect(printed([["shipment-1a2b3c4", error]], true)).to.deep.equal([`\u001b[31m${text}\u001b[0m`]);
  });

  it("prints what would control the terminal, or break the line, as escapes", () => {
    const message = "a\u001b[2Jb\u0007c\u202Ed\ne\u2066f\u0085g";
    expect(
      printed([["shipment-1a2b3c4", { ...entry, message, stack: ["x\u001b[0m.ts:1:1"], key: "k\nl" }]]),
    ).to.deep.equal([
      "12:00:00.123  shipment                   a\\u{1b}[2Jb\\u{7}c\\u{202e}d\\u{a}e\\u{2066}f\\u{85}g key=k\\u{a}l\n" +
        "    at x\\u{1b}[0m.ts:1:1",
    ]);
    expect(printed([["shipment-1a2b3c4", "\u001b]0;title\u0007"]])[0]?.slice(41)).to.equal("\\u{1b}]0;title\\u{7}");
  });

  it("ends a start with where things are, a line to paste for AWS clients, and an order to place", () => {
    const lines = readyText({
      apiUrl: "http://127.0.0.1:4000",
      endpoint: "http://127.0.0.1:4001",
      region: "eu-west-1",
      sku: "MUG-001",
      bearer: undefined,
    });
    const curl = lines.splice(-2, 1)[0] ?? "";
    expect(lines).to.deep.equal([
      "",
      "API            http://127.0.0.1:4000",
      "AWS endpoint   http://127.0.0.1:4001",
      "Page           http://127.0.0.1:4001/_local/",
      "",
      "For the AWS CLI, or any AWS SDK:",
      "  export AWS_ENDPOINT_URL=http://127.0.0.1:4001 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=eu-west-1",
      "",
      "Place an order:",
      "",
    ]);
    expect(curl).to.match(/^ {2}curl -i http:\/\/127\.0\.0\.1:4000\/orders -H .* -d '\{.*"sku":"MUG-001".*\}'$/);
  });

  it("ends a start where callers need a token with how to get one, and an order with one", () => {
    const cloud = { apiUrl: "http://127.0.0.1:4000", endpoint: "http://127.0.0.1:4001", region: "eu-west-1" };
    const lines = readyText({ ...cloud, sku: "MUG-001", bearer: "a.b.c" });
    expect(lines.slice(-6, -3)).to.deep.equal([
      "Every call needs a token:",
      "  npm run token -- --subject c-1 --scope orders:write --scope orders:read",
      "",
    ]);
    expect(lines.at(-2)).to.match(/^ {2}curl -i \S+ -H 'authorization: Bearer a\.b\.c' -H .* -d '.*'$/);
  });
});
