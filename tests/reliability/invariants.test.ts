import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkHistory } from "../support/history.ts";
import { seeded, type Random } from "../support/random.ts";
import { leaseSeconds } from "../../components/handler-function.ts";
import { useDatabase, World } from "../support/world.ts";

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
  const told = world.mails.map(({ orderId, subject }) => {
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
    pending: [...world.deadLetters].flatMap(([consumer, letters]) => letters.map(({ id }) => ({ consumer, id }))),
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
    const copies = queue.flatMap((message) => {
      const times = random() < 0.2 ? 1 + Math.floor(random() * 5) : 0;
      return Array.from({ length: times }, () => ({ ...message, id: randomUUID() }));
    });
    queue.push(...copies);
    queue.sort(() => random() - 0.5);
  }
}

describe("the order's promises", () => {
  useDatabase();
  before(() => console.log(`      SEED=${seed}`));

  it("every accepted order is processed by every consumer that listens (I1)", async function () {
    this.timeout(60_000);
    const world = new World();
    const sku = await sold(world);
    const orderIds = await placeMany(world, sku, 100);
    await world.settle();

    expect(await verdict(world, orderIds)).to.deep.equal(clean);
    expect(await world.onHand(sku)).to.equal(900);
    expect(await world.points(`c-${sku}`)).to.equal(100);
  });

  it("each effect happens once, with a fifth of the deliveries repeated and all shuffled (I2)", async function () {
    this.timeout(60_000);
    const random = seeded(seed);
    const world = new World({ leaseSeconds: 10 });
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
    const world = new World();
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
    expect(world.queues.get("inventory")).to.deep.equal([]);
    expect(await world.onHand(sku)).to.equal(998);
  });

  it("an event that SNS does not take stays in the outbox, and those beside it do not (I4)", async () => {
    const world = new World();
    const sku = await sold(world);
    world.snsIsDown = true;
    const orderIds = await placeMany(world, sku, 5);
    world.snsIsDown = false;
    let calls = 0;
    world.around = async (_handler, { operation }, perform) => {
      if (operation === "PublishBatch" && ++calls > 1) throw new Error("SNS is down again");
      const answer = await perform();
      if (operation !== "PublishBatch") return answer;
      world.queues.get("inventory")?.pop();
      return {
        output: { Successful: [0, 1, 2, 3].map((Id) => ({ Id: String(Id) })), Failed: [{ Id: "4" }] },
        response: {},
      };
    };
    await world.relay();
    world.around = (_handler, _call, perform) => perform();
    const left = await world.marks();
    await world.settle();

    expect(left).to.equal(1);
    expect(await verdict(world, orderIds)).to.deep.equal(clean);
  });

  for (const [message, outcome] of [
    ["Address blocked by the suppression list", { M: { outcome: { S: "refused" }, reason: { S: "MessageRejected" } } }],
    ["Email address is not verified. The following identities failed the check", undefined],
  ] as const) {
    it(`an e-mail that SES rejects ${outcome ? "for good is an outcome" : "until we mend our identity waits"}`, async () => {
      const world = new World({ maxReceiveCount: 3 });
      const sku = await sold(world);
      world.around = async (_handler, { service }, perform) => {
        if (service === "ses") throw Object.assign(new Error(message), { name: "MessageRejected", $fault: "client" });
        return perform();
      };
      const [orderId = ""] = await placeMany(world, sku, 1);
      await world.settle();
      const effect = await world.effect(`${orderId}/order.placed`, "notifications#email");

      expect(effect?.["outcome"]).to.deep.equal(outcome);
      expect(world.deadLetters.get("notifications")?.length).to.equal(outcome ? 0 : 2);
    });
  }

  it("an event that cannot be published keeps its mark, however long SNS is down, and its age is told (I6)", async () => {
    const world = new World();
    const sku = await sold(world);
    world.snsIsDown = true;
    const [orderId = ""] = await placeMany(world, sku, 1);
    for (let minute = 0; minute < 30; minute++) await world.relay();
    const marks = await world.marks();
    const ages = world.logs.flatMap((line) => /"OldestUnpublishedSeconds":([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
    world.snsIsDown = false;
    await world.settle();

    expect(marks).to.equal(1);
    expect(ages.length).to.equal(30);
    expect(ages).to.deep.equal(ages.toSorted((a, b) => a - b));
    expect(ages.at(-1)).to.be.greaterThan(0);
    expect(await world.status(orderId)).to.equal("shipping");
  });

  it("an outbox that cannot be read has no age: missing data is the alarm (I6)", async () => {
    const world = new World();
    world.around = async (_handler, { operation }, perform) => {
      if (operation === "Query") throw new Error("the index cannot be read");
      return perform();
    };
    await world.relay();

    expect(world.logs.filter((line) => line.includes("OldestUnpublishedSeconds"))).to.deep.equal([]);
    expect(world.logs.filter((line) => line.includes("a call of the relay failed")).length).to.equal(4);
  });

  it("throttling and conflicts are no verdicts: 30% of the calls and 10% of the transactions (I10)", async function () {
    this.timeout(60_000);
    const random = seeded(seed + 1);
    // Who is throttled so often needs more tries than a queue's five: this is about verdicts, not about patience.
    const world = new World({ maxReceiveCount: 100 });
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
    const world = new World({ maxReceiveCount: 5 });
    const sku = await sold(world);
    const orderIds = await placeMany(world, sku, 20);
    const poison = world.queues.get("shipment");
    const inventory = world.queues.get("inventory") ?? [];
    inventory.splice(3, 0, { id: "poison", body: '{"specversion":"1.0","type":', correlationId: "", receives: 0 });
    await world.settle();
    const [letter] = world.deadLetters.get("inventory") ?? [];

    expect(poison).to.deep.equal([]);
    expect([letter?.id, letter?.receives]).to.deep.equal(["poison", 5]);
    expect(await verdict(world, orderIds)).to.deep.equal({ ...clean, pending: ["inventory poison"] });

    // Redriven once it can be read: an SQS message has a new id then, and counts its receives anew.
    const [late = ""] = await placeMany(world, sku, 1);
    const readable = inventory.splice(0).at(-1);
    world.deadLetters.set("inventory", []);
    inventory.push({ id: randomUUID(), body: readable?.body ?? "", correlationId: "", receives: 0 });
    await world.settle();
    expect(await verdict(world, [...orderIds, late])).to.deep.equal(clean);
  });

  it("a zombie is fenced: who wakes up after its lease changes nothing (I13)", async () => {
    const world = new World();
    const sku = await sold(world);
    const [orderId = ""] = await placeMany(world, sku, 1);
    const queue = world.queues.get("notifications") ?? [];
    const [message] = queue;
    if (message) queue.push({ ...message, id: randomUUID() });
    const asleep = Promise.withResolvers<void>();
    let first = true;
    world.around = async (_handler, { service }, perform) => {
      if (service !== "ses" || !first) return perform();
      first = false;
      await asleep.promise;
      throw Object.assign(new Error("A wakes up, and is refused"), { $fault: "client" });
    };
    const a = world.deliver("notifications", 1);
    await sleep(3 * world.leaseSeconds * 1_000);
    await world.deliver("notifications", 1);
    const byB = await world.effect(`${orderId}/order.placed`, "notifications#email");
    asleep.resolve();
    await a;

    expect(byB?.["outcome"]).to.deep.equal({ M: { outcome: { S: "sent" } } });
    expect(await world.effect(`${orderId}/order.placed`, "notifications#email")).to.deep.equal(byB);
    await world.settle();
    expect(world.mails.filter(({ subject }) => subject.startsWith("We have received")).length).to.equal(1);
  });

  it("a carrier's lost reply is no second shipment: the retry carries the same key (I14)", async () => {
    const world = new World();
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

  it("clocks may be wrong by a minute, in functions side by side (I15)", async function () {
    this.timeout(60_000);
    const random = seeded(seed + 2);
    const world = new World({ leaseSeconds: leaseSeconds(30) });
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
    const world = new World({ leaseSeconds: leaseSeconds(30) });
    const sku = await sold(world);
    await placeMany(world, sku, 1);
    const queue = world.queues.get("notifications") ?? [];
    const [message] = queue;
    if (message) queue.push({ ...message, id: randomUUID() });
    const sending = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    world.around = async (_handler, { service }, perform) => {
      if (service !== "ses") return perform();
      sending.resolve();
      await finish.promise;
      return perform();
    };
    world.skew = () => -60_000;
    const behind = world.deliver("notifications", 1);
    await sending.promise;
    world.skew = () => 60_000;
    const ahead = world.deliver("notifications", 1);
    await Promise.race([ahead, sleep(300)]);
    finish.resolve();
    await Promise.all([behind, ahead]);

    expect(world.mails.length).to.equal(1);
    expect(queue.length).to.equal(1);
  });

  it("the order of arrival does not matter: every permutation of an order's events ends the same (I17)", async function () {
    this.timeout(60_000);
    const ends = new Map<string, string[]>();
    const types = ["order.placed", "order.confirmed", "order.cancelled", "shipment.booked"];
    for (const cancelled of [false, true]) {
      for (const order of permutations(types)) {
        const world = new World();
        const sku = await sold(world);
        const [orderId = ""] = await placeMany(world, sku, 1);
        if (cancelled) await world.cancel(orderId);
        await world.settleInOrder(order);
        const live = [...world.shipments.values()].filter((shipment) => !shipment.cancelled).length;
        const end = [
          `status ${String(await world.status(orderId))}`,
          `on hand ${await world.onHand(sku)}`,
          `shipments ${live}`,
          `told ${world.mails
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

  it("a redrive repeats nothing: every processed message again, with new ids, 15 days later (I18)", async function () {
    this.timeout(60_000);
    const world = new World();
    const sku = await sold(world);
    const processed = world.recordMessages();
    const orderIds = await placeMany(world, sku, 40);
    await world.settle();
    const before = await verdict(world, orderIds);
    world.skew = () => 15 * 24 * 3_600_000;
    for (const { consumer, message } of processed()) {
      world.queues.get(consumer)?.push({ ...message, id: randomUUID(), receives: 0 });
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
