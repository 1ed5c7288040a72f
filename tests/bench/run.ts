// `npm run bench`: one file a bench, each with its line here.
import { CommandError, columns, main, unknownName } from "../../commands/shared/console.ts";
import { usageOf, type Bench } from "./shared/bench.ts";

const benches: Readonly<Record<string, () => Promise<{ default: Bench }>>> = {
  start: () => import("./start.ts"),
  load: () => import("./load.ts"),
  calls: () => import("./calls.ts"),
  bundles: () => import("./bundles.ts"),
  graph: () => import("./graph.ts"),
  relay: () => import("./relay.ts"),
  reload: () => import("./reload.ts"),
  sdk: () => import("./sdk.ts"),
};

const [name, ...rest] = process.argv.slice(2).filter((one) => one !== "--json" && one !== "--help");
const json = process.argv.includes("--json");
const named = name === undefined ? undefined : await benches[name]?.();
const usage = named ? await usageOfOne(named.default) : await usageOfAll();

await main(usage, async () => {
  if (name === undefined) throw new CommandError("Missing bench.", 2);
  if (!named) throw unknownName("bench", name, Object.keys(benches), 2);
  const began = performance.now();
  const say = (text: string) => {
    if (!process.stderr.isTTY) return;
    const seconds = Math.round((performance.now() - began) / 1_000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${text}\n`);
  };
  const { title, table, notes = [], figures } = await named.default.run(rest, say);
  if (json) return void console.log(JSON.stringify(figures, undefined, 2));
  console.log([title, "", columns(table), ...notes.flatMap((note) => ["", note])].join("\n"));
});
process.exit(); // nothing that a bench left open, such as a client's sockets, keeps it

async function usageOfOne(bench: Bench): Promise<string> {
  const flags = [...usageOf(bench), "  --json         every figure, as JSON"];
  return [`npm run bench -- ${name} [flags]    ${bench.summary}`, "", ...flags].join("\n");
}

async function usageOfAll(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(benches).map(async ([one, load]) => `  ${one.padEnd(12)} ${(await load()).default.summary}`),
  );
  return ["npm run bench -- NAME [flags]    measures, and prints a table; NAME --help has its flags", "", ...rows].join(
    "\n",
  );
}
