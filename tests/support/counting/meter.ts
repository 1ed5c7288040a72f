import * as z from "zod";
import type { Call } from "../../../runtime/ports/calls.ts";
import type { World } from "../world/world.ts";
import { tablesOf, type CountedTable } from "./tables.ts";
import { entryOf, indexUnits, readUnits, writeUnits, type Item } from "./units.ts";
import { itemBytes } from "./item-size.ts";

/** What a function has used so far. */
export interface Usage {
  /** Calls by service and operation, such as `sns PublishBatch`. */
  readonly calls: Record<string, number>;
  writeUnits: number;
  readUnits: number;
}

const Record_ = z.record(z.string(), z.unknown());
const Keyed = z.object({ TableName: z.string(), Key: Record_ });
const Putting = z.object({ TableName: z.string(), Item: Record_ });
const Reading = z.object({ ConsistentRead: z.boolean().optional() });
const Input = {
  GetItem: Keyed.extend(Reading.shape),
  BatchGetItem: z.object({
    RequestItems: z.record(z.string(), Reading.extend({ Keys: z.array(Record_) })),
  }),
  Query: Reading.extend({ TableName: z.string(), IndexName: z.string().optional() }),
  TransactWriteItems: z.object({
    TransactItems: z.array(
      z.object({
        Put: Putting.optional(),
        Update: Keyed.optional(),
        Delete: Keyed.optional(),
        ConditionCheck: Keyed.optional(),
      }),
    ),
  }),
  BatchWriteItem: z.object({
    RequestItems: z.record(
      z.string(),
      z.array(
        z.object({
          PutRequest: z.object({ Item: Record_ }).optional(),
          DeleteRequest: z.object({ Key: Record_ }).optional(),
        }),
      ),
    ),
  }),
};
const Answer = z.object({ output: z.object({ Items: z.array(Record_).optional() }) });

/** An item that a call reads or writes. */
interface Touched {
  readonly table: CountedTable;
  readonly key: Item;
}

/** Counts the calls of a world's functions, and the DynamoDB units that AWS would bill for them, by function. */
export class Meter {
  readonly used = new Map<string, Usage>();
  readonly #world: World;
  readonly #tables: ReadonlyMap<string, CountedTable>;

  constructor(world: World) {
    this.#world = world;
    this.#tables = tablesOf(world.stack.tables);
    const { around } = world;
    world.around = (handler, call, perform) => around(handler, call, () => this.#count(handler, call, perform));
  }

  async #count(handler: string, call: Call, perform: () => Promise<unknown>): Promise<unknown> {
    const usage = this.used.get(handler) ?? { calls: {}, writeUnits: 0, readUnits: 0 };
    this.used.set(handler, usage);
    const name = `${call.service} ${call.operation}`;
    usage.calls[name] = (usage.calls[name] ?? 0) + 1;
    if (call.service !== "dynamodb") return perform();
    const [written, factor] = this.#written(call);
    if (written.length === 0) {
      const answer = await perform();
      const units = await this.#read(call, answer);
      usage.readUnits += units;
      return answer;
    }
    const before = await Promise.all(written.map((touched) => this.#item(touched)));
    try {
      return await perform();
    } finally {
      // A write whose condition does not hold costs as much as the item that is there.
      const after = await Promise.all(written.map((touched) => this.#item(touched)));
      written.forEach(({ table }, index) => {
        usage.writeUnits += factor * writeUnits(before[index], after[index]);
        for (const one of table.indexes) usage.writeUnits += indexUnits(one, before[index], after[index]);
      });
    }
  }

  /** The items that a call writes, and what a write's units are multiplied by. */
  #written({ operation, input }: Call): [Touched[], number] {
    const at = (TableName: string, key: Item): Touched => ({ table: this.#table(TableName), key });
    switch (operation) {
      case "PutItem":
      case "UpdateItem":
      case "DeleteItem": {
        const { TableName, Key, Item } = z
          .object({ TableName: z.string(), Key: Record_.optional(), Item: Record_.optional() })
          .parse(input);
        return [[at(TableName, Key ?? Item ?? {})], 1];
      }
      case "TransactWriteItems": {
        const { TransactItems } = Input.TransactWriteItems.parse(input);
        const touched = TransactItems.flatMap(({ Put, Update, Delete, ConditionCheck }) => {
          if (Put) return [at(Put.TableName, Put.Item)];
          const keyed = Update ?? Delete ?? ConditionCheck;
          return keyed ? [at(keyed.TableName, keyed.Key)] : [];
        });
        return [touched, 2];
      }
      case "BatchWriteItem": {
        const { RequestItems } = Input.BatchWriteItem.parse(input);
        const touched = Object.entries(RequestItems).flatMap(([TableName, requests]) =>
          requests.map(({ PutRequest, DeleteRequest }) => at(TableName, PutRequest?.Item ?? DeleteRequest?.Key ?? {})),
        );
        return [touched, 1];
      }
      default:
        return [[], 1];
    }
  }

  async #read({ operation, input }: Call, answer: unknown): Promise<number> {
    switch (operation) {
      case "GetItem": {
        const { TableName, Key, ConsistentRead = false } = Input.GetItem.parse(input);
        return this.#got({ table: this.#table(TableName), key: Key }, ConsistentRead);
      }
      case "BatchGetItem": {
        // Each item is rounded up by itself.
        const units = Object.entries(Input.BatchGetItem.parse(input).RequestItems).flatMap(
          ([TableName, { Keys, ConsistentRead = false }]) =>
            Keys.map((key) => this.#got({ table: this.#table(TableName), key }, ConsistentRead)),
        );
        return (await Promise.all(units)).reduce((sum, one) => sum + one, 0);
      }
      case "Query": {
        const { TableName, IndexName, ConsistentRead = false } = Input.Query.parse(input);
        const index = this.#table(TableName).indexes.find(({ name }) => name === IndexName);
        const items = Answer.parse(answer).output.Items ?? [];
        const bytes = items.reduce((sum, item) => sum + itemBytes((index && entryOf(index, item)) ?? item), 0);
        return readUnits(bytes, ConsistentRead);
      }
      default:
        throw new Error(
          `${operation}: the meter does not know what it costs. Add it in tests/support/counting/meter.ts.`,
        );
    }
  }

  async #got(touched: Touched, consistent: boolean): Promise<number> {
    const item = await this.#item(touched);
    return readUnits(item ? itemBytes(item) : 0, consistent);
  }

  #item({ table: { name, key: names }, key }: Touched): Promise<Item | undefined> {
    return this.#world.database.item(name, Object.fromEntries(names.map((one) => [one, key[one]])));
  }

  #table(name: string): CountedTable {
    const table = this.#tables.get(name);
    if (!table) throw new Error(`the program has no table ${name}`);
    return table;
  }
}
