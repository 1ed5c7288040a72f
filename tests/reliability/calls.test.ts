import { expect } from "chai";
import { count, countedJourneys, tableOf } from "../support/counting/journeys.ts";
import { WINDOW } from "../../config/schema.ts";
import { useWorlds } from "../support/world/world.ts";

const expected: Readonly<Record<string, readonly string[]>> = {
  "shipped with SMS, in batches of 10": [
    "POST /orders                         4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "inventory                          1.3      9      1  0.1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 0.1 sns PublishBatch, 0.1 dynamodb BatchWriteItem",
    "notifications                      8.2      5      4  0.2 dynamodb BatchGetItem, 5 dynamodb UpdateItem, 2 ses SendEmail, 1 sns Publish",
    "shipment                           2.3      9      2  0.1 dynamodb BatchGetItem, 1 https POST, 1 dynamodb TransactWriteItems, 0.1 sns PublishBatch, 0.1 dynamodb BatchWriteItem",
    "analytics                          0.1      0      0  0.1 s3 PutObject",
    "in all                            15.9     32      8",
  ],
  "shipped with SMS, alone": [
    "POST /orders                         4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "inventory                            4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "notifications                       10      5      4  2 dynamodb BatchGetItem, 5 dynamodb UpdateItem, 2 ses SendEmail, 1 sns Publish",
    "shipment                             5      9      2  1 dynamodb BatchGetItem, 1 https POST, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "analytics                            1      0      0  1 s3 PutObject",
    "in all                              24     32      8",
  ],
  "rejected, alone": [
    "POST /orders                         4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "inventory                            5     15      1  1 dynamodb BatchGetItem, 2 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "notifications                        7      4      2  1 dynamodb BatchGetItem, 4 dynamodb UpdateItem, 2 ses SendEmail",
    "analytics                            1      0      0  1 s3 PutObject",
    "in all                              17     28      4",
  ],
  "cancelled before it is shipped, alone": [
    "POST /orders                         4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "inventory                            6     13      2  2 dynamodb BatchGetItem, 2 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "POST /orders/{orderId}/cancel        4      9      1  1 dynamodb GetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "notifications                        7      4      2  1 dynamodb BatchGetItem, 4 dynamodb UpdateItem, 2 ses SendEmail",
    "shipment                             2      0      2  1 dynamodb BatchGetItem, 1 https DELETE",
    "analytics                            1      0      0  1 s3 PutObject",
    "in all                              24     35      8",
  ],
  "refused by the carrier and on hold, alone": [
    "POST /orders                         4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "inventory                            4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "notifications                        4      2      2  1 dynamodb BatchGetItem, 2 dynamodb UpdateItem, 1 ses SendEmail",
    "shipment                             5      8      2  1 dynamodb BatchGetItem, 1 https POST, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "analytics                            1      0      0  1 s3 PutObject",
    "in all                              18     28      6",
  ],
  "shipped with SMS and an Idempotency-Key that is sent twice, alone": [
    "POST /orders                         7     11      4  3 dynamodb GetItem, 1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "inventory                            4      9      1  1 dynamodb BatchGetItem, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "notifications                       10      5      4  2 dynamodb BatchGetItem, 5 dynamodb UpdateItem, 2 ses SendEmail, 1 sns Publish",
    "shipment                             5      9      2  1 dynamodb BatchGetItem, 1 https POST, 1 dynamodb TransactWriteItems, 1 sns PublishBatch, 1 dynamodb BatchWriteItem",
    "analytics                            1      0      0  1 s3 PutObject",
    "in all                              27     34     11",
  ],
};

describe("an order's calls, and its DynamoDB units", () => {
  const worlds = useWorlds({ consumers: { loyalty: null, analytics: WINDOW } });

  for (const journey of countedJourneys) {
    it(`are as few as ever: ${journey.name}`, async () => {
      const lines = tableOf(await count(journey, worlds.create()));
      console.log(["", `calls   write   read`.padStart(54), ...lines].map((line) => `      ${line}`).join("\n"));
      expect(lines).to.deep.equal(expected[journey.name]);
    });
  }
});
