import { expect } from "chai";
import { cloudEvent, type EventType } from "../../contracts/cloud-event.ts";
import { OrderCancelled, OrderPlaced, OrderRejected, ShipmentBooked } from "../../contracts/events.ts";
import type { OrderRequest } from "../../contracts/order.ts";
import { contactKey, orderKey } from "../../contracts/orders-table.ts";
import notifications from "../../handlers/notifications.ts";
import { consume } from "../../runtime/lambda/consume.ts";
import { scripted } from "../support/calls.ts";
import { quietly } from "../support/captured.ts";
import { clock, failures, placedData, record, variables } from "../support/lambda.ts";
import { orderRequest, storedOrder } from "../support/orders.ts";

const { orderId } = storedOrder;
const env = variables({
  NAME: "notifications",
  RESOURCES: '{"orders":"orders","effects":"effects"}',
  SETTINGS: '{"from":"shop@example.com","sms":true}',
  LEASE_SECONDS: "90",
});
const [LOAD, LEDGER, MAIL, TEXT] = [
  "dynamodb.BatchGetItem",
  "dynamodb.UpdateItem",
  "ses.SendEmail",
  "sns.Publish",
] as const;
const booked = { customerId: "c-1815", carrier: "World Express", trackingNumber: "WX-1" };
const consenting: OrderRequest["customer"] = orderRequest.customer;
const withoutConsent = { name: consenting.name, email: consenting.email, phone: "+442071234567" };

/** Delivers an event about the order of a customer: what was called, and with what. */
async function notify(type: EventType, data: unknown, customer: OrderRequest["customer"]) {
  const order = { ...storedOrder, ...orderKey(orderId) };
  const contact = { ...contactKey(orderId), customer, shippingAddress: orderRequest.shippingAddress };
  const { calls, asked, inputs } = scripted({
    [LOAD]: [{ Responses: { orders: [contact, order] } }],
    [LEDGER]: [{}, {}, {}, {}],
    [MAIL]: [{ MessageId: "1" }],
    [TEXT]: [{ MessageId: "2" }],
  });
  const body = JSON.stringify(cloudEvent(type, orderId, "/order-fanout/test", "2026-11-01T12:00:00.000Z", data));
  const answer = await quietly(() => consume(notifications, env, calls)({ Records: [record("m-1", body)] }, clock()));
  expect(answer).to.deep.equal(failures());
  return { asked, mails: inputs(MAIL), texts: inputs(TEXT) };
}

describe("notifications", () => {
  it("sends an e-mail and an SMS when the shipment is booked, each claimed before and recorded after", async () => {
    const subject = "Your order 0B5E0F0C is on its way: WX-1";
    const tag = { DataType: "String", StringValue: orderId };
    expect(await notify(ShipmentBooked, booked, consenting)).to.deep.equal({
      asked: [LOAD, LEDGER, MAIL, LEDGER, LEDGER, TEXT, LEDGER],
      mails: [
        {
          FromEmailAddress: "shop@example.com",
          Destination: { ToAddresses: ["ada@example.com"] },
          Content: {
            Simple: {
              Subject: { Data: subject, Charset: "UTF-8" },
              Body: {
                Text: {
                  Data: [
                    "Hello Ada Lovelace,",
                    "World Express is bringing your order. Its tracking number is WX-1.",
                    `Your order number is ${orderId}.`,
                  ].join("\n\n"),
                  Charset: "UTF-8",
                },
              },
            },
          },
          EmailTags: [{ Name: "orderId", Value: orderId }],
        },
      ],
      texts: [
        {
          PhoneNumber: "+442071234567",
          Message: subject,
          MessageAttributes: {
            "AWS.SNS.SMS.SMSType": { DataType: "String", StringValue: "Transactional" },
            orderId: tag,
          },
        },
      ],
    });
  });

  const silent: Record<string, OrderRequest["customer"]> = {
    "who did not consent": { ...withoutConsent, smsConsent: false },
    "who was not asked": withoutConsent,
    "who consented but gave no number": { name: consenting.name, email: consenting.email, smsConsent: true },
  };
  for (const [who, customer] of Object.entries(silent)) {
    it(`sends no SMS to a customer ${who}`, async () => {
      const { asked, texts } = await notify(ShipmentBooked, booked, customer);
      expect([asked, texts]).to.deep.equal([[LOAD, LEDGER, MAIL, LEDGER], []]);
    });
  }

  const others: [EventType, unknown][] = [
    [OrderPlaced, placedData],
    [OrderRejected, { customerId: "c-1815", shortages: [{ sku: "MUG-001", requested: 2 }] }],
    [OrderCancelled, { customerId: "c-1815" }],
  ];
  for (const [type, data] of others) {
    it(`sends an e-mail alone on ${type.type}`, async () => {
      const { asked, texts } = await notify(type, data, consenting);
      expect([asked, texts]).to.deep.equal([[LOAD, LEDGER, MAIL, LEDGER], []]);
    });
  }
});
