// Runs in a process of its own: what `loadConfig` says of each of several configs of a stack.
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { loadConfig } from "../../config.ts";
import { OrderPlaced } from "../../contracts/events.ts";
import { registry } from "../../handlers/index.ts";
import { consumer } from "../../runtime/define/consumer.ts";
import type { Loaded } from "./load-config.ts";

const Configs = z.array(z.record(z.string(), z.unknown()));

await pulumi.runtime.setMocks(
  { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
  "order-fanout",
  "dev",
  true,
);
const known = { ...registry, audit: consumer({ on: [OrderPlaced], handle: async () => {} }) };
const handlerNames = new Map<unknown, string>(Object.entries(known).map(([name, handler]) => [handler, name]));

const loaded = Configs.parse(JSON.parse(process.argv[2] ?? "null")).map((config): Loaded => {
  const warnings: string[] = [];
  const printed: string[] = [];
  console.log = (line: string) => void printed.push(line);
  // What the SDK has no engine for it writes to the console.
  console.error = (line: string) => void warnings.push(line);
  console.warn = console.error;
  const entries = Object.entries(config).map(([key, value]) => [
    `order-fanout:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(z.record(z.string(), z.string()).parse(Object.fromEntries(entries)));
  try {
    const { consumers, surges, ...rest } = loadConfig(known, { apiFunctions: 6 });
    const plain = consumers.map((entry) => ({ ...entry, handler: handlerNames.get(entry.handler) }));
    return { config: { ...rest, consumers: plain }, surges, warnings, printed };
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : "not an Error", warnings, printed };
  }
});
process.send?.(loaded, undefined, undefined, () => process.exit(0));
