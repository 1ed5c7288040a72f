import { expect } from "chai";
import * as z from "zod";
import { OrderConfirmed, OrderPlaced } from "../../../contracts/events.ts";
import { digestOf } from "../../../local/reload/digest.ts";
import { consumer, table } from "../../../runtime/index.ts";

const settings = z.strictObject({ url: z.url(), most: z.int().max(3).optional() });
const base = {
  module: import.meta,
  on: [OrderPlaced],
  uses: { orders: table("get") },
  settings,
  concurrency: 2,
  handle: async () => undefined,
} as const;
const digest = (over: object) => digestOf({ ...base, ...over });

describe("what a definition declares", () => {
  it("is the same whatever its handler does", () => {
    expect(digest({ handle: async () => Promise.reject(new Error("otherwise")) })).to.equal(digest({}));
    expect(digestOf(consumer(base))).to.equal(digest({}));
  });

  const changes: Readonly<Record<string, object>> = {
    "another event": { on: [OrderConfirmed] },
    "another right": { uses: { orders: table("get", "update") } },
    "another name of a resource": { uses: { others: table("get") } },
    "events that it emits": { emits: [OrderConfirmed] },
    "another setting": { settings: z.strictObject({ url: z.url(), most: z.int().max(3) }) },
    "another limit of a setting": { settings: z.strictObject({ url: z.url(), most: z.int().max(4).optional() }) },
    "another check of a setting": { settings: settings.refine(({ url }) => url !== "https://a.test") },
    "another concurrency": { concurrency: 3 },
    "a batch's handler for an event's": { handle: undefined, handleBatch: async () => undefined, sandboxed: () => "x" },
  };
  for (const [what, over] of Object.entries(changes))
    it(`differs by ${what}`, () => expect(digest(over)).not.to.equal(digest({})));

  it("is a text for what is no definition, or goes in a circle", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect([undefined, null, "text", circle].map(digestOf)).to.deep.equal([
      "undefined",
      "null",
      '"text"',
      '[["self",[["self","the 0th"]]]]',
    ]);
  });
});
