import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import * as z from "zod";
import { decode } from "../../contracts/cloud-event.ts";
import { events } from "../../contracts/events.ts";

const folder = new URL("./released-events/", import.meta.url);
const files = readdirSync(folder).sort();

/** Tells whoever made a schema incompatible what that does, and what to do instead. */
const advice = (file: string, error: z.ZodError): string =>
  [
    `${file} is an event as a release published it, and today's schema cannot read it:`,
    ...error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`),
    "Messages in queues, in the outbox and in the archive have this shape and would become dead letters.",
    "Make a new field optional or give it a default, keep an old one, or publish another event type.",
    "Never change the example: add the new shape as a file of its own.",
  ].join("\n");

describe("every event that a release has published", () => {
  for (const file of files) {
    it(`is read by today's schemas: ${file}`, () => {
      const body = readFileSync(new URL(file, folder), "utf8");
      const published = z.looseObject({ type: z.string() }).parse(JSON.parse(body));
      expect(file.startsWith(`${published.type}.`), `${file} is named for its type`).to.equal(true);
      try {
        expect(decode(events, body)).to.deep.equal(published);
      } catch (error) {
        throw error instanceof z.ZodRealError ? new Error(advice(file, error)) : error;
      }
    });
  }

  it("has an example here; a new event type needs one", () => {
    const exemplified = new Set(files.map((file) => file.replace(/\.\d+\.json$/, "")));
    expect([...exemplified]).to.have.members(events.map(({ type }) => type));
  });
});
