import { expect } from "chai";
import type { Collected } from "./collect.ts";
import { judge } from "./judge.ts";

const orderId = "11111111-1111-4111-8111-111111111111";

/** An order that was rejected; each sender of its second e-mail, with what its invocation answered. */
function judged(senders: readonly { requestId: string; answered?: "done" | "undone" }[]) {
  const mail = (subject: string, requestId: string) => ({ channel: "email", subject, text: "", orderId, requestId });
  const answers = senders.flatMap(({ requestId, answered }) =>
    answered ? [[requestId, new Set(answered === "undone" ? [orderId] : ["another"])] as const] : [],
  );
  const collected: Collected = {
    orders: [{ orderId, status: "rejected", customerId: "c-1", items: [] }],
    events: ["placed", "rejected"].map((type) => ({ orderId, type: `order.${type}` })),
    told: [mail("placed", "first"), ...senders.map(({ requestId }) => mail("rejected", requestId))],
    undone: new Map([["first", new Set<string>()], ...answers]),
    shipments: [],
    stored: new Set(["placed", "rejected"].map((type) => `${orderId}/order.${type}`)),
    onHand: new Map(),
    points: new Map(),
    stocked: new Map(),
    messages: [],
  };
  const accepted = [{ orderId, customerId: "c-1", sku: "CHAOS-1", quantity: 1, wantsSms: false }];
  const { repeatedTellings, ...verdict } = judge(collected, accepted);
  return { repeatedTellings, duplicated: verdict.duplicated, others: Object.values(verdict).flat().length };
}

describe("the judge of npm run chaos", () => {
  const twice = `${orderId} email rejected: 2 times done`;

  it("lets an e-mail be told again after each sender that died, or that did not report it as done", () => {
    const died = { requestId: "died" };
    const undone = { requestId: "undone", answered: "undone" } as const;
    const done = { requestId: "done", answered: "done" } as const;

    expect(judged([done])).to.deep.equal({ repeatedTellings: 0, duplicated: [], others: 0 });
    expect(judged([died, undone, died, done])).to.deep.equal({ repeatedTellings: 3, duplicated: [], others: 0 });
    // What the dead sender asked for may be done after the other's.
    expect(judged([done, died])).to.deep.equal({ repeatedTellings: 1, duplicated: [], others: 0 });
  });

  it("lets nobody tell again what one has reported as done", () => {
    const one = { requestId: "one", answered: "done" } as const;
    const other = { requestId: "other", answered: "done" } as const;

    expect(judged([one, other])).to.deep.equal({ repeatedTellings: 1, duplicated: [twice], others: 1 });
    expect(judged([one, { requestId: "died" }, other]).duplicated).to.deep.equal([twice]);
  });

  it("lets no sender tell twice in one delivery", () => {
    const one = { requestId: "one", answered: "done" } as const;

    expect(judged([one, one]).duplicated).to.deep.equal([twice]);
  });
});
