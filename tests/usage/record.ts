// `npm run record-usage`: counts what an order uses of AWS, for `npm run cost`, and writes it down.
import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import { usageFile } from "../../commands/cost/usage.ts";
import carrier from "../../local/outside/hosts/carrier.ts";
import { prepareWorlds, World } from "../support/world/world.ts";
import { consumers, countUsage } from "./count.ts";

const { stack, database } = await prepareWorlds(consumers);
const usage = await countUsage(() => new World(stack, database, [carrier]));
await writeFile(usageFile, await format(JSON.stringify(usage), { parser: "json", printWidth: 120 }));
console.log("commands/cost/usage.json is written: look at the difference with `git diff`.");
process.exit();
