import { expect } from "chai";
import { get } from "node:http";
import { json } from "node:stream/consumers";
import { createRequests } from "../../../local/lambda/requests.ts";
import type { Invocation } from "../../../local/lambda/execution-environment.ts";
import { until } from "../../support/until.ts";
import { startHttpApi } from "../support/http-api.ts";

describe("An HTTP API on the local cloud", () => {
  it("answers 500 by itself when Lambda throttles its function", async () => {
    const throttled = {
      ok: false,
      errorType: "TooManyRequestsException",
      errorMessage: "Rate Exceeded.",
      trace: [],
    } as const;
    const api = await startHttpApi({ routes: { "GET /x": "x" }, invoke: () => throttled });
    const response = await fetch(`${api.url}/x`);
    const body: unknown = await response.json();
    await api.stop();

    expect([response.status, body]).to.deep.equal([500, { message: "Internal Server Error" }]);
  });

  it("has batches of queues give way to requests that are side by side, until they are answered", async () => {
    const requests = createRequests({ mostMs: 60_000, followsMs: 0 });
    const answers: (() => void)[] = [];
    const invoke = (): Promise<Invocation> =>
      new Promise((resolve) => answers.push(() => resolve({ ok: true, payload: "{}" })));
    const api = await startHttpApi({ routes: { "GET /x": "x" }, invoke, requests });
    const asked = [fetch(`${api.url}/x`), fetch(`${api.url}/x`)];
    await until("both are under way", () => answers.length === 2);
    const meanwhile = requests.giveWayMs();
    for (const answer of answers) answer();
    await Promise.all(asked);
    await until("both are answered", () => requests.giveWayMs() === 0);
    await api.stop();

    expect(meanwhile).to.equal(60_000);
  });

  it("throttles no request because the clock is set back", async () => {
    const throttle = { rate: 1_000_000, burst: 1 };
    const api = await startHttpApi({
      routes: { "GET /x": "x" },
      throttle,
      invoke: () => ({ ok: true, payload: "{}" }),
    });
    const clock = Date.now;
    const ask = async () => (await fetch(`${api.url}/x`)).status;
    const answers = [await ask()];
    Date.now = () => clock() - 2 * 3_600_000;
    try {
      answers.push(await ask(), await ask());
    } finally {
      Date.now = clock;
    }
    await api.stop();

    expect(answers).to.deep.equal([200, 200, 200]);
  });

  it("refuses a request line and header values of more than 10,240 bytes together, and calls no function", async () => {
    let calls = 0;
    const api = await startHttpApi({ routes: { "GET /x": "x" }, invoke: () => (calls++, { ok: true, payload: "{}" }) });
    const ask = (bytes: number): Promise<unknown[]> => {
      const { host } = new URL(api.url);
      const others = "GET /x HTTP/1.1".length + host.length + "close".length;
      const headers = { host, connection: "close", "x-filler": "x".repeat(bytes - others) };
      return new Promise((resolve, reject) => {
        get(`${api.url}/x`, { headers }, (response) => {
          json(response).then((body) => resolve([response.statusCode, body]), reject);
        }).on("error", reject);
      });
    };
    const answers = [await ask(10_240), calls, await ask(10_241), await ask(20_000), calls];
    await api.stop();

    const refused = [431, { message: "Request Header Fields Too Large" }];
    expect(answers).to.deep.equal([[200, {}], 1, refused, refused, 1]);
  });
});
