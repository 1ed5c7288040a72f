import { expect } from "chai";
import * as z from "zod";
import { failureLines } from "../../local/lambda/failure.ts";

const message = "Sandbox.Timedout: Task timed out after 1.00 seconds";

/** The lines as fields, without their time. */
function linesOf(event: unknown): unknown[] {
  const Line = z.looseObject({ timestamp: z.iso.datetime() });
  const given = event === undefined ? undefined : JSON.stringify(event);
  return failureLines({ name: "shipment", message, event: given }).map((line) => {
    const { timestamp, ...fields } = Line.parse(JSON.parse(line));
    return expect(Date.parse(timestamp)).to.be.above(0) && fields;
  });
}
const record = (body: object | string) => ({ body: typeof body === "string" ? body : JSON.stringify(body) });
const line = (fields = {}) => ({ level: "error", message, function: "shipment", ...fields });

describe("The lines of a function that ended without an answer", () => {
  it("name order and event of each record of the batch", () => {
    const Records = [
      record({ id: "o1/order.confirmed", type: "order.confirmed", subject: "o1", data: { secret: 1 } }),
      record("not JSON"),
    ];
    expect(linesOf({ Records })).to.deep.equal([
      line({ eventId: "o1/order.confirmed", orderId: "o1", event: "order.confirmed" }),
      line(),
    ]);
  });

  it("are ten of a large batch, and say how many more there were", () => {
    const Records = Array.from({ length: 12 }, (_, index) => record({ subject: `o${index}` }));
    const lines = linesOf({ Records });
    expect(lines).to.have.length(11);
    expect(lines.slice(-2)).to.deep.equal([line({ orderId: "o9" }), line({ moreRecords: 2 })]);
  });

  it("name the route of a request", () => {
    const event = { routeKey: "POST /orders", requestContext: { requestId: "r1" }, body: "secret" };
    expect(linesOf(event)).to.deep.equal([line({ route: "POST /orders", requestId: "r1" })]);
  });

  it("are one for a schedule, or a function that was loading", () => {
    expect([linesOf({}), linesOf(undefined)]).to.deep.equal([[line()], [line()]]);
  });
});
