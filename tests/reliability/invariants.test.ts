import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { OUTBOX_SHARDS } from "../../contracts/outbox.ts";
import { checkHistory } from "../support/history.ts";
import { seeded, type Random } from "../../local/shared/random.ts";
import { useWorlds, type World } from "../support/world/world.ts";

const Published = z.object({
  PublishBatchRequestEntries: z.array(z.object({ Id: z.string(), Message: z.string() })),
});
const clean = { lost: [], unexpected: [], duplicated: [], pending: [] };
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** Places orders of one SKU, one piece each, all at once. */
const placeMany = (world: World, sku: string, count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, () => world.accepted({ customerId: `c-${sku}`, items: [{ sku, quantity: 1 }] })),
  );

/** Compares all that a world shows with what `orderIds`, all of them in stock, must come to. */
async function verdict(world: World, orderIds: readonly string[]) {
  const each = (...types: string[]) => new Set(orderIds.flatMap((id) => types.map((type) => `${id}/${type}`)));
  const statuses = await Promise.all(
    orderIds.map(async (id) => ({ consumer: "inventory", id, status: await world.status(id) })),
  );
  const subjects = { "We have received": "order.placed", "Your order": "shipment.booked" };
  const told = world.providers.mails.map(({ orderId, subject }) => {
    const [, type] = Object.entries(subjects).find(([start]) => subject.startsWith(start)) ?? [];
    return { consumer: "notifications", id: `${orderId}/${type}` };
  });
  return checkHistory({
    expected: new Map([
      ["inventory", new Set(orderIds)],
      ["shipment", new Set(orderIds)],
      ["notifications", each("order.placed", "shipment.booked")],
      ["analytics", each("order.placed", "order.confirmed", "shipment.booked")],
    ]),
    effects: [
      ...statuses.filter(({ status }) => status === "shipping"),
      ...[...world.shipments.values()].map(({ orderId }) => ({ consumer: "shipment", id: orderId })),
      ...told,
      ...[...world.stored()].map((id) => ({ consumer: "analytics", id })),
    ],
    pending: [...world.queues].flatMap(([consumer, { deadLetters }]) =>
      deadLetters.map(({ body }) => ({ consumer, id: body })),
    ),
  });
}

async function sold(world: World): Promise<string> {
  const sku = `SKU-${randomUUID()}`;
  await world.sells(sku, 1_000);
  return sku;
}

/** Delivers some of the messages again, one to five times, shuffled: what SQS may do to a standard queue. */
function repeatDeliveries(world: World, random: Random): void {
  for (const queue of world.queues.values()) {
    for (const message of [...queue.messages]) {
      const times = random() < 0.2 ? 1 + Math.floor(random() * 5) : 0;
      for (let time = 0; time < times; time++) queue.send(message);
    }
    queue.messages.sort(() => random() - 0.5);
  }
}

describe("the order's promises", () => {
  const worlds = useWorlds();
  // A queue's five receives are too few where every third call is throttled.
  const persistent = useWorlds({
    consumers: Object.fromEntries(
      ["inventory", "notifications", "shipment", "analytics", "loyalty"].map((name) => [
        name,
        { survivesOutageMinutes: 2_880 },
      ]),
    ),
  });
  before(() => console.log(`      SEED=${seed}`));

  it("every accepted order is processed by every consumer that listens (I1)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const orderIds = await placeMany(world, sku, 100);
    await world.settle();

    expect(await verdict(world, orderIds)).to.deep.equal(clean);
    expect(await world.onHand(sku)).to.equal(900);
    expect(await world.points(`c-${sku}`)).to.equal(100);
  });

  it("each effect happens once, with a fifth of the deliveries repeated and all shuffled (I2)", async () => {
    const random = seeded(seed);
    const world = worlds.create();
    const sku = await sold(world);
    const orderIds = await placeMany(world, sku, 60);
    for (let round = 0; round < 4; round++) {
      repeatDeliveries(world, random);
      for (const consumer of world.queues.keys()) {
        // Side by side, so that two copies of one event meet in two functions at once.
        await Promise.all([1, 2, 3, 4].map(() => world.deliver(consumer, 12)));
      }
    }
    await world.settle();

    expect(await verdict(world, orderIds)).to.deep.equal(clean);
    expect(await world.onHand(sku)).to.equal(940);
    expect(await world.points(`c-${sku}`)).to.equal(60);
  });

  it("one key, one order: 50 requests at once, one answer, whatever the catalogue says later (I16)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const key = { "idempotency-key": randomUUID() };
    const order = { items: [{ sku, quantity: 1 }], expectedTotal: { amount: 100, currency: "EUR" } };
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.place(order, key)));
    await world.sells(sku, 999, 555);
    answers.push(await world.place(order, key));
    const other = await world.place({ items: [{ sku, quantity: 2 }] }, key);
    const [{ body } = { body: { orderId: "" } }] = answers;

    expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal(Array.from({ length: 51 }, () => 201));
    expect(new Set(answers.map((answer) => answer.text)).size).to.equal(1);
    expect(other.statusCode).to.equal(422);
    await world.settle();
    expect(await world.events(body.orderId ?? "")).to.deep.equal([
      "order.confirmed",
      "order.placed",
      "shipment.booked",
    ]);
    // Each event has left once: no request has written over another's order.
    expect(
      world
        .queue("analytics")
        .sent.map(({ attributes }) => attributes["type"])
        .sort(),
    ).to.deep.equal(["order.confirmed", "order.placed", "shipment.booked"]);
    expect(world.queue("inventory").messages).to.deep.equal([]);
    expect(await world.onHand(sku)).to.equal(998);
  });

  it("an event that SNS does not take stays in the outbox, and those beside it do not (I4)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    world.snsIsDown = true;
    const orderIds = await placeMany(world, sku, 5);
    world.snsIsDown = false;
    const [refused = ""] = orderIds;
    world.around = async (_handler, { operation, input }, perform) => {
      const answer = await perform();
      if (operation !== "PublishBatch") return answer;
      const { messages } = world.queue("inventory");
      const at = messages.findIndex(({ body }) => body.includes(refused));
      if (at >= 0) messages.splice(at, 1);
      const Successful = Published.parse(input).PublishBatchRequestEntries.filter(
        (entry) => !entry.Message.includes(refused),
      );
      return { output: { Successful }, response: {} };
    };
    await world.relay();
    world.around = (_handler, _call, perform) => perform();
    const left = await world.marks();
    await world.settle();

    expect(left).to.equal(1);
    expect(await verdict(world, orderIds)).to.deep.equal(clean);
  });

  for (const [message, outcome] of [
    ["Address blocked by the suppression list", { outcome: "refused", reason: "MessageRejected" }],
    ["Email address is not verified. The following identities failed the check", undefined],
  ] as const) {
    it(`an e-mail that SES rejects ${outcome ? "for good is an outcome" : "until we mend our identity waits"}`, async () => {
      const world = worlds.create();
      const sku = await sold(world);
      world.around = async (_handler, { service }, perform) => {
        if (service === "ses") throw Object.assign(new Error(message), { name: "MessageRejected", $fault: "client" });
        return perform();
      };
      const [orderId = ""] = await placeMany(world, sku, 1);
      await world.settle();
      const effect = await world.effect(`${orderId}/order.placed`, "notifications#email");

      expect(effect?.["outcome"]).to.deep.equal(outcome);
      expect(world.queue("notifications").deadLetters.length).to.equal(outcome ? 0 : 2);
    });
  }

  it("an event that cannot be published keeps its mark, however long SNS is down, and its age is told (I6)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    world.snsIsDown = true;
    const [orderId = ""] = await placeMany(world, sku, 1);
    for (let minute = 0; minute < 30; minute++) await world.relay();
    const marks = await world.marks();
    const ages = world.logs.flatMap((line) => /"OldestUnpublishedSeconds":([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
    world.snsIsDown = false;
    await world.settle();

    expect(marks).to.equal(1);
    expect(ages.map(Math.round)).to.deep.equal(Array.from({ length: 30 }, (_, minute) => 60 * (minute + 1)));
    expect(await world.status(orderId)).to.equal("shipping");
  });

  it("an outbox that cannot be read has no age: missing data is the alarm (I6)", async () => {
    const world = worlds.create();
    world.around = async (_handler, { operation }, perform) => {
      if (operation === "Query") throw new Error("the index cannot be read");
      return perform();
    };
    await world.relay();

    expect(world.logs.filter((line) => line.includes("OldestUnpublishedSeconds"))).to.deep.equal([]);
    expect(world.logs.filter((line) => line.includes("a call of the relay failed")).length).to.equal(OUTBOX_SHARDS);
  });

  it("throttling and conflicts are no verdicts: 30% of the calls and 10% of the transactions (I10)", async () => {
    const random = seeded(seed + 1);
    const world = persistent.create();
    const sku = await sold(world);
    world.around = async (_handler, { service, operation }, perform) => {
      if (operation === "TransactWriteItems" && random() < 0.1) {
        throw new TransactionCanceledException({
          $metadata: {},
          message: "Transaction cancelled",
          CancellationReasons: [{ Code: "None" }, { Code: "TransactionConflict" }],
        });
      }
      if (service !== "https" && random() < 0.3)
        throw Object.assign(new Error("slow down"), { name: "ThrottlingException" });
      return perform();
    };
    const orderIds = await placeMany(world, sku, 20);
    await world.settle();
    const rejected = (await Promise.all(orderIds.map((id) => world.events(id))))
      .flat()
      .filter((type) => type === "order.rejected");

    // A ledger that is throttled between an e-mail and its completion sends once more: the one repetition there is.
    const { duplicated, ...rest } = await verdict(world, orderIds);
    expect(rest).to.deep.equal({ lost: [], unexpected: [], pending: [] });
    expect(duplicated.filter((effect) => !effect.startsWith("notifications"))).to.deep.equal([]);
    expect(rejected).to.deep.equal([]);
    expect(await world.onHand(sku)).to.equal(980);
  });

  it("poison is set aside after exactly maxReceiveCount, costs no other record, and a redrive finishes it (I12)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const inventory = world.queue("inventory");
    const orderIds = await placeMany(world, sku, 20);
    inventory.send({ body: '{"specversion":"1.0","type":', attributes: {} });
    inventory.messages.splice(3, 0, ...inventory.messages.splice(-1));
    await world.settle();

    const most = world.stack.consumers.get("inventory")?.limits.maxReceiveCount;
    expect(inventory.deadLetters.map(({ body, receives }) => [body, receives])).to.deep.equal([
      ['{"specversion":"1.0","type":', most],
    ]);
    const pending = ['inventory {"specversion":"1.0","type":'];
    expect(await verdict(world, orderIds)).to.deep.equal({ ...clean, pending });

    // Redriven once it can be read: an SQS message has a new id then, and counts its receives anew.
    const [late = ""] = await placeMany(world, sku, 1);
    const [readable] = inventory.messages.splice(0);
    inventory.deadLetters.splice(0);
    if (readable) inventory.send(readable);
    await world.settle();
    expect(await verdict(world, [...orderIds, late])).to.deep.equal(clean);
  });

  it("a zombie is fenced: a function that goes on after its lease changes nothing (I13)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const [orderId = ""] = await placeMany(world, sku, 1);
    const queue = world.queue("notifications");
    const [fallen, asleep] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let first = true;
    world.around = async (_handler, { service }, perform) => {
      if (service !== "ses" || !first) return perform();
      first = false;
      fallen.resolve();
      await asleep.promise;
      throw Object.assign(new Error("A goes on, and is refused"), { $fault: "client" });
    };
    const a = world.deliver("notifications");
    await fallen.promise;
    world.clock.advanceTo(queue.nextVisibleAt() ?? 0);
    await world.deliver("notifications");
    const byB = await world.effect(`${orderId}/order.placed`, "notifications#email");
    asleep.resolve();
    await a;

    expect(byB?.["outcome"]).to.deep.equal({ outcome: "sent" });
    expect(await world.effect(`${orderId}/order.placed`, "notifications#email")).to.deep.equal(byB);
    await world.settle();
    expect(world.providers.mails.filter(({ subject }) => subject.startsWith("We have received")).length).to.equal(1);
  });

  it("a carrier that is down for an hour loses nothing, where the stack's config asks for that (I19)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const back = world.clock.now + 60 * 60_000;
    world.around = async (_handler, { service }, perform) =>
      service === "https" && world.clock.now < back ? { status: 503, body: {} } : perform();
    const orderIds = await placeMany(world, sku, 3);
    await world.settle();

    expect(await verdict(world, orderIds)).to.deep.equal(clean);
  });

  it("a carrier's lost reply is no second shipment: the retry carries the same key (I14)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const keys: unknown[] = [];
    world.around = async (_handler, { service, input }, perform) => {
      const answer = await perform();
      if (service !== "https") return answer;
      keys.push(input);
      if (keys.length === 1) throw new Error("the reply was lost");
      return answer;
    };
    const [orderId = ""] = await placeMany(world, sku, 1);
    await world.settle();

    expect(keys.length).to.equal(2);
    expect(keys[1]).to.deep.equal(keys[0]);
    expect([...world.shipments]).to.deep.equal([[orderId, { orderId, cancelled: false }]]);
    expect(await world.status(orderId)).to.equal("shipping");
  });

  it("clocks may be wrong by a minute, in functions side by side (I15)", async () => {
    const random = seeded(seed + 2);
    const world = worlds.create();
    world.skew = () => (random() - 0.5) * 2 * 60_000;
    const sku = await sold(world);
    const orderIds = await placeMany(world, sku, 20);
    for (let round = 0; round < 3; round++) {
      repeatDeliveries(world, random);
      for (const consumer of world.queues.keys()) await Promise.all([1, 2, 3].map(() => world.deliver(consumer)));
    }
    // A minute behind, the relay takes a mark for younger than it is, and leaves it; its next runs do not.
    world.skew = () => 0;
    await world.settle();

    expect(await verdict(world, orderIds)).to.deep.equal(clean);
  });

  it("two functions a minute behind and a minute ahead do not both send (I15)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    await placeMany(world, sku, 1);
    const queue = world.queue("notifications");
    for (const message of [...queue.messages]) queue.send(message);
    const sends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const finish = Promise.withResolvers<void>();
    let sending = 0;
    world.around = async (_handler, { service }, perform) => {
      if (service !== "ses") return perform();
      sends[sending++]?.resolve();
      await finish.promise;
      return perform();
    };
    world.skew = () => -60_000;
    const behind = world.deliver("notifications", 1);
    await sends[0]?.promise;
    // The function behind has been at it for nearly all of its 30 s; in the last of them it would be aborted.
    world.clock.advance(29_000);
    world.skew = () => 60_000;
    const ahead = world.deliver("notifications", 1);
    await Promise.race([ahead, sends[1]?.promise]);
    finish.resolve();
    await Promise.all([behind, ahead]);

    expect(world.providers.mails.length).to.equal(1);
    expect(queue.messages.length).to.equal(1);
  });

  it("the order of arrival does not matter: every permutation of an order's events ends the same (I17)", async () => {
    const ends = new Map<string, string[]>();
    const types = ["order.placed", "order.confirmed", "order.cancelled", "shipment.booked"];
    for (const cancelled of [false, true]) {
      for (const order of permutations(types)) {
        const world = worlds.create();
        const sku = await sold(world);
        const [orderId = ""] = await placeMany(world, sku, 1);
        if (cancelled) await world.cancel(orderId);
        await world.settleInOrder(order);
        const live = [...world.shipments.values()].filter((shipment) => !shipment.cancelled).length;
        const end = [
          `status ${String(await world.status(orderId))}`,
          `on hand ${await world.onHand(sku)}`,
          `shipments ${live}`,
          `told ${world.providers.mails
            .map(({ subject }) => subject.replace(/ [0-9A-F]{8}.*/, ""))
            .sort()
            .join("; ")}`,
        ].join(", ");
        ends.set(end, [...(ends.get(end) ?? []), `${cancelled ? "cancelled " : ""}${order.join(" ")}`]);
      }
    }

    expect([...ends.keys()].sort()).to.deep.equal([
      "status cancelled, on hand 1000, shipments 0, told We have received your order; Your order",
      "status shipping, on hand 999, shipments 1, told We have received your order; Your order",
    ]);
    expect([...ends.values()].map(({ length }) => length)).to.deep.equal([24, 24]);
  });

  it("a redrive repeats nothing: every processed message again, with new ids, 15 days later (I18)", async () => {
    const world = worlds.create();
    const sku = await sold(world);
    const orderIds = await placeMany(world, sku, 40);
    await world.settle();
    const before = await verdict(world, orderIds);
    world.clock.advance(15 * 24 * 3_600_000);
    for (const queue of world.queues.values()) {
      for (const message of [...queue.sent]) queue.send(message);
    }
    await world.settle();

    expect(before).to.deep.equal(clean);
    expect(await verdict(world, orderIds)).to.deep.equal(clean);
    expect(await world.onHand(sku)).to.equal(960);
    expect(await world.points(`c-${sku}`)).to.equal(40);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
