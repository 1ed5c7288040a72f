import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { contactKey } from "../../contracts/orders-table.ts";
import { defineHost } from "../../local/outside/define-host.ts";
import { useWorlds, type World } from "../support/world/world.ts";

/** What the SDK has of an answer. */
const Answered = z.looseObject({ output: z.unknown() });
const Booked = z.object({ address: z.object({ postalCode: z.string() }) });
const unknownPlace = { line1: "Straße 1", city: "Berlin", postalCode: "00000", countryCode: "DE" };
const rightPlace = { line1: "Straße 1", city: "Berlin", postalCode: "10115", countryCode: "DE" };
const emails = (world: World, orderId: string) =>
  world.providers.mails.filter((mail) => mail.orderId === orderId).map(({ subject }) => subject.split(" ")[0]);

describe("POST /orders/{orderId}/release", () => {
  const worlds = useWorlds();

  /** An order of 2 of 10 pieces, on hold because its carrier knows no such postal code. */
  async function held(world = worlds.create()) {
    const sku = `HELD-${randomUUID()}`;
    await world.sells(sku, 10);
    const orderId = await world.accepted({ shippingAddress: unknownPlace, items: [{ sku, quantity: 2 }] });
    await world.settle();
    expect(await world.status(orderId)).to.equal("on-hold");
    return { world, orderId, sku };
  }

  /** What is left once all is quiet: status, stock on hand, and the carrier's shipments that stand, by key. */
  async function outcome({ world, orderId, sku }: Awaited<ReturnType<typeof held>>) {
    await world.settle();
    const shipments = [...world.shipments].filter(([, { cancelled }]) => !cancelled).map(([key]) => key);
    return {
      status: await world.status(orderId),
      onHand: await world.onHand(sku),
      shipments: shipments.map((key) => key.replace(orderId, "ID")),
    };
  }

  it("ships an order that was on hold to its corrected address, as a new attempt", async () => {
    const order = await held();
    const { world, orderId } = order;
    const { statusCode, body } = await world.release(orderId, rightPlace);

    expect([statusCode, body["status"], body.orderId]).to.deep.equal([200, "confirmed", orderId]);
    expect(await outcome(order)).to.deep.equal({ status: "shipping", onHand: 8, shipments: ["ID/2"] });
    expect((await world.order(orderId)).timeline.map(({ type }) => type)).to.deep.equal([
      "order.placed",
      "order.confirmed",
      "shipment.refused",
      "order.released",
      "shipment.booked",
    ]);
    expect((await world.contact(orderId))?.["shippingAddress"]).to.deep.equal(rightPlace);
    expect(emails(world, orderId)).to.deep.equal(["We", "Your"]);
  });

  it("tells the carrier the new address", async () => {
    const asked: unknown[] = [];
    const carrier = defineHost({
      host: "carrier.test",
      routes: {
        "POST /v1/shipments": ({ headers, body }) => {
          const { address } = Booked.parse(body);
          asked.push([headers["idempotency-key"], address.postalCode]);
          return address.postalCode === "00000"
            ? { status: 422, body: {} }
            : { status: 201, body: { carrier: "C", trackingNumber: "T" } };
        },
      },
    });
    const { world, orderId } = await held(worlds.create({ hosts: [carrier] }));
    await world.release(orderId, rightPlace);
    await world.settle();
    expect(asked).to.deep.equal([
      [orderId, "00000"],
      [`${orderId}/2`, "10115"],
    ]);
  });

  it("keeps the address where none is given; the carrier may refuse again, and it may be released again", async () => {
    const order = await held();
    const { world, orderId } = order;
    expect((await world.release(orderId)).statusCode).to.equal(200);
    expect(await outcome(order)).to.deep.equal({ status: "on-hold", onHand: 8, shipments: [] });
    expect((await world.release(orderId, rightPlace)).statusCode).to.equal(200);
    expect(await outcome(order)).to.deep.equal({ status: "shipping", onHand: 8, shipments: ["ID/3"] });
    const ids = [...world.stored()].filter((id) => id.startsWith(orderId)).map((id) => id.slice(orderId.length + 1));
    expect(ids.sort()).to.deep.equal([
      "order.confirmed",
      "order.placed",
      "order.released",
      "order.released/2",
      "shipment.booked",
      "shipment.refused",
      "shipment.refused/2",
    ]);
  });

  it("refuses what is not on hold, and changes nothing", async () => {
    const world = worlds.create();
    const sku = `FREE-${randomUUID()}`;
    await world.sells(sku, 10);
    const orderId = await world.accepted({ items: [{ sku, quantity: 1 }] });
    const placed = await world.release(orderId, rightPlace);
    await world.settle();
    const shipping = await world.release(orderId);

    expect([placed.statusCode, shipping.statusCode]).to.deep.equal([409, 409]);
    expect(placed.text).to.include("The order is placed: only one that is on hold can be released.");
    expect((await world.contact(orderId))?.["shippingAddress"]).to.not.deep.equal(rightPlace);
    expect(await world.events(orderId)).to.not.include("order.released");
    for (const id of ["1", randomUUID()]) expect((await world.release(id)).statusCode).to.equal(404);
  });

  it("refuses an address that cannot be one, field by field, and one for a contact that is erased", async () => {
    const order = await held();
    const { world, orderId } = order;
    const wrong = await world.release(orderId, { ...rightPlace, postalCode: "2202", line1: "" });
    expect([wrong.statusCode, wrong.text?.match(/#[\w/]+/g)]).to.deep.equal([422, ["#/shippingAddress/line1"]]);
    await world.database.remove(world.stack.names.orders, contactKey(orderId));
    const erased = await world.release(orderId, rightPlace);
    expect([erased.statusCode, erased.text?.includes("has been erased")]).to.deep.equal([409, true]);
    expect(await outcome(order)).to.deep.equal({ status: "on-hold", onHand: 8, shipments: [] });
  });

  it("is done once by two at the same time", async () => {
    const order = await held();
    const { world, orderId } = order;
    const both = await Promise.all([world.release(orderId, rightPlace), world.release(orderId, rightPlace)]);
    expect(both.map(({ statusCode }) => statusCode).sort()).to.deep.equal([200, 409]);
    expect(await outcome(order)).to.deep.equal({ status: "shipping", onHand: 8, shipments: ["ID/2"] });
  });

  it("and a cancelling at the same time: one of them wins, and all follows it", async () => {
    const ends = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const order = await held();
      const { world, orderId } = order;
      const requests = [() => world.release(orderId, rightPlace), () => world.cancel(orderId)];
      const answers = await Promise.all((round % 2 === 0 ? requests : requests.reverse()).map((send) => send()));
      const end = await outcome(order);
      expect(answers.some(({ statusCode }) => statusCode === 200)).to.equal(true);
      ends.add(JSON.stringify(end));
    }
    const allowed = [
      { status: "cancelled", onHand: 10, shipments: [] },
      { status: "shipping", onHand: 8, shipments: ["ID/2"] },
    ].map((end) => JSON.stringify(end));
    expect([...ends].filter((end) => !allowed.includes(end))).to.deep.equal([]);
  });

  it("is right in whatever order its events come, repeated ones too (I17)", async () => {
    const types = ["order.placed", "order.confirmed", "shipment.refused", "order.released"];
    const ends = new Set<string>();
    for (const first of types) {
      for (const cancelled of [false, true]) {
        const order = await held();
        const { world, orderId } = order;
        await world.release(orderId, rightPlace);
        if (cancelled) await world.cancel(orderId);
        // Every message of the order once more, with the old ones before or after the new.
        for (const queue of world.queues.values()) for (const message of [...queue.sent]) queue.send(message);
        await world.settleInOrder([first, ...types.filter((type) => type !== first)]);
        ends.add(JSON.stringify([cancelled, await outcome(order), emails(world, orderId)]));
      }
    }
    expect([...ends].sort()).to.deep.equal(
      [
        [false, { status: "shipping", onHand: 8, shipments: ["ID/2"] }, ["We", "Your"]],
        [true, { status: "cancelled", onHand: 10, shipments: [] }, ["We", "Your"]],
      ].map((end) => JSON.stringify(end)),
    );
  });

  it("a late refusal of the first attempt does not hold the second", async () => {
    const order = await held();
    const { world, orderId } = order;
    const copies = world.queue("shipment").sent.filter(({ attributes }) => attributes["type"] === "order.confirmed");
    // Its function has read the order as confirmed for the first time, and is at the carrier until after the release.
    const queue = world.queue("shipment");
    for (const copy of copies) queue.send(copy);
    await world.release(orderId, rightPlace);
    let stale = 0;
    world.around = async (handler, { operation }, perform) => {
      const answer = await perform();
      return handler === "shipment" && operation === "BatchGetItem" && stale++ === 0 ? firstAttempt(answer) : answer;
    };
    await world.deliver("shipment", 1);
    const after = await world.status(orderId);

    expect([copies.length, stale, after]).to.deep.equal([1, 1, "confirmed"]);
    expect(await outcome(order)).to.deep.equal({ status: "shipping", onHand: 8, shipments: ["ID/2"] });
  });
});

/** A read of the order and its contact as both were before the release. */
function firstAttempt(answer: unknown): unknown {
  const { output, ...rest } = Answered.parse(answer);
  const text = JSON.stringify(output, (key, value: unknown) => (key === "attempt" ? undefined : value));
  const before: unknown = JSON.parse(text.replace("10115", "00000"));
  return { ...rest, output: before };
}
