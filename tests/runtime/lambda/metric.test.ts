import { expect } from "chai";
import { OrderPlaced } from "../../../contracts/events.ts";
import { consumer } from "../../../runtime/index.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { captured } from "../../support/captured.ts";
import { batchOf, clock, variables } from "../../support/lambda.ts";

const env = variables();
const on = [OrderPlaced];

describe("a consumer's metrics", () => {
  it("counts what it is done with", async () => {
    const refuseSecond = async ({ subject }: { subject: string }) => {
      if (subject === "o-2") throw new Error("no");
    };
    const handler = consume(consumer({ on, handle: refuseSecond }), env);
    const { metrics } = await captured(() => handler(batchOf(3), clock()));
    const dimensions = { source: "/order-fanout/test", consumer: "test" };
    expect(metrics).to.deep.equal([
      { ...dimensions, Received: 3 },
      { ...dimensions, Succeeded: 2 },
    ]);
  });

  it("counts what it received before it begins: a function that dies has received it all the same", async () => {
    const begun = Promise.withResolvers<void>();
    const forEver = new Promise<void>(() => {});
    const hang = () => {
      begun.resolve();
      return forEver;
    };
    const { metrics } = await captured(() => {
      void consume(consumer({ on, handle: hang }), env)(batchOf(2), clock());
      return begun.promise;
    });
    expect(metrics).to.deep.equal([{ source: "/order-fanout/test", consumer: "test", Received: 2 }]);
  });
});
