import { columns, CommandError, main, readArguments } from "../../commands/shared/console.ts";
import { seeded } from "../../local/shared/random.ts";
import { startEdited } from "../support/edited-project.ts";
import { EDITED_CONFIG, proveSaves } from "./saves.ts";

const usage = `node tests/chaos/reload.ts [--orders 1000] [--rate 10] [--saves 20] [--seed N] [--json]

Runs the local cloud in a copy of the project, places orders, and saves files in between: good code, broken code,
declarations and config. Then it compares what was accepted with what happened. Exits with 1 when anything was lost,
unexpected or duplicated, or a save came to something else than it must.`;

await main(usage, async () => {
  const { values } = readArguments({
    orders: { type: "string", default: "1000" },
    rate: { type: "string", default: "10" },
    saves: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean" },
  });
  const number = (name: "orders" | "rate" | "saves" | "seed") => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 1)
      throw new CommandError(`--${name} ${values[name]}: a whole number above 0 is wanted.`, 2);
    return value;
  };
  const [orders, rate, saves, seed] = [number("orders"), number("rate"), number("saves"), number("seed")];
  const began = performance.now();
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(0);
  const say = (text: string) => {
    if (!values.json) console.log(`${seconds().padStart(4)} s  ${text}`);
  };
  const project = await startEdited(EDITED_CONFIG, 20);
  try {
    const verdict = await proveSaves(project, { orders, rate, saves, random: seeded(seed), say });
    const { accepted, ...wrong } = verdict;
    const rows = Object.entries(wrong).map(([what, all]) => [
      what,
      all.length === 0 ? "0" : all.slice(0, 5).join("; "),
    ]);
    console.log(values.json ? JSON.stringify(verdict) : columns([["accepted", String(accepted)], ...rows]));
    if (Object.values(wrong).some(({ length }) => length > 0)) process.exitCode = 1;
  } finally {
    await project.stop();
  }
});
