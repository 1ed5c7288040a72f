import { expect } from "chai";
import type { Outcome } from "../../../contracts/ledger.ts";
import { EffectInProgress, open } from "../../../runtime/ports/ledger.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { conditionFailed, scripted, type Answer } from "../../support/calls.ts";
import { captured } from "../../support/captured.ts";

const UPDATE = "dynamodb.UpdateItem";
const sent: Outcome = { outcome: "sent" };

/** One effect of one delivery: the ledger's answers are the claim's, and the completion's or the giving back's. */
async function once(answers: Answer[], act: () => Promise<Outcome> = async () => sent) {
  const { calls, asked } = scripted({ [UPDATE]: answers });
  const env = { NAME: "notifications", EVENT_SOURCE: "/order-fanout/test", LEASE_SECONDS: 90 };
  const ledger = open({ resource: "effects", calls, env, settings: {} });
  const scope = { id: "o-1/order.placed", correlationId: "c", signal: new AbortController().signal, log: jsonLog({}) };
  let acts = 0;
  const { result, lines } = await captured(() =>
    ledger(scope)
      .once("email", () => {
        acts++;
        return act();
      })
      .then(
        (outcome) => ({ outcome }),
        (error: unknown) => ({ thrown: error instanceof Error ? error.name : "not an Error" }),
      ),
  );
  return { ...result, acts, updates: asked.length, warnings: lines.map(({ message }) => message) };
}

describe("the ledger's once()", () => {
  it("claims, acts, completes, and tells what came of it", async () => {
    const expected = { outcome: sent, acts: 1, updates: 2, warnings: [] };
    expect(await once([{}, {}])).to.deep.equal(expected);
  });

  it("completes what was refused for good just the same", async () => {
    const refused: Outcome = { outcome: "refused", reason: "MessageRejected" };
    expect(await once([{}, {}], async () => refused)).to.deep.equal({
      outcome: refused,
      acts: 1,
      updates: 2,
      warnings: [],
    });
  });

  it("does nothing where the effect has already happened", async () => {
    const happened = conditionFailed({ id: "notifications#o-1/order.placed#email", outcome: sent });
    expect(await once([happened])).to.deep.equal({ outcome: undefined, acts: 0, updates: 1, warnings: [] });
  });

  it("throws while another delivery is at it, and does not act", async () => {
    const claimed = conditionFailed({ owner: "another", leaseUntil: Date.now() + 60_000 });
    const expected = { thrown: EffectInProgress.name, acts: 0, updates: 1, warnings: [] };
    expect(await once([claimed])).to.deep.equal(expected);
    expect(await once([conditionFailed()])).to.deep.equal(expected);
  });

  it("throws, and does not act, when it cannot claim", async () => {
    const throttled = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    expect(await once([throttled])).to.deep.equal({
      thrown: "ThrottlingException",
      acts: 0,
      updates: 1,
      warnings: [],
    });
  });

  it("gives its claim back when the provider refuses, and throws what it threw", async () => {
    const failing = () => Promise.reject(Object.assign(new TypeError("no"), { $fault: "client" }));
    expect(await once([{}, {}], failing)).to.deep.equal({ thrown: "TypeError", acts: 1, updates: 2, warnings: [] });
  });

  it("keeps its claim when the provider does not answer: it may have done it", async () => {
    const failing = () => Promise.reject(new TypeError("no"));
    expect(await once([{}], failing)).to.deep.equal({ thrown: "TypeError", acts: 1, updates: 1, warnings: [] });
  });

  it("throws what the effect threw even when its claim cannot be given back", async () => {
    const failing = () => Promise.reject(Object.assign(new TypeError("no"), { $fault: "client" }));
    expect(await once([{}, conditionFailed()], failing)).to.deep.equal({
      thrown: "TypeError",
      acts: 1,
      updates: 2,
      warnings: ["the effect's lease could not be given back: the next try waits for its end"],
    });
  });

  it("throws when another owner has completed meanwhile: a zombie undoes nothing", async () => {
    expect(await once([{}, conditionFailed()])).to.deep.equal({
      thrown: "ConditionalCheckFailedException",
      acts: 1,
      updates: 2,
      warnings: [],
    });
  });
});
