import { expect } from "chai";
import { open as openEmail } from "../../../runtime/ports/email.ts";
import { open as openLedger } from "../../../runtime/ports/ledger.ts";
import { open as openSms } from "../../../runtime/ports/sms.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { scripted, type Answer } from "../../support/calls.ts";

const [MAIL, TEXT, LEDGER] = ["ses.SendEmail", "sns.Publish", "dynamodb.UpdateItem"] as const;
const refused = (name: string, message: string): Error => Object.assign(new Error(message), { name, $fault: "client" });
const throttled = refused("TooManyRequestsException", "Maximum sending rate exceeded.");
const overQuota = refused("TooManyRequestsException", "Daily message quota exceeded.");

const email = { to: "ada@example.com", subject: "s", text: "5 €", tags: { orderId: "1" } };
const env = { NAME: "notifications", EVENT_SOURCE: "/order-fanout/test", LEASE_SECONDS: 90 };
const settings = { from: "orders@example.com", sms: true, smsCountries: ["GB"] };

/** Ports on a script, within an invocation whose signal can be aborted. */
function ports(script: Readonly<Record<string, readonly Answer[]>>, own: object = {}) {
  const { calls, asked, inputs } = scripted(script);
  const deadline = new AbortController();
  const scope = { id: "o-1/order.placed", correlationId: "c", signal: deadline.signal, log: jsonLog({}) };
  const opening = { resource: "effects", calls, env, settings: { ...settings, ...own } };
  const [mail, text, ledger] = [openEmail(opening)(scope), openSms(opening)(scope), openLedger(opening)(scope)];
  return { mail, text, ledger, asked, inputs, deadline };
}

const outcomeOf = (sending: Promise<unknown>): Promise<unknown> =>
  sending.catch((error: unknown) => (error instanceof Error ? error.message : error));

describe("an e-mail or an SMS", () => {
  it("is sent again within the invocation while the provider says that too much is sent at once", async () => {
    const { mail, text, asked } = ports({
      [MAIL]: [throttled, refused("ThrottlingException", "Maximum sending rate exceeded"), { MessageId: "1" }],
      [TEXT]: [refused("ThrottledException", "Rate exceeded"), { MessageId: "2" }],
    });
    expect(await mail.send(email)).to.deep.equal({ outcome: "sent" });
    expect(await text.send({ to: "+442071234567", text: "t", tags: {} })).to.deep.equal({ outcome: "sent" });
    expect(asked).to.deep.equal([MAIL, MAIL, MAIL, TEXT, TEXT]);
  });

  it("is not waited for when the day's quota is used up, and its claim in the ledger is given back", async () => {
    const { mail, ledger, asked, inputs } = ports({ [LEDGER]: [{}, {}], [MAIL]: [overQuota] });
    expect(await outcomeOf(ledger.once("email", () => mail.send(email)))).to.equal(overQuota.message);
    expect(asked).to.deep.equal([LEDGER, MAIL, LEDGER]);
    expect(inputs(LEDGER)[1]).to.have.nested.property("ExpressionAttributeValues.:ended", 0);
  });

  it("is given up at the deadline with the provider's own refusal, and its claim in the ledger is given back", async () => {
    const late = ports({
      [LEDGER]: [{}, {}],
      [MAIL]: [async () => (late.deadline.abort(), Promise.reject(throttled))],
    });
    expect(await outcomeOf(late.ledger.once("email", () => late.mail.send(email)))).to.equal(throttled.message);
    expect(late.asked).to.deep.equal([LEDGER, MAIL, LEDGER]);
    expect(late.inputs(LEDGER)[1]).to.have.nested.property("ExpressionAttributeValues.:ended", 0);
  });

  it("names the configuration set of the settings", async () => {
    const { mail, inputs } = ports({ [MAIL]: [{ MessageId: "1" }] }, { configurationSet: "shop-mail" });
    await mail.send(email);
    expect(inputs(MAIL)).to.deep.equal([
      {
        FromEmailAddress: "orders@example.com",
        Destination: { ToAddresses: ["ada@example.com"] },
        Content: {
          Simple: { Subject: { Data: "s", Charset: "UTF-8" }, Body: { Text: { Data: "5 €", Charset: "UTF-8" } } },
        },
        ConfigurationSetName: "shop-mail",
        EmailTags: [{ Name: "orderId", Value: "1" }],
      },
    ]);
  });

  it("is not sent to a country that the settings do not name, nor to one that only shares its code", async () => {
    const { text, asked } = ports({}, { smsCountries: ["US", "DE"] });
    for (const to of ["+442071234567", "+18765550123", "+881612345678", "+77012345678"]) {
      expect(await text.send({ to, text: "t", tags: {} })).to.deep.equal({
        outcome: "not-sent",
        reason: "no SMS is sent to this country",
      });
    }
    const none = ports({}, { smsCountries: [] });
    expect(await none.text.send({ to: "+442071234567", text: "t", tags: {} })).to.include({ outcome: "not-sent" });
    expect([...asked, ...none.asked]).to.deep.equal([]);
    const named = ports({ [TEXT]: [{}] }, { smsCountries: ["US", "DE"] });
    expect(await named.text.send({ to: "+12025550143", text: "t", tags: {} })).to.deep.equal({ outcome: "sent" });
  });
});
