import { expect } from "chai";
import { zipSync } from "fflate";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { evaluateProgram, type Program } from "./support/evaluate.ts";
import { ofType } from "./support/graph.ts";
import { inCopy } from "./support/project-copy.ts";

const MOST_BYTES = 250 * 1024;

const run = promisify(execFile);
const CodeOf = z.object({ handler: z.string(), code: z.record(z.string(), z.string()) });

interface Archive {
  name: string;
  /** The file that Lambda loads. */
  main: string;
  files: Record<string, Uint8Array>;
  zip: Uint8Array;
}

/** Every function's archive, as a zip whose times are all the same. */
function archives({ resources, files }: Program): Archive[] {
  return ofType(resources, "aws:lambda/function:Function")
    .map(([, { name, inputs }]) => {
      const { code, handler } = CodeOf.parse(inputs);
      const contents = Object.fromEntries(
        Object.entries(code).map(([file, sha256]) => [file, files.get(sha256) ?? new Uint8Array()]),
      );
      const zip = zipSync(contents, { level: 9, mtime: new Date(1980, 0, 1) });
      return { name, main: `${handler.split(".")[0]}.js`, files: contents, zip };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("the functions' bundles", () => {
  let bundles: Archive[];
  before(async () => {
    bundles = archives(await evaluateProgram({ over: { consumers: { loyalty: {} } } }));
  });

  it("are each under 250 KB zipped, and load", async function () {
    this.timeout(60_000);
    const folder = await mkdtemp(join(tmpdir(), "order-fanout-bundles-"));
    try {
      console.log(`    ${"function".padEnd(32)}${"zipped".padStart(10)}${"load".padStart(10)}`);
      for (const { name, zip, main, files } of bundles) {
        const unpacked = join(folder, name);
        for (const [file, content] of Object.entries(files)) {
          await mkdir(dirname(join(unpacked, file)), { recursive: true });
          await writeFile(join(unpacked, file), content);
        }
        const times = [await loadMs(unpacked, main), await loadMs(unpacked, main), await loadMs(unpacked, main)];
        const [, median = 0] = times.sort((a, b) => a - b);
        const kilobytes = `${(zip.length / 1024).toFixed(1)} KB`;
        console.log(`    ${name.padEnd(32)}${kilobytes.padStart(10)}${`${median.toFixed(0)} ms`.padStart(10)}`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const tooLarge = bundles.filter(({ zip }) => zip.length > MOST_BYTES);
    expect(tooLarge.map(({ name, zip }) => `${name}: ${zip.length} bytes`)).to.deep.equal([]);
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

/** How long a fresh process takes to load a function, in milliseconds. */
async function loadMs(folder: string, main: string): Promise<number> {
  const script = `const from = performance.now(); const loaded = require("./${main}");
    process.stdout.write(JSON.stringify({ ms: performance.now() - from, handlers: Object.keys(loaded) }))`;
  const { stdout } = await run(process.execPath, ["-e", script], {
    cwd: folder,
    env: { AWS_REGION: "eu-west-1", NODE_ENV: "production" },
  });
  const { ms, handlers } = z.object({ ms: z.number(), handlers: z.array(z.string()) }).parse(JSON.parse(stdout));
  expect(handlers).to.deep.equal([main === "index.js" ? "handle" : "handler"]);
  return ms;
}
