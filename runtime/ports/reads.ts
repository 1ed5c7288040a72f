import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { setTimeout as sleep } from "node:timers/promises";
import { fullJitter } from "./backoff.ts";

export type Key = Readonly<Record<string, string>>;
type Item = Record<string, unknown>;

/** DynamoDB gives up to 100 items in one BatchGetItem. */
const MOST = 100;

/** The keys that are read next, by their text: two events may ask for the same. */
interface Gathering {
  readonly keys: Map<string, Key>;
  readonly items: Promise<Map<string, Item>>;
}

/**
 * Reads of a table by key, consistent. Those that are `gathered` in the same turn of the event loop, with the same signal,
 * are one BatchGetItem.
 */
export function openReads(TableName: string, client: DynamoDBDocumentClient) {
  const gatherings = new WeakMap<AbortSignal, Gathering>();

  const direct = async (keys: readonly Key[], signal: AbortSignal): Promise<Item[]> => [
    ...(await read(byText(keys), signal)).values(),
  ];
  const gathered = async (keys: readonly Key[], signal: AbortSignal): Promise<Item[]> => {
    try {
      const found = await gather(keys, signal);
      return keys.map((key) => found.get(textOf(key))).filter((item) => item !== undefined);
    } catch (error) {
      // One key that is none must not cost the others their read.
      if (error instanceof Error && error.name === "ValidationException") return direct(keys, signal);
      throw error;
    }
  };
  return { direct, gathered };

  function gather(keys: readonly Key[], signal: AbortSignal): Promise<Map<string, Item>> {
    const open = gatherings.get(signal);
    if (open && open.keys.size + keys.length <= MOST) {
      for (const key of keys) open.keys.set(textOf(key), key);
      return open.items;
    }
    const asked = byText(keys);
    const items = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      if (gatherings.get(signal)?.keys === asked) gatherings.delete(signal);
      return read(asked, signal);
    });
    gatherings.set(signal, { keys: asked, items });
    return items;
  }

  async function read(asked: ReadonlyMap<string, Key>, abortSignal: AbortSignal): Promise<Map<string, Item>> {
    const names = Object.keys([...asked.values()][0] ?? {});
    const found = new Map<string, Item>();
    // DynamoDB answers with part of the keys when it is busy; the rest is asked for again.
    let left: readonly Record<string, unknown>[] = [...asked.values()];
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt > 0) await sleep(fullJitter(attempt), undefined, { signal: abortSignal });
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [...left], ConsistentRead: true } } }),
        { abortSignal },
      );
      for (const item of Responses?.[TableName] ?? []) found.set(textOf(item, names), item);
      left = UnprocessedKeys?.[TableName]?.Keys ?? [];
    }
    return found;
  }
}

const byText = (keys: readonly Key[]): Map<string, Key> => new Map(keys.map((key) => [textOf(key), key]));

/** The text of a key, whatever the order of its attributes. */
const textOf = (item: Readonly<Record<string, unknown>>, names = Object.keys(item)): string =>
  JSON.stringify([...names].sort().map((name) => item[name]));
