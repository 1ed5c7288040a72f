import { expect } from "chai";
import { createParts } from "../../../local/shared/parts.ts";

describe("The parts of the local cloud", () => {
  it("stop in reverse, one after the other, whatever failed, and then report the first failure", async () => {
    const steps: string[] = [];
    const part = (name: string, error?: Error) => ({
      stop: async () => {
        steps.push(`${name} is asked`);
        await Promise.resolve();
        if (error) throw error;
        steps.push(`${name} has stopped`);
      },
    });
    const parts = createParts();
    await parts.add(Promise.resolve(part("lock")));
    void parts.add(new Promise<ReturnType<typeof part>>((resolve) => setImmediate(() => resolve(part("database")))));
    await parts.add(Promise.resolve(part("endpoint", new Error("the endpoint hangs"))));
    void parts.add(Promise.reject(new Error("the port is in use")));
    await parts.add(Promise.resolve(part("API")));

    const failure = await parts.stop().catch((error: unknown) => error);
    expect(failure).to.be.an("error").with.property("message", "the endpoint hangs");
    expect(steps).to.deep.equal([
      "API is asked",
      "API has stopped",
      "endpoint is asked",
      "database is asked",
      "database has stopped",
      "lock is asked",
      "lock has stopped",
    ]);
  });
});
