import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { cancelOrder, getOrder, placeOrder } from "../../handlers/index.ts";
import type { Servable } from "../../runtime/lambda/serve.ts";
import { orderOf } from "../support/orders.ts";
import { useWorlds, type World } from "../support/world/world.ts";

const Body = z.looseObject({ orderId: z.string().default(""), customerId: z.string().optional() });

/** A token's claims, as API Gateway has checked them. */
const claims = (sub: string, scope = "orders:read orders:write", iss = "https://login.test/") => ({ iss, sub, scope });
type Claims = ReturnType<typeof claims>;
const ada = claims("auth0|ada");
const grace = claims("https://login.test/users/grace");
const service = claims("back-office", "orders:service");

describe("a caller with a token", () => {
  const worlds = useWorlds();
  let world: World;
  let sku: string;
  beforeEach(async () => {
    world = worlds.create();
    sku = `CALLER-${randomUUID()}`;
    await world.sells(sku, 1_000);
  });

  async function ask(key: string, route: Servable, request: Parameters<World["request"]>[2]) {
    const answer = await world.request(key, route, request);
    const headers = { ...answer?.headers };
    delete headers["x-correlation-id"];
    return {
      status: answer?.statusCode,
      headers,
      text: answer?.body ?? "",
      body: Body.parse(JSON.parse(answer?.body ?? "{}")),
    };
  }
  const place = (caller: Claims | undefined, customerId: string | undefined, key?: string) =>
    ask("POST /orders", placeOrder, {
      claims: caller,
      headers: { ...(key !== undefined && { "idempotency-key": key }) },
      body: JSON.stringify({ ...orderOf({ items: [{ sku, quantity: 1 }] }), customerId }),
    });
  const read = (caller: Claims | undefined, orderId: string) =>
    ask("GET /orders/{orderId}", getOrder, { claims: caller, pathParameters: { orderId } });
  const cancel = (caller: Claims | undefined, orderId: string) =>
    ask("POST /orders/{orderId}/cancel", cancelOrder, { claims: caller, pathParameters: { orderId } });

  it("owns the order that they place, whether the body names them or nobody", async () => {
    for (const named of [undefined, ada.sub]) {
      const { status, body } = await place(ada, named);
      expect([status, body.customerId]).to.deep.equal([201, ada.sub]);
      await world.settle();
      expect((await read(ada, body.orderId)).body).to.include({ status: "shipping", customerId: ada.sub });
    }
  });

  it("places no order for another customer: 403, and nothing is written", async () => {
    const { status, headers, body } = await place(ada, grace.sub);
    expect([status, headers, body]).to.deep.equal([
      403,
      { "content-type": "application/problem+json" },
      {
        type: "urn:order-fanout:problem:forbidden",
        title: "The caller may not do this",
        status: 403,
        detail: "An order for another customer needs a token with the scope orders:service.",
        instance: "/orders",
        orderId: "",
      },
    ]);
    expect(await world.marks()).to.equal(0);
  });

  it("cannot tell another's order from one that is not there, and cannot cancel it", async () => {
    const { orderId } = (await place(ada, undefined)).body;
    for (const attempt of [read, cancel]) {
      const [others, unknown] = [await attempt(grace, orderId), await attempt(grace, randomUUID())];
      expect(others).to.deep.equal(unknown);
      expect(others.status).to.equal(404);
    }
    expect((await read(ada, orderId)).body).to.include({ status: "placed" });
    expect((await cancel(ada, orderId)).body).to.include({ status: "cancelled" });
  });

  it("with orders:service places, reads and cancels for every customer", async () => {
    const { status, body } = await place(service, grace.sub);
    expect([status, body.customerId]).to.deep.equal([201, grace.sub]);
    expect((await read(grace, body.orderId)).status).to.equal(200);
    expect((await read(service, body.orderId)).status).to.equal(200);
    expect((await cancel(service, body.orderId)).body).to.include({ status: "cancelled", customerId: grace.sub });
    expect((await place(service, undefined)).body.customerId).to.equal(service.sub);
  });

  it("has Idempotency-Keys of their own, by issuer and subject", async () => {
    const key = "order-1";
    const callers = [ada, grace, service, claims(ada.sub, ada.scope, "https://other.test/"), undefined];
    const first = [];
    for (const caller of callers) first.push(await place(caller, caller ? undefined : ada.sub, key));
    expect(first.map(({ status, headers }) => [status, "idempotency-replayed" in headers])).to.deep.equal(
      callers.map(() => [201, false]),
    );
    expect(new Set(first.map(({ body }) => body.orderId)).size).to.equal(callers.length);

    const again = await place(ada, undefined, key);
    expect([again.status, again.text, again.headers["idempotency-replayed"]]).to.deep.equal([
      201,
      first[0]?.text,
      "true",
    ]);
  });

  it("is believed by the body alone where the stack has no `auth`", async () => {
    const { body } = await place(undefined, "c-1");
    expect(body.customerId).to.equal("c-1");
    expect((await read(undefined, body.orderId)).status).to.equal(200);
    expect((await place(undefined, undefined)).body.customerId).to.match(/^c-[0-9a-f-]{36}$/);
  });
});
