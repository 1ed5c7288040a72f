import { expect } from "chai";
import { zipSync } from "fflate";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { evaluateProgram, root, type Program } from "./support/evaluate.ts";
import { ofType } from "./support/graph.ts";
import { inCopy } from "./support/project-copy.ts";

const MOST_BYTES = 270 * 1024;

const run = promisify(execFile);
const CodeOf = z.object({
  handler: z.string(),
  code: z.record(z.string(), z.string()),
  environment: z.object({ variables: z.record(z.string(), z.string()) }),
});

interface Archive {
  name: string;
  /** The file that Lambda loads. */
  main: string;
  files: Record<string, Uint8Array>;
  zip: Uint8Array;
  variables: Record<string, string>;
}

/** Every function's archive, as a zip whose times are all the same. */
function archives({ resources, files }: Program): Archive[] {
  return ofType(resources, "aws:lambda/function:Function")
    .map(([, { name, inputs }]) => {
      const { code, handler, environment } = CodeOf.parse(inputs);
      const contents = Object.fromEntries(
        Object.entries(code).map(([file, sha256]) => [file, files.get(sha256) ?? new Uint8Array()]),
      );
      const zip = zipSync(contents, { level: 9, mtime: new Date(1980, 0, 1) });
      const { variables } = environment;
      return { name, main: `${handler.split(".")[0]}.js`, files: contents, zip, variables };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("the functions' bundles", () => {
  let bundles: Archive[];
  before(async () => {
    bundles = archives(await evaluateProgram({ over: { consumers: { loyalty: {} } } }));
  });

  it("are each under 270 KB zipped, and load", async () => {
    const folder = await mkdtemp(join(tmpdir(), "order-fanout-bundles-"));
    try {
      console.log(`    ${"function".padEnd(32)}${"zipped".padStart(10)}${"load".padStart(10)}`);
      for (const archive of bundles) {
        const { name, zip } = archive;
        const unpacked = await unpack(archive, folder);
        const ms = `${(await loadMs(unpacked, archive)).toFixed(0)} ms`;
        const kilobytes = `${(zip.length / 1024).toFixed(1)} KB`;
        console.log(`    ${name.padEnd(32)}${kilobytes.padStart(10)}${ms.padStart(10)}`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const tooLarge = bundles.filter(({ zip }) => zip.length > MOST_BYTES);
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
      const written = (await runIn(await unpack(archive, folder), script, archive.variables)).trim().split("\n");
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

/** Unpacks an archive into a folder of its own. */
async function unpack({ name, files }: Archive, into: string): Promise<string> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(into, name, file)), { recursive: true });
    await writeFile(join(into, name, file), content);
  }
  return join(into, name);
}

async function runIn(cwd: string, script: string, variables: Record<string, string>): Promise<string> {
  const env = { AWS_REGION: "eu-west-1", NODE_ENV: "production", ...variables };
  return (await run(process.execPath, ["-e", script], { cwd, env })).stdout;
}

/** How long a fresh process takes to load a function, in milliseconds. */
async function loadMs(folder: string, { main, variables }: Archive): Promise<number> {
  const script = `const from = performance.now(); const loaded = require("./${main}");
    process.stdout.write(JSON.stringify({ ms: performance.now() - from, handlers: Object.keys(loaded) }))`;
  const { ms, handlers } = z
    .object({ ms: z.number(), handlers: z.array(z.string()) })
    .parse(JSON.parse(await runIn(folder, script, variables)));
  expect(handlers).to.deep.equal([main === "index.js" ? "handle" : "handler"]);
  return ms;
}
