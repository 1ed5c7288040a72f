import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { BatchGetCommand, BatchWriteCommand, DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { CommandError } from "../../../commands/shared/console.ts";
import { orderKey } from "../../../contracts/orders-table.ts";
import type { RunningCloud } from "./running-cloud.ts";

/** Articles that are there in any number: orders of one alone would wait for each other's transactions. */
const SKUS = Array.from({ length: 25 }, (_, index) => `BENCH-${String(index + 1).padStart(3, "0")}`);

/** A new order of one article, by a new customer who wants an SMS. */
export function newOrder(): string {
  const customer = {
    name: "Ada Lovelace",
    email: `${randomUUID()}@shop.test`,
    phone: `+44207${String(randomInt(10_000_000)).padStart(7, "0")}`,
    smsConsent: true,
  };
  const shippingAddress = { line1: "12 St James Square", city: "London", postalCode: "SW1Y 4JH", countryCode: "GB" };
  return JSON.stringify({ customer, shippingAddress, items: [{ sku: SKUS[randomInt(SKUS.length)], quantity: 1 }] });
}

const Order = z.looseObject({ orderId: z.string(), status: z.string() });

/** A running cloud's orders and queues, as its AWS endpoint shows them. */
export interface Shop {
  /** Puts the articles of `newOrder` into the stock. */
  stockUp(): Promise<void>;
  /** Resolves when an order is shipping; asks every millisecond. */
  untilShipping(orderId: string): Promise<void>;
  /** Resolves when all of these are shipping. The last ones are looked at first. */
  untilAllShip(orderIds: readonly string[]): Promise<void>;
  /** Resolves when nothing waits in any queue or is in flight. */
  untilQuiet(): Promise<void>;
  /** Whether nothing does now. */
  isQuiet(): Promise<boolean>;
}

/** Watches a cloud. */
export function openShop({ outputs, endpoint }: Pick<RunningCloud, "outputs" | "endpoint">): Shop {
  const { tables, consumers } = outputs;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = { region: "eu-west-1", endpoint, credentials };
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const queues = new SQSClient(client);

  const statuses = async (orderIds: readonly string[]): Promise<string[]> => {
    const Keys = orderIds.map(orderKey);
    const { Responses } = await documents.send(new BatchGetCommand({ RequestItems: { [tables.orders]: { Keys } } }));
    return z.array(Order).parse(Responses?.[tables.orders]).map(statusOf);
  };
  const waiting = async (queueUrl: string): Promise<number> => {
    const AttributeNames = [
      "ApproximateNumberOfMessages" as const,
      "ApproximateNumberOfMessagesNotVisible" as const,
      "ApproximateNumberOfMessagesDelayed" as const,
    ];
    const { Attributes = {} } = await queues.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  };
  const urls = Object.values(consumers).map(({ queueUrl }) => queueUrl);
  const isQuiet = async () => (await Promise.all(urls.map(waiting))).every((count) => count === 0);
  return {
    stockUp: async () => {
      const puts = SKUS.map((sku) => ({
        PutRequest: { Item: { sku, name: "Bench", unitPrice: 100, currency: "EUR", onHand: 1_000_000_000 } },
      }));
      await documents.send(new BatchWriteCommand({ RequestItems: { [tables.stock]: puts } }));
    },
    untilShipping: async (orderId) => {
      const get = new GetCommand({ TableName: tables.orders, Key: orderKey(orderId), ConsistentRead: true });
      for (;;) {
        const { Item } = await documents.send(get);
        if (statusOf(Order.parse(Item)) === "shipping") return;
        await sleep(1);
      }
    },
    untilAllShip: async (orderIds) => {
      const left = [...orderIds];
      const slow = remindOf(() => `the last of ${left.length} orders is not shipping`);
      while (left.length > 0) {
        const last = left.slice(-100);
        if ((await statuses(last)).every((status) => status === "shipping")) left.length -= last.length;
        else await sleep(50);
      }
      slow.stop();
    },
    untilQuiet: async () => {
      const slow = remindOf(() => "messages wait or are in flight; a function that timed out has them back later");
      // Twice in a row: what a function publishes is in no queue for a moment.
      for (let quiet = 0; quiet < 2; quiet = (await isQuiet()) ? quiet + 1 : 0) await sleep(150);
      slow.stop();
    },
    isQuiet,
  };
}

/** Says after each minute what is still waited for: a machine that is too busy makes functions time out. */
function remindOf(what: () => string): { stop(): void } {
  const began = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.error(`after ${seconds} s still: ${what()}. Figures of such a run are worth nothing.`);
  }, 60_000);
  return { stop: () => clearInterval(timer) };
}

/** @throws CommandError about an order that will never ship. */
function statusOf({ orderId, status }: z.output<typeof Order>): string {
  if (["placed", "confirmed", "shipping"].includes(status)) return status;
  throw new CommandError(
    `The order ${orderId} became "${status}", and a bench's orders all ship. Is its stack another one?`,
  );
}
