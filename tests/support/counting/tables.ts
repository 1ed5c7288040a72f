import * as z from "zod";
import type { Stack } from "../world/stack.ts";
import type { CountedIndex } from "./units.ts";

/** A table of the program, as far as its units go. */
export interface CountedTable {
  readonly name: string;
  /** The names of its key's attributes. */
  readonly key: readonly string[];
  readonly indexes: readonly CountedIndex[];
}

const Inputs = z.object({
  name: z.string(),
  hashKey: z.string(),
  rangeKey: z.string().optional(),
  globalSecondaryIndexes: z
    .array(
      z.object({
        name: z.string(),
        hashKey: z.string(),
        rangeKey: z.string(),
        projectionType: z.literal("KEYS_ONLY"),
      }),
    )
    .default([]),
});

/** The program's tables by their physical names. */
export function tablesOf(tables: Stack["tables"]): Map<string, CountedTable> {
  return new Map(
    tables.map(({ inputs }) => {
      const { name, hashKey, rangeKey, globalSecondaryIndexes } = Inputs.parse(inputs);
      const key = rangeKey === undefined ? [hashKey] : [hashKey, rangeKey];
      const indexes = globalSecondaryIndexes.map((index) => ({
        name: index.name,
        key: [index.hashKey, index.rangeKey],
        projected: [...key, index.hashKey, index.rangeKey],
      }));
      return [name, { name, key, indexes }];
    }),
  );
}
