import { shown, type Surges } from "./surges.ts";

/**
 * Write units a second that a fresh on-demand table or index takes
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html).
 */
const FRESH_TABLE_UNITS = 4_000;

/** The surges for a person to read. */
export function surgeTable({ rate, accountConcurrency, consumers, writeUnits }: Surges): string {
  const rows = Object.entries(consumers).map(([name, surge]) => [
    name,
    `${shown(surge.milliseconds)}${surge.assumed ? " (assumed)" : ""}`,
    shown(surge.sustains),
    shown(surge.perRequest),
    shown(surge.arriving),
    shown(surge.drainMinutes),
    shown(surge.concurrency),
    shown(surge.writeUnits),
  ]);
  const used = Object.values(consumers).reduce((sum, { concurrency }) => sum + concurrency, 0);
  const tables = Object.entries(writeUnits).map(
    ([table, units]) => `${table} ${shown(units)}${units > FRESH_TABLE_UNITS ? " (too many)" : ""}`,
  );
  return [
    `A surge of ${shown(rate)} requests a second, the API's throttle:`,
    ...aligned([HEAD, ...rows]),
    `The consumers use ${shown(used)} of the account's ${shown(accountConcurrency)} concurrent executions.`,
    `Write units a second, where a fresh table takes ${shown(FRESH_TABLE_UNITS)}: ${tables.join(", ")}.`,
  ].join("\n");
}

const HEAD = [
  "consumer",
  "ms a message",
  "sustains/s",
  "per request",
  "arriving/s",
  "min to drain an hour",
  "concurrency",
  "write units/s",
];

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}
