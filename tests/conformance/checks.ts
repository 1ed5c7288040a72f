import { expect } from "chai";
import { ProblemBody, problemTypes } from "../../contracts/problems.ts";
import { until } from "../support/until.ts";
import { badInputs } from "./bad-input.ts";
import { Placed, type StackClient } from "./client.ts";
import { deadLetter } from "./dead-letter.ts";
import type { Answer } from "./http.ts";
import { outbox } from "./outbox.ts";

/** One promise of the system, checked from outside. */
export interface Check {
  /** What holds, as a sentence about the stack. */
  readonly name: string;
  /** What it does to a deployed stack beyond rejected orders of products of its own; such a check is asked for. */
  readonly risk?: "ship" | "poison";
  /** Gives a remark where there is one, such as why there was nothing to check. */
  readonly run: (client: StackClient) => Promise<string | undefined>;
}

/** Every check, in the order in which they run. */
export const checks: readonly Check[] = [
  { name: "answers GET /health, and says what a path allows", run: health },
  { name: "refuses bad input and names every bad field", run: badInput },
  { name: "rejects an order for more than is on hand, and tells the customer", run: rejection },
  { name: "answers a repeated Idempotency-Key with the same bytes", run: replay },
  { name: "lets browsers of its origins call it, and no others", run: cors },
  { name: "ships an order for what is in stock", risk: "ship", run: journey },
  { name: "cancels an order that is not shipping, and gives its stock back", risk: "ship", run: cancelling },
  { name: "sets an unreadable message aside, and redrives it", risk: "poison", run: deadLetter },
  { name: "leaves no event unpublished", run: outbox },
];

async function health(client: StackClient): Promise<undefined> {
  const { status, text } = await client.request("GET", "/health");
  const refused = await client.request("DELETE", "/orders/x");

  expect([status, text]).to.deep.equal([204, ""]);
  expect([refused.status, refused.headers.get("allow")]).to.deep.equal([405, "GET"]);
}

async function badInput(client: StackClient): Promise<string> {
  const inputs = badInputs(client, await client.sells(0), await client.sells(0, "GBP"));
  for (const { what, method = "POST", path = "/orders", headers = {}, body, refused } of inputs) {
    const answer = await client.request(method, path, headers, body);
    const [status, type, ...pointers] = refused;
    const problem = problemOf(answer);
    const got = [answer.status, problem.type, ...(problem.errors ?? []).map(({ pointer }) => pointer)];
    expect(got, `${method} ${path} with ${what}`).to.deep.equal([status, urn(type), ...pointers]);
  }
  return `${inputs.length} requests`;
}

const money = (amount: number) => ({ amount, currency: "EUR" });

/** The order as `POST /orders` and the API's other answers show it: never its contact. */
const viewOf = ({ orderId, placedAt }: Pick<Placed, "orderId" | "placedAt">, client: StackClient, sku: string) => ({
  orderId,
  customerId: client.customerId,
  items: [{ sku, name: "Smoke test: not for sale", quantity: 1, unitPrice: money(1_299), lineTotal: money(1_299) }],
  total: money(1_299),
  placedAt,
});

async function rejection(client: StackClient): Promise<undefined> {
  const sku = await client.sells(0);
  const placed = await client.post(client.order(sku));
  const { orderId } = bodyOf(placed);
  const { timeline, ...rest } = await client.reaches(orderId, "rejected");
  await until("the customer is told", () => client.isTold(orderId, timeline));
  const late = await client.request("POST", `/orders/${orderId}/cancel`);

  expect([placed.status, placed.headers.get("location")]).to.deep.equal([201, `/orders/${orderId}`]);
  expect(bodyOf(placed)).to.deep.equal({ ...viewOf(bodyOf(placed), client, sku), status: "placed" });
  expect(rest).to.deep.equal({ ...viewOf(bodyOf(placed), client, sku), status: "rejected" });
  expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.rejected"]);
  expect(await client.onHand(sku)).to.equal(0);
  expect([late.status, problemOf(late).detail]).to.deep.equal([
    409,
    "The order is rejected and can no longer be cancelled.",
  ]);
}

async function replay(client: StackClient): Promise<undefined> {
  const order = client.order(await client.sells(0));
  const key = { "idempotency-key": client.customerId };
  const first = await client.post(order, key);
  const again = await client.post(order, key);
  const other = await client.post({ ...order, paymentReference: "another body" }, key);

  expect([first.status, again.status, other.status]).to.deep.equal([201, 201, 422]);
  expect([again.text, again.headers.get("location")]).to.deep.equal([first.text, first.headers.get("location")]);
  expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).to.deep.equal([null, "true"]);
  expect(problemOf(other)).to.deep.equal({
    type: urn("idempotency-key-reused"),
    title: problemTypes["idempotency-key-reused"].title,
    status: 422,
    detail: "This Idempotency-Key belongs to an order with another body.",
    instance: "/orders",
  });
  // Nothing may come after the clean-up.
  await client.reaches(bodyOf(first).orderId, "rejected");
}

async function cors(client: StackClient): Promise<string | undefined> {
  const [origin] = client.target.outputs.corsOrigins;
  if (origin === undefined) return "the stack has no corsOrigins";
  const preflight = (from: string) =>
    client.request("OPTIONS", "/orders", {
      origin: from,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,idempotency-key",
    });
  const allowed = await preflight(origin);
  const stranger = await preflight("https://stranger.invalid");
  const answer = await client.request("GET", "/health", { origin });
  const named = (headers: Headers, name: string) =>
    (headers.get(`access-control-${name}`) ?? "").toLowerCase().split(/, */);

  expect(allowed.status).to.be.within(200, 299);
  expect(allowed.headers.get("access-control-allow-origin")).to.equal(origin);
  expect(named(allowed.headers, "allow-methods")).to.include("post");
  expect(named(allowed.headers, "allow-headers")).to.include.members(["content-type", "idempotency-key"]);
  expect(stranger.headers.get("access-control-allow-origin")).to.equal(null);
  expect(answer.headers.get("access-control-allow-origin")).to.equal(origin);
  expect(named(answer.headers, "expose-headers")).to.include.members(["location", "idempotency-replayed"]);
  return undefined;
}

async function journey(client: StackClient): Promise<undefined> {
  const sku = await client.sells(2);
  const orderId = await client.place(client.order(sku));
  const { status, timeline, shipment, ...rest } = await client.reaches(orderId, "shipping", "on-hold");

  expect(status, "the carrier refused the shipment").to.equal("shipping");
  expect(rest).to.deep.equal(viewOf(rest, client, sku));
  expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.confirmed", "shipment.booked"]);
  expect(shipment).to.have.all.keys("carrier", "trackingNumber");
  expect(await client.onHand(sku)).to.equal(1);
}

/** A carrier that knows no such postal code puts the order on hold; a sandbox ships it, and then it is too late. */
async function cancelling(client: StackClient): Promise<string> {
  const sku = await client.sells(1);
  const { shippingAddress, ...order } = client.order(sku);
  const orderId = await client.place({
    ...order,
    shippingAddress: { ...shippingAddress, postalCode: "00000", countryCode: "DE" },
  });
  const { status } = await client.reaches(orderId, "on-hold", "shipping");
  const cancelled = await client.request("POST", `/orders/${orderId}/cancel`);
  if (status === "shipping") {
    expect([cancelled.status, problemOf(cancelled).type]).to.deep.equal([409, urn("conflict")]);
    return "it was shipping already";
  }
  const again = await client.request("POST", `/orders/${orderId}/cancel`);
  const { timeline } = await client.view(orderId);
  await until("the stock is given back", async () => (await client.onHand(sku)) === 1);

  expect([cancelled.status, again.status]).to.deep.equal([200, 200]);
  expect(bodyOf(cancelled)).to.deep.equal({ ...viewOf(bodyOf(cancelled), client, sku), status: "cancelled" });
  expect(again.text).to.equal(cancelled.text);
  expect(timeline.at(-1)?.type).to.equal("order.cancelled");
  return "it was on hold";
}

function bodyOf({ status, text }: Answer): Placed {
  if (status >= 300) throw new Error(`the API answered ${status}: ${text}`);
  return Placed.parse(JSON.parse(text));
}

const urn = (type: string): string => `urn:order-fanout:problem:${type}`;

function problemOf({ headers, text }: Answer): ProblemBody {
  expect(headers.get("content-type"), text).to.equal("application/problem+json");
  return ProblemBody.parse(JSON.parse(text));
}
