import { expect } from "chai";
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
});
