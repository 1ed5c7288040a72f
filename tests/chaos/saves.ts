import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EditedProject } from "../support/edited-project.ts";
import { until } from "../support/until.ts";
import { collect, countLeft, sellStock } from "./collect.ts";
import { judge, type Judgement } from "./judge.ts";
import { createLoad } from "./load.ts";

/** The config of the stack that is edited, of tests/stacks/. */
export const EDITED_CONFIG = "Pulumi.chaos.yaml";

/** A file that is saved, as it would be at a number of the save. */
interface Edit {
  /** What must come of it. */
  readonly kind: "code" | "program" | "broken" | "unchanged";
  readonly file: string;
  readonly of: string;
  readonly as: (save: number) => string;
}

const BOOKED = 'log.info("booked", shipment)';

/** One of each kind after the other: what is broken is mended by the next. */
const EDITS: readonly Edit[] = [
  {
    kind: "code",
    file: "handlers/shipment.ts",
    of: BOOKED,
    as: (save) => `log.info("booked", { ...shipment, save: ${save} })`,
  },
  { kind: "broken", file: "handlers/inventory.ts", of: "export default", as: () => "export defect" },
  { kind: "unchanged", file: "handlers/inventory.ts", of: "export default", as: () => "export default" },
  {
    kind: "program",
    file: "handlers/loyalty.ts",
    of: "on: [OrderConfirmed],",
    as: (save) => `on: [OrderConfirmed], concurrency: ${1 + (save % 7)},`,
  },
  {
    kind: "program",
    file: EDITED_CONFIG,
    of: "inventory: { timeoutSeconds: 3,",
    as: (save) => `inventory: { timeoutSeconds: ${4 + (save % 7)},`,
  },
];

/** What a run of saves and orders has come to. */
export interface SavesVerdict extends Pick<Judgement, "lost" | "unexpected" | "duplicated" | "pending" | "stock"> {
  readonly accepted: number;
  /** The saves that came to something else than they must. */
  readonly otherwise: readonly string[];
}

export interface SavesArgs {
  readonly orders: number;
  /** Orders a second. */
  readonly rate: number;
  readonly saves: number;
  readonly random: () => number;
  readonly say: (text: string) => void;
}

/** Places orders while files are saved at even distances, and compares what was accepted with what happened. */
export async function proveSaves(project: EditedProject, args: SavesArgs): Promise<SavesVerdict> {
  const { outputs } = project.cloud;
  const { orders, rate, saves, random, say } = args;
  await sellStock(outputs, orders);
  const { ordersUrl } = outputs;
  const load = createLoad({ ordersUrl, orders, rate, clients: 8, random, run: project.folder.slice(-6) });
  const texts = new Map<string, string>();
  for (const { file } of EDITS) texts.set(file, await readFile(join(project.folder, file), "utf8"));
  const otherwise: string[] = [];

  const saveAll = async (): Promise<void> => {
    for (let save = 0; save < saves; save++) {
      await until("it is the next save's turn", () => load.accepted().length >= ((save + 0.5) * orders) / saves);
      const edit = EDITS[save % EDITS.length];
      if (!edit) continue;
      const { kind, file, of, as } = edit;
      const outcome = await project.outcomeOf(() => project.write(file, (texts.get(file) ?? "").replace(of, as(save))));
      say(`save ${save + 1} of ${file}: ${outcome.kind}, after ${load.accepted().length} orders`);
      if (outcome.kind !== kind) otherwise.push(`save ${save + 1} of ${file}: ${JSON.stringify(outcome)}`);
    }
  };
  await Promise.all([load.run(), saveAll()]).finally(load.stop);
  say("all orders are accepted and all files saved");
  await until("every queue is empty", async () => (await countLeft(outputs)) === 0, 600);
  const judged = judge(await collect(outputs), load.accepted());
  const { lost, unexpected, duplicated, pending, stock } = judged;
  const different = load.progress().answers.different;
  const accepted = load.accepted().length;
  return { accepted, lost, unexpected: [...unexpected, ...different], duplicated, pending, stock, otherwise };
}
