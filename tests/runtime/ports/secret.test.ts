import { expect } from "chai";
import { mock } from "node:test";
import { UNSET } from "../../../contracts/secrets.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { open } from "../../../runtime/ports/secret.ts";
import { scripted, type Answer } from "../../support/calls.ts";

const GET = "ssm.GetParameter";
const Name = "/order-fanout/dev/shipment/carrier";
const minutes = (count: number) => count * 60_000;

describe("a secret", () => {
  beforeEach(() => mock.timers.enable({ apis: ["Date"], now: Date.now() }));
  afterEach(() => mock.timers.reset());
  const pass = (ms: number) => mock.timers.setTime(Date.now() + ms);

  const opened = (answers: readonly (string | Answer)[], resource = Name) => {
    const { calls, asked, inputs } = scripted({
      [GET]: answers.map((answer) => (typeof answer === "string" ? { Parameter: { Value: answer } } : answer)),
    });
    const port = open({ resource, calls, env: { NAME: "shipment", EVENT_SOURCE: "/test" }, settings: {} });
    const event = () => port({ id: "e", correlationId: "c", signal: new AbortController().signal, log: jsonLog({}) });
    return { event, asked, inputs };
  };

  it("is read decrypted, and again only when it is 5 minutes old, for all events of the container", async () => {
    const { event, asked, inputs } = opened(["one", "two"]);
    const values = [await event().get()];
    pass(minutes(5) - 1);
    values.push(await event().get());
    pass(1);
    values.push(await event().get(), await event().get());

    expect(values).to.deep.equal(["one", "one", "two", "two"]);
    expect(asked).to.have.length(2);
    expect(inputs(GET)[0]).to.deep.equal({ Name, WithDecryption: true });
  });

  it("is read at once when it is asked for fresh, and when the clock was set back", async () => {
    const { event, asked } = opened(["one", "two", "three"]);
    const values = [await event().get(), await event().get({ fresh: true }), await event().get()];
    pass(-minutes(60));
    values.push(await event().get());

    expect(values).to.deep.equal(["one", "two", "two", "three"]);
    expect(asked).to.have.length(3);
  });

  it("is an error that names the command while nobody has set it, and is read again at the next event", async () => {
    const { event } = opened([UNSET, "one"]);
    const error: unknown = await event()
      .get()
      .catch((thrown: unknown) => thrown);

    expect(String(error)).to.equal(
      `Error: the secret ${Name} is not set yet: \`npm run secret -- set carrier\` sets it`,
    );
    expect(await event().get()).to.equal("one");
  });

  it("is none where the settings name none", async () => {
    const { event, asked } = opened([], "");
    expect([await event().get(), asked]).to.deep.equal([undefined, []]);
  });
});
