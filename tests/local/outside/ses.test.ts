import { expect } from "chai";
import type { Captured } from "../../../local/outside/mailbox.ts";
import { createSes, type SesSettings } from "../../../local/outside/ses.ts";

const identity = (name: string) => `arn:aws:ses:eu-west-1:000000000000:identity/${name}`;
const set = (name: string) => `arn:aws:ses:eu-west-1:000000000000:configuration-set/${name}`;

/** An SES with these settings, whose time stands still. */
function ses(settings: SesSettings, { speed = 1 } = {}) {
  const captured: Omit<Captured, "at">[] = [];
  const mailbox = {
    list: () => [],
    capture: (message: Omit<Captured, "at">) => void captured.push(message),
    sendSms: () => "",
  };
  let time = 1_793_534_400_000;
  const played = createSes({ mailbox, region: "eu-west-1", speed, now: () => time });
  played.set(settings);
  return {
    captured,
    set: played.set,
    pass: (ms: number) => (time += ms),
    /** "sent", or the error's name and message. */
    send: (over: object = {}, addresses: Addresses = {}) => {
      const { status, errorType, body } = played.sendEmail(JSON.stringify(request(over, addresses)));
      return status === 200 ? "sent" : `${status} ${errorType} ${"message" in body ? String(body.message) : ""}`;
    },
    /** The ARNs of what a role needs to be allowed. */
    needs: (over: object = {}, addresses: Addresses = {}) => played.resourcesOf(request(over, addresses)),
  };
}

interface Addresses {
  readonly to?: string[];
  readonly from?: string;
}

function request(over: object, { to = ["ada@example.com"], from = "orders@mail.shop.test" }: Addresses): object {
  const content = { Data: "Gebühr: 5 €" };
  const Content = { Simple: { Subject: content, Body: { Text: content } } };
  return { FromEmailAddress: from, Destination: { ToAddresses: to }, Content, ...over };
}

const tooFast = "429 TooManyRequestsException Maximum sending rate exceeded.";
const tooMany = "429 TooManyRequestsException Daily message quota exceeded.";

describe("SES on the local cloud", () => {
  it("garbles what is not ASCII where no character set is named", () => {
    const { send, captured } = ses({});
    const named = { Data: "Gebühr: 5 €", Charset: "UTF-8" };
    send();
    send({ Content: { Simple: { Subject: named, Body: { Text: named } } } });
    expect(captured.map(({ subject, text }) => [subject, text])).to.deep.equal([
      ["Geb?hr: 5 ?", "Geb?hr: 5 ?"],
      ["Gebühr: 5 €", "Gebühr: 5 €"],
    ]);
  });

  it("sends no more a second than the rate; --speed shortens the second", () => {
    const slow = ses({ ratePerSecond: 2 });
    const burst = [1, 2, 3].map(() => slow.send());
    slow.pass(999);
    const early = slow.send();
    slow.pass(1);
    expect([...burst, early, slow.send()]).to.deep.equal(["sent", "sent", tooFast, tooFast, "sent"]);

    const fast = ses({ ratePerSecond: 1 }, { speed: 10 });
    const first = fast.send();
    fast.pass(100);
    expect([first, fast.send(), fast.send()]).to.deep.equal(["sent", "sent", tooFast]);
  });

  it("counts recipients against the quota of 24 hours, which --speed shortens and new settings begin anew", () => {
    const { send, pass, set } = ses({ dailyQuota: 3 }, { speed: 24 });
    const day = [send({}, { to: ["a@x.test", "b@x.test"] }), send(), send()];
    pass(3_599_999);
    const before = send();
    pass(1);
    const next = send();
    set({ dailyQuota: 1 });
    expect([...day, before, next, send(), send()]).to.deep.equal([
      "sent",
      "sent",
      tooMany,
      tooMany,
      "sent",
      "sent",
      tooMany,
    ]);
  });

  it("refuses a sender that is not verified, and in the sandbox a recipient", () => {
    const { send } = ses({ sandbox: true, verified: ["shop.test", "ada@example.com"] });
    const unverified = (who: string) =>
      `400 MessageRejected Email address is not verified. The following identities failed the check in region EU-WEST-1: ${who}`;
    expect([
      send(),
      send({}, { from: "orders@other.test" }),
      send({}, { to: ["ada@example.com", "eve@example.com"] }),
    ]).to.deep.equal(["sent", unverified("orders@other.test"), unverified("eve@example.com")]);
  });

  it("needs the verified identity, the address, its domain or one above, and in the sandbox the recipient's", () => {
    const needs = (settings: SesSettings) => ses(settings).needs();
    const mine = "mail.shop.test";
    expect([
      needs({ verified: ["shop.test"] }),
      needs({ verified: ["shop.test", mine] }),
      needs({ sandbox: true, verified: ["shop.test", "example.com"] }),
      needs({}),
    ]).to.deep.equal([
      [identity("shop.test")],
      [identity(mine)],
      [identity("shop.test"), identity("example.com")],
      [identity("orders@mail.shop.test")],
    ]);
  });

  it("needs the configuration set that is named, or else the identity's default", () => {
    const verified = ["shop.test"];
    const { needs } = ses({ verified, configurationSet: "default" });
    const named = { ConfigurationSetName: "named" };
    expect([needs(), needs(named), ses({ verified }).needs(named)]).to.deep.equal(
      ["default", "named", "named"].map((name) => [identity("shop.test"), set(name)]),
    );
  });
});
