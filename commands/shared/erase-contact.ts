import { DeleteCommand, GetCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { hasEnded, OrderStatus } from "../../contracts/order.ts";
import { contactKey, orderKey } from "../../contracts/orders-table.ts";
import { CommandError } from "./console.ts";
import { noOrder } from "./find-order.ts";
import type { Target } from "./target.ts";

const Status = z.object({ status: OrderStatus });

/** What was taken away. */
export interface Erased {
  readonly orderId: string;
  /** Whether there was contact data. */
  readonly contact: boolean;
  /** How many captured messages there were; a deployed stack captures none. */
  readonly messages: number;
}

/**
 * Deletes an order's contact data, and on the local cloud the messages to its customer as well. The order, its events and
 * its effects stay: they have nothing personal.
 * @throws CommandError where there is no such order, or where it has not ended and `force` is not given.
 */
export async function eraseContact(target: Target, orderId: string, force: boolean): Promise<Erased> {
  const TableName = target.outputs.tables.orders;
  const { Item } = await target.documents.send(
    new GetCommand({ TableName, Key: orderKey(orderId), ConsistentRead: true }),
  );
  if (!Item) throw noOrder(orderId);
  const { status } = Status.parse(Item);
  if (!hasEnded(status) && !force) {
    throw new CommandError(
      `Order ${orderId} is ${status}: without its contact data it can neither ship nor tell its customer. Cancel it first, or erase with --force.`,
    );
  }
  const { Attributes } = await target.documents.send(
    new DeleteCommand({ TableName, Key: contactKey(orderId), ReturnValues: "ALL_OLD" }),
  );
  return { orderId, contact: Attributes?.["customer"] !== undefined, messages: await forgetMessages(target, orderId) };
}

const Forgotten = z.object({ messages: z.int() });

async function forgetMessages({ outputs: { local } }: Target, orderId: string): Promise<number> {
  if (!local) return 0;
  const answer = await fetch(`${local.endpoint}/_local/orders/${orderId}`, {
    method: "DELETE",
    headers: { "x-local-token": local.token },
  });
  if (!answer.ok) throw new CommandError(`The local cloud keeps its messages: ${await answer.text()}`);
  return Forgotten.parse(await answer.json()).messages;
}

/** What `erase` prints. */
export function erasedText({ orderId, contact, messages }: Erased): string {
  const captured = messages === 1 ? "1 captured message" : `${messages} captured messages`;
  const erased = messages === 1 ? "is erased" : "are erased";
  return contact
    ? `The contact data${messages > 0 ? ` and ${captured}` : ""} of order ${orderId} are erased. Backups forget them within 35 days.`
    : `Order ${orderId} has no contact data any more${messages > 0 ? `; ${captured} ${erased}` : ""}.`;
}
