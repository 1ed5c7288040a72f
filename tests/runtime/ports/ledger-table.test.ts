import { UpdateCommand, GetCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { effectKey, type Outcome } from "../../../contracts/ledger.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import type { Call, Calls } from "../../../runtime/ports/calls.ts";
import { documentClient } from "../../../runtime/ports/clients.ts";
import { EffectInProgress, open } from "../../../runtime/ports/ledger.ts";
import { onDatabase } from "../../support/calls.ts";
import { captured } from "../../support/captured.ts";
import { useWorlds } from "../../support/world/world.ts";

const { calls } = onDatabase();
const sent: Outcome = { outcome: "sent" };
const failed = (fault: "client" | "server") => Object.assign(new TypeError("no"), { $fault: fault });

/** The e-mail of one event, whose deliveries come as often as a test asks for. */
function deliveries(TableName: string) {
  const eventId = `${randomUUID()}/order.placed`;
  const env = { NAME: "notifications", EVENT_SOURCE: "/order-fanout/test", LEASE_SECONDS: 90 };
  const ledger = open({ resource: TableName, calls, env, settings: {} });
  const Key = effectKey(eventId, "notifications", "email");
  const documents = () => documentClient(calls);
  return {
    /** One delivery: what came of it, how often it acted, and what it logged. */
    async delivery(act: () => Promise<Outcome>) {
      const scope = { id: eventId, correlationId: "c", signal: new AbortController().signal, log: jsonLog({}) };
      let acts = 0;
      const { result, lines } = await captured(() =>
        ledger(scope)
          .once("email", () => {
            acts++;
            return act();
          })
          .then(
            (outcome) => outcome ?? "it had happened",
            (error: unknown) => (error instanceof Error ? error.name : "no Error"),
          ),
      );
      return { result, acts, warnings: lines.map(({ message }) => message) };
    },

    async record() {
      return (await documents().send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
    },

    /** Another delivery has the effect from now on, and has completed it if there is an outcome. */
    async takeOver(outcome?: Outcome) {
      await documents().send(
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression: outcome ? "SET #owner = :other, outcome = :outcome" : "SET #owner = :other",
          ExpressionAttributeNames: { "#owner": "owner" },
          ExpressionAttributeValues: { ":other": "another", ...(outcome && { ":outcome": outcome }) },
        }),
      );
      return this.record();
    },
  };
}

describe("the ledger on a real table", () => {
  const worlds = useWorlds();
  const effectOf = () => deliveries(worlds.create().stack.names.effects);
  const inProgress = { result: EffectInProgress.name, acts: 0, warnings: [] };
  const done = { result: sent, acts: 1, warnings: [] };

  it("lets an effect happen once, and knows what came of it", async () => {
    const effect = effectOf();
    expect(await effect.delivery(async () => sent)).to.deep.equal(done);
    expect(await effect.delivery(async () => sent)).to.deep.equal({ result: "it had happened", acts: 0, warnings: [] });
    expect(await effect.record())
      .to.deep.include({ outcome: sent })
      .and.not.have.property("leaseUntil");
  });

  it("keeps its claim after a 5xx: the provider may have done it", async () => {
    const effect = effectOf();
    const failure = await effect.delivery(() => Promise.reject(failed("server")));
    expect(failure).to.deep.equal({ result: "TypeError", acts: 1, warnings: [] });
    expect(await effect.delivery(async () => sent)).to.deep.equal(inProgress);
  });

  it("ends its claim at once after a 4xx: the next delivery acts without waiting", async () => {
    const effect = effectOf();
    const failure = await effect.delivery(() => Promise.reject(failed("client")));
    expect(failure).to.deep.equal({ result: "TypeError", acts: 1, warnings: [] });
    expect(await effect.delivery(async () => sent)).to.deep.equal(done);
  });

  for (const [what, outcome] of [
    ["claims", undefined],
    ["has completed", sent],
  ] as const) {
    it(`leaves another's record as it is: a late owner that fails after another ${what} the effect`, async () => {
      const effect = effectOf();
      let record: unknown;
      const late = await effect.delivery(async () => {
        record = await effect.takeOver(outcome);
        throw failed("client");
      });
      expect(late).to.deep.equal({
        result: "TypeError",
        acts: 1,
        warnings: ["the effect's lease could not be given back: the next try waits for its end"],
      });
      expect(await effect.record()).to.deep.equal(record);
    });

    it(`leaves another's record as it is: a late owner that succeeds after another ${what} the effect`, async () => {
      const effect = effectOf();
      let record: unknown;
      const late = await effect.delivery(async () => {
        record = await effect.takeOver(outcome);
        return { outcome: "refused" };
      });
      expect(late).to.deep.equal({ result: "ConditionalCheckFailedException", acts: 1, warnings: [] });
      expect(await effect.record()).to.deep.equal(record);
    });
  }

  it("admits so many events a day to a recipient, each once however often it comes", async () => {
    const env = { NAME: "notifications", EVENT_SOURCE: "/order-fanout/test", LEASE_SECONDS: 90 };
    const ledger = open({ resource: worlds.create().stack.names.effects, calls, env, settings: {} });
    const recipient = `${randomUUID()}@example.com`;
    const admitted = (event: number, to = recipient) => {
      const scope = { id: `o-${event}/order.placed`, correlationId: "c", signal: new AbortController().signal };
      return ledger({ ...scope, log: jsonLog({}) }).admits(to, 3);
    };
    const at: boolean[] = [];
    for (const event of [1, 1, 2, 1, 3, 4, 5, 2, 4]) at.push(await admitted(event));
    expect(at).to.deep.equal([true, true, true, true, true, false, false, true, false]);
    expect(await admitted(4, `other-${recipient}`)).to.equal(true);
    // All at once: no more than so many come through.
    const busy = `busy-${recipient}`;
    const all = await Promise.all(Array.from({ length: 20 }, (_, event) => admitted(event, busy)));
    expect(all.filter(Boolean)).to.have.length(3);
  });
});

describe("the ledger's effect that follows another", () => {
  const worlds = useWorlds();
  const LEASE_SECONDS = 90;

  /** The deliveries of one event whose e-mail is followed by an SMS: what each has acted, and how many writes it took. */
  function deliveries() {
    const { names } = worlds.create().stack;
    const eventId = `${randomUUID()}/shipment.booked`;
    let updates = 0;
    const counting: Calls = Object.assign(
      <T>(call: Call, perform: () => Promise<T>) => {
        updates++;
        return calls(call, perform);
      },
      { patience: 1_000 },
    );
    const env = { NAME: "notifications", EVENT_SOURCE: "/order-fanout/test", LEASE_SECONDS };
    const opened = open({ resource: names.effects, calls: counting, env, settings: {} });
    const update = (Key: Record<string, string>, UpdateExpression: string, values: Record<string, unknown>) =>
      documentClient(calls).send(
        new UpdateCommand({ TableName: names.effects, Key, UpdateExpression, ExpressionAttributeValues: values }),
      );
    return {
      async delivery(sms: () => Promise<Outcome> = async () => sent, then: "sms" | "apart" = "sms") {
        const acted: string[] = [];
        const before = updates;
        const scope = { id: eventId, correlationId: "c", signal: new AbortController().signal, log: jsonLog({}) };
        const ledger = opened(scope);
        const act = (name: string, run: () => Promise<Outcome>) => () => {
          acted.push(name);
          return run();
        };
        const { result } = await captured(async () => {
          try {
            await ledger.once(
              "email",
              act("email", async () => sent),
              then === "sms" ? then : undefined,
            );
            await ledger.once("sms", act("sms", sms));
            return "done";
          } catch (error) {
            return error instanceof Error ? error.name : "no Error";
          }
        });
        return { result, acted, updates: updates - before };
      },
      /** The lease runs out. */
      expire: () => update(effectKey(eventId, "notifications", "email"), "SET leaseUntil = :past", { ":past": 1 }),
    };
  }
  const died = () => Promise.reject(new TypeError("no answer"));

  it("happens once, with one write less than two effects apart", async () => {
    const event = deliveries();
    expect(await event.delivery()).to.deep.equal({ result: "done", acted: ["email", "sms"], updates: 3 });
    expect(await event.delivery()).to.deep.equal({ result: "done", acted: [], updates: 2 });
    const apart = await deliveries().delivery(undefined, "apart");
    expect(apart).to.deep.equal({ result: "done", acted: ["email", "sms"], updates: 4 });
  });

  it("is claimed by the first one's completion: another delivery does not act meanwhile", async () => {
    const event = deliveries();
    let meanwhile: unknown;
    const first = await event.delivery(async () => {
      meanwhile = await event.delivery();
      return sent;
    });
    expect(meanwhile).to.deep.equal({ result: EffectInProgress.name, acted: [], updates: 2 });
    expect(first.result).to.equal("done");
  });

  it("happens in the next delivery after its lease where its owner died, and the first does not again", async () => {
    const event = deliveries();
    expect((await event.delivery(died)).acted).to.deep.equal(["email", "sms"]);
    expect(await event.delivery()).to.deep.equal({ result: EffectInProgress.name, acted: [], updates: 2 });
    await event.expire();
    expect((await event.delivery()).acted).to.deep.equal(["sms"]);
    expect((await event.delivery()).acted).to.deep.equal([]);
  });

  it("is given back when the provider refuses it: the next delivery acts without waiting", async () => {
    const event = deliveries();
    expect((await event.delivery(() => Promise.reject(failed("client")))).acted).to.deep.equal(["email", "sms"]);
    expect((await event.delivery()).acted).to.deep.equal(["sms"]);
  });

  it("has not to happen again where an earlier version kept it in an item of its own", async () => {
    const event = deliveries();
    await event.delivery(undefined, "apart");
    expect(await event.delivery()).to.deep.equal({ result: "done", acted: [], updates: 2 });
  });

  it("leaves another's record as it is: a late owner changes nothing", async () => {
    const event = deliveries();
    let other: unknown;
    const late = await event.delivery(async () => {
      await event.expire();
      other = await event.delivery();
      return { outcome: "refused" };
    });
    expect(other).to.deep.equal({ result: "done", acted: ["sms"], updates: 3 });
    expect(late.result).to.equal("ConditionalCheckFailedException");
    expect((await event.delivery()).acted).to.deep.equal([]);
  });
});
