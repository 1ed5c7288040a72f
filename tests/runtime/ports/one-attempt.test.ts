import { expect } from "chai";
import type { Calls } from "../../../runtime/ports/calls.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { open as openEmail } from "../../../runtime/ports/email.ts";
import { open as openSms } from "../../../runtime/ports/sms.ts";
import { useEndpoint } from "../../support/endpoint.ts";

/** SES and SNS take no idempotency key: an attempt of the SDK's own, below our seam, would be another message. */
describe("what has no idempotency key", () => {
  let requests = 0;
  useEndpoint(["SESV2", "SNS"], (_request, response) => {
    requests++;
    response.writeHead(503).end();
  });

  // A signal that never fires: its own time-out would start when this file is loaded.
  const { signal } = new AbortController();
  // No attempt may end because the machine is slow: it is the SDK's own that are counted.
  const patient: Calls = Object.assign(<T>(_call: unknown, perform: () => Promise<T>) => perform(), {
    patience: 1_000,
  });
  const opening = {
    resource: "",
    calls: patient,
    env: { NAME: "test", EVENT_SOURCE: "/test" },
    settings: { from: "orders@example.com", sms: true, smsCountries: ["GB"] },
  };
  const scope = { log: jsonLog({}), signal, id: "1", correlationId: "1" };
  const attempts = async (send: () => Promise<unknown>) => {
    requests = 0;
    const thrown = await send().then(
      () => "nothing",
      (error: unknown) => (error instanceof Error ? "an error" : "something"),
    );
    return { thrown, requests };
  };

  it("is sent in one attempt: an e-mail", async () => {
    const email = { to: "ada@example.com", subject: "s", text: "t", tags: { orderId: "1" } };
    expect(await attempts(() => openEmail(opening)(scope).send(email))).to.deep.equal({
      thrown: "an error",
      requests: 1,
    });
  });

  it("is sent in one attempt: an SMS", async () => {
    const sms = { to: "+442071234567", text: "t", tags: { orderId: "1" } };
    expect(await attempts(() => openSms(opening)(scope).send(sms))).to.deep.equal({ thrown: "an error", requests: 1 });
  });
});
