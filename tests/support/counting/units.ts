import { itemBytes } from "./item-size.ts";

export type Item = Readonly<Record<string, unknown>>;

/** What an index copies of an item: the item's keys and the index's own. */
export interface CountedIndex {
  readonly name: string;
  /** The attributes of the index's key: an item without one of them is not in the index. */
  readonly key: readonly string[];
  /** The attributes that it copies: the keys of both alone, as every index here does. */
  readonly projected: readonly string[];
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
const WRITE_BYTES = 1_024;
const READ_BYTES = 4_096;

/** The units of a write that leaves `after` where `before` was: the larger of the two counts. */
export const writeUnits = (before: Item | undefined, after: Item | undefined): number =>
  Math.max(1, Math.ceil(Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0) / WRITE_BYTES));

/** The units of a read of so many bytes: half where it is eventually consistent. */
export const readUnits = (bytes: number, consistent: boolean): number =>
  Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent ? 1 : 0.5);

/**
 * The units that a write costs an index: one to put an entry in, or to change or delete it, and two where its key changes
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes). A
 * transaction doubles the units of the table alone: the index follows once it has committed.
 */
export function indexUnits(index: CountedIndex, before: Item | undefined, after: Item | undefined): number {
  const [was, is] = [entryOf(index, before), entryOf(index, after)];
  if (was && is) {
    if (same(was, is, index.projected)) return 0;
    return same(was, is, index.key) ? writeUnits(was, is) : writeUnits(was, undefined) + writeUnits(undefined, is);
  }
  return was || is ? writeUnits(was, is) : 0;
}

/** The entry of an item in an index, if it has one. */
export function entryOf({ key, projected }: CountedIndex, item: Item | undefined): Item | undefined {
  if (!item || key.some((name) => item[name] === undefined)) return undefined;
  return Object.fromEntries(projected.map((name) => [name, item[name]]));
}

const same = (one: Item, other: Item, names: readonly string[]): boolean =>
  names.every((name) => one[name] === other[name]);
