import { expect } from "chai";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { archives, load, runIn, unpack, type Archive } from "./support/archives.ts";
import { evaluateProgram, root } from "./support/evaluate.ts";
import { inCopy } from "./support/project-copy.ts";

/** Of a zip: a cold function loads it before its first answer. */
const MOST_BYTES = { route: 200 * 1024, other: 140 * 1024 };

describe("the functions' bundles", () => {
  let bundles: Archive[];
  before(async () => {
    bundles = archives(await evaluateProgram({ over: { consumers: { loyalty: {} } } }));
  });

  it("are each at most 140 KB zipped, those of routes 200 KB, and load", async () => {
    const folder = await mkdtemp(join(tmpdir(), "order-fanout-bundles-"));
    try {
      for (const archive of bundles) {
        const { handlers } = await load(await unpack(archive, folder), archive);
        expect(handlers, archive.name).to.deep.equal(
          archive.main === "index.js" ? ["definition", "handle"] : ["handler"],
        );
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const tooLarge = bundles.filter(
      ({ name, zip }) => zip.length > (name.startsWith("api-") ? MOST_BYTES.route : MOST_BYTES.other),
    );
    expect(tooLarge.map(({ name, zip }) => `${name}: ${zip.length} bytes`)).to.deep.equal([]);
  });

  it("log an error with file and line of the source", async () => {
    const folder = await mkdtemp(join(tmpdir(), "order-fanout-bundles-"));
    try {
      const archive = bundles.find(({ name }) => name === "loyalty");
      if (!archive) throw new Error("there is no function called loyalty");
      const script = `
        const { handle } = require("./index.js");
        handle({ Records: [{ messageId: "1", body: "{}", messageAttributes: {} }] }, { getRemainingTimeInMillis: () => 30000 });`;
      const written = (await runIn(await unpack(archive, folder), script, archive)).trim().split("\n");
      const logged = written.filter((text) => text.includes('"level"')); // the others are metrics
      const line = z.looseObject({ stack: z.array(z.string()) }).parse(JSON.parse(logged.join()));
      const sources = await Promise.all(
        line.stack.map(async (frame) => {
          const [file = "", number, column] = frame.split(":");
          const text = (await readFile(join(root, file), "utf8")).split("\n")[Number(number) - 1] ?? "";
          return `${file}: ${/^[\w.]*/.exec(text.slice(Number(column) - 1))?.[0]}`;
        }),
      );
      // The places, by what stands there: the call in each of the files that it went through.
      expect(sources.slice(0, 2)).to.deep.equal([
        "contracts/cloud-event.ts: parse",
        "runtime/lambda/consume.ts: decode",
      ]);
      expect(sources.filter((source) => !/^(contracts|runtime)\//.test(source))).to.deep.equal([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("are the same bytes when the program is evaluated in another folder, that bundles for itself", async () => {
    const elsewhere = await inCopy({ cache: false }, async (from) =>
      archives(await evaluateProgram({ over: { consumers: { loyalty: {} } }, from })),
    );
    const digest = (all: Archive[]) => all.map(({ name, zip }) => [name, Buffer.from(zip).toString("base64")]);
    // Compared as one truth: a difference of 200 KB of base64 helps nobody.
    const differing = digest(elsewhere).filter(([name, zip], index) => {
      const [here, same] = digest(bundles)[index] ?? [];
      return here !== name || zip !== same;
    });
    expect(differing.map(([name]) => name)).to.deep.equal([]);
    expect(elsewhere).to.have.length(bundles.length);
  });
});
