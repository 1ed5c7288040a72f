import { GetCommand, paginateScan } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { isOrderId } from "../../contracts/order.ts";
import { orderKey } from "../../contracts/orders-table.ts";
import { CommandError } from "./console.ts";
import type { Target } from "./target.ts";

/** What a list of orders shows; an order that an older version stored may lack some of it. */
export const OrderSummary = z.object({
  orderId: z.string(),
  placedAt: z.string().catch(""),
  status: z.string().catch("unreadable"),
  customerId: z.string().catch(""),
  total: z.object({ amount: z.number(), currency: z.string() }).optional().catch(undefined),
});
export type OrderSummary = z.output<typeof OrderSummary>;

export interface OrderFilter {
  readonly status?: string | undefined;
  readonly prefix?: string;
}

/** Every order that fits, in no order. It reads the whole table: there is no index by status, time or prefix. */
export async function* scanOrders({ documents, outputs }: Target, filter: OrderFilter): AsyncGenerator<OrderSummary> {
  const { status, prefix } = filter;
  const conditions = [
    "entry = :order",
    ...(status === undefined ? [] : ["#status = :status"]),
    ...(prefix === undefined ? [] : ["begins_with(orderId, :prefix)"]),
  ];
  const pages = paginateScan(
    { client: documents },
    {
      TableName: outputs.tables.orders,
      FilterExpression: conditions.join(" AND "),
      ProjectionExpression: "orderId, placedAt, #status, customerId, #total",
      ExpressionAttributeNames: { "#status": "status", "#total": "total" },
      ExpressionAttributeValues: {
        ":order": orderKey("").entry,
        ...(status !== undefined && { ":status": status }),
        ...(prefix !== undefined && { ":prefix": prefix }),
      },
    },
  );
  for await (const { Items = [] } of pages) yield* OrderSummary.array().parse(Items);
}

/** When an order was placed, in ms since 1970; undefined where there is no such order. */
export async function placedAt({ documents, outputs }: Target, orderId: string): Promise<number | undefined> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: outputs.tables.orders, Key: orderKey(orderId), ConsistentRead: true }),
  );
  const { data } = OrderSummary.safeParse(Item);
  return data && (Date.parse(data.placedAt) || undefined);
}

/** The shortest prefix that is looked up. */
const LEAST_DIGITS = 4;
/** So many of the orders that share a prefix are named. */
const NAMED = 10;

/**
 * The order's id, out of the id itself or of a prefix of it, such as the 8 digits of a log line or an e-mail.
 * @throws CommandError where it is neither, fits no order, or more than one.
 */
export async function findOrderId(target: Target, word: string): Promise<string> {
  const prefix = word.toLowerCase();
  if (isOrderId(prefix)) return prefix;
  if (!/^[0-9a-f-]+$/.test(prefix) || prefix.replaceAll("-", "").length < LEAST_DIGITS) {
    throw new CommandError(
      `"${word}" is no order id and no beginning of one. Give its first ${LEAST_DIGITS} hexadecimal digits or more, such as the 8 of a log line.`,
      2,
    );
  }
  const found: OrderSummary[] = [];
  for await (const order of scanOrders(target, { prefix })) found.push(order);
  const [only] = found;
  if (!only) throw noOrder(word);
  if (found.length === 1) return only.orderId;
  const names = found
    .slice(0, NAMED)
    .map(({ orderId, placedAt, status }) => `  ${orderId}  ${placedAt}  ${status}`)
    .sort();
  const more = found.length > NAMED ? `\n  and ${found.length - NAMED} more` : "";
  throw new CommandError(`${found.length} orders begin with "${word}". Give more digits:\n${names.join("\n")}${more}`);
}

export const noOrder = (word: string): CommandError =>
  new CommandError(`There is no order ${word}. \`npm run orders -- list\` shows the newest.`);
