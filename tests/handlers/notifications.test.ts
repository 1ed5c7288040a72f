import { expect } from "chai";
import { cloudEvent, type EventType } from "../../contracts/cloud-event.ts";
import { OrderCancelled, OrderPlaced, OrderRejected, ShipmentBooked } from "../../contracts/events.ts";
import type { OrderRequest } from "../../contracts/order.ts";
import { contactKey, orderKey, type StoredOrder } from "../../contracts/orders-table.ts";
import notifications from "../../handlers/notifications.ts";
import { consume } from "../../runtime/lambda/consume.ts";
import { conditionFailed, scripted } from "../support/calls.ts";
import { quietly } from "../support/captured.ts";
import { clock, failures, placedData, record, variables } from "../support/lambda.ts";
import { orderRequest, storedOrder } from "../support/orders.ts";

const { orderId } = storedOrder;
const env = variables({
  NAME: "notifications",
  RESOURCES: '{"orders":"orders","effects":"effects"}',
  SETTINGS: '{"from":"shop@example.com","sms":true,"smsCountries":["GB"]}',
  LEASE_SECONDS: "90",
});
const [LOAD, LEDGER, MAIL, TEXT] = [
  "dynamodb.BatchGetItem",
  "dynamodb.UpdateItem",
  "ses.SendEmail",
  "sns.Publish",
] as const;
const booked = { customerId: "c-1815", carrier: "Forged Express", trackingNumber: "FX-1" };
const consenting: OrderRequest["customer"] = orderRequest.customer;
const withoutConsent = { name: consenting.name, email: consenting.email, phone: "+442071234567" };

const shipment = { carrier: "World Express", trackingNumber: "WX-1" };
/** What an order has come to when each event is told of. */
const come: Readonly<Record<string, Partial<StoredOrder>>> = {
  "order.placed": { status: "placed" },
  "order.rejected": { status: "rejected" },
  "order.cancelled": { status: "cancelled" },
  "shipment.booked": { status: "shipping", shipment },
};

/** Delivers an event about the order of a customer: what was called, and with what. */
async function notify(
  type: EventType,
  data: unknown,
  customer: OrderRequest["customer"],
  {
    stored = come[type.type],
    id,
    admitted = true,
  }: { stored?: Partial<StoredOrder>; id?: string; admitted?: boolean } = {},
) {
  const order = { ...storedOrder, ...orderKey(orderId), ...stored };
  const contact = { ...contactKey(orderId), customer, shippingAddress: orderRequest.shippingAddress };
  const { calls, asked, inputs } = scripted({
    [LOAD]: [{ Responses: { orders: [contact, order] } }],
    [LEDGER]: admitted ? [{}, {}, {}, {}, {}] : [{}, conditionFailed(), {}, conditionFailed(), {}],
    [MAIL]: [{ MessageId: "1" }],
    [TEXT]: [{ MessageId: "2" }],
  });
  const event = cloudEvent(type, orderId, "/order-fanout/test", "2026-11-01T12:00:00.000Z", data);
  const body = JSON.stringify({ ...event, id: id ?? event.id });
  const answer = await quietly(() => consume(notifications, env, calls)({ Records: [record("m-1", body)] }, clock()));
  expect(answer).to.deep.equal(failures());
  return { asked, mails: inputs(MAIL), texts: inputs(TEXT), recorded: inputs(LEDGER) };
}

describe("notifications", () => {
  it("sends an e-mail and an SMS when the shipment is booked, each claimed before and recorded after, the SMS claimed by the e-mail's record", async () => {
    const subject = "Your order 0B5E0F0C is on its way: WX-1";
    const tag = { DataType: "String", StringValue: orderId };
    const { asked, mails, texts } = await notify(ShipmentBooked, booked, consenting);
    expect({ asked, mails, texts }).to.deep.equal({
      asked: [LOAD, LEDGER, LEDGER, MAIL, LEDGER, LEDGER, TEXT, LEDGER],
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
      expect([asked, texts]).to.deep.equal([[LOAD, LEDGER, LEDGER, MAIL, LEDGER], []]);
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
      expect([asked, texts]).to.deep.equal([[LOAD, LEDGER, LEDGER, MAIL, LEDGER], []]);
    });
  }

  it("says whether the customer asked for a cancelling, or the order was on hold for too long", async () => {
    const text = async (cancelledBecause?: "on-hold") => {
      const stored = { status: "cancelled" as const, ...(cancelledBecause && { cancelledBecause }) };
      const { mails } = await notify(OrderCancelled, { customerId: "c-1815" }, consenting, { stored });
      return JSON.stringify(mails);
    };
    expect(await text()).to.include("as you asked, we have cancelled");
    expect(await text("on-hold")).to.include("our carrier cannot deliver to the address that we have");
  });

  it("sends nothing more to a recipient who got too many today, and records it", async () => {
    const { asked, recorded } = await notify(ShipmentBooked, booked, consenting, { admitted: false });
    expect(asked).to.deep.equal([LOAD, LEDGER, LEDGER, LEDGER, LEDGER, LEDGER]);
    for (const written of [recorded[2], recorded[4]]) {
      expect(written).to.have.deep.nested.property("ExpressionAttributeValues.:outcome", {
        outcome: "not-sent",
        reason: "limit: the recipient got too many today",
      });
    }
  });

  it("counts an address without what its owner may vary", async () => {
    const addresses = ["ada@example.com", "Ada+Spam1@Example.com", "ADA+x+y@example.com"];
    const keys: unknown[] = [];
    for (const email of addresses) {
      const { recorded } = await notify(OrderPlaced, placedData, { ...consenting, email });
      keys.push(Reflect.get(Object(recorded[1]), "Key"));
    }
    expect(keys[0]).to.have.property("effect", "notifications#limit");
    expect([keys[1], keys[2]]).to.deep.equal([keys[0], keys[0]]);
  });

  const forged: [what: string, EventType, unknown, NonNullable<Parameters<typeof notify>[3]>][] = [
    ["order.rejected of an order that is confirmed", OrderRejected, { customerId: "c", shortages: [] }, { stored: {} }],
    ["order.cancelled of an order that is confirmed", OrderCancelled, { customerId: "c" }, { stored: {} }],
    ["shipment.booked of an order without a shipment", ShipmentBooked, booked, { stored: {} }],
    ["order.placed for the second time", OrderPlaced, placedData, { id: `${orderId}/order.placed/2` }],
    ["shipment.booked for the third time", ShipmentBooked, booked, { id: `${orderId}/shipment.booked/3` }],
  ];
  for (const [what, type, data, more] of forged) {
    it(`sends nothing on ${what}: the order has not come to it`, async () => {
      expect((await notify(type, data, consenting, more)).asked).to.deep.equal([LOAD]);
    });
  }
});
