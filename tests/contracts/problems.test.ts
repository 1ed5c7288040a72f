import { expect } from "chai";
import * as z from "zod";
import { fieldErrors, Problem, problemTypes } from "../../contracts/problems.ts";

const errorsOf = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error) : [];
};

describe("fieldErrors()", () => {
  it("points at each bad field by a JSON Pointer in its URI form", () => {
    const schema = z.strictObject({ items: z.array(z.strictObject({ quantity: z.int().min(1) })) });
    expect(errorsOf(schema, { items: [{ quantity: 1 }, { quantity: 0 }, { quantity: "x" }] })).to.deep.equal([
      { pointer: "#/items/1/quantity", code: "too_small", message: "Too small: expected number to be >=1" },
      {
        pointer: "#/items/2/quantity",
        code: "invalid_type",
        message: "Invalid input: expected number, received string",
      },
    ]);
  });

  it("points at the whole where the whole is wrong", () => {
    expect(errorsOf(z.strictObject({}), 5)).to.deep.equal([
      { pointer: "#", code: "invalid_type", message: "Invalid input: expected object, received number" },
    ]);
  });

  it("points at every unknown field itself, with what has a meaning in a pointer escaped", () => {
    const unknown = { code: "unknown_field", message: "is not a field of this request" };
    expect(errorsOf(z.strictObject({ a: z.strictObject({}) }), { a: { "~/": 1 }, "é #": 1, "": 1 })).to.deep.equal([
      { pointer: "#/a/~0~1", ...unknown },
      { pointer: "#/%C3%A9%20%23", ...unknown },
      { pointer: "#/", ...unknown },
    ]);
  });
});

describe("a problem", () => {
  it("has the status and title of its type, and the instance at which it occurred", () => {
    const errors = [{ pointer: "#/a", code: "c", message: "m" }];
    const problem = new Problem("price-mismatch", "It is dearer.", { errors, headers: { "x-a": "b" } });
    expect(problem.status).to.equal(422);
    expect(problem.headers).to.deep.equal({ "x-a": "b" });
    expect(problem.body("/orders")).to.deep.equal({
      type: "urn:order-fanout:problem:price-mismatch",
      title: "The total is not what the client expected",
      status: 422,
      detail: "It is dearer.",
      instance: "/orders",
      errors,
    });
  });

  it("has no list of errors where there are none", () => {
    expect(new Problem("not-found", "No.").body("/x")).to.deep.equal({
      type: "urn:order-fanout:problem:not-found",
      title: "There is nothing here",
      status: 404,
      detail: "No.",
      instance: "/x",
    });
  });

  it("has a status of each type that is the type's alone to choose", () => {
    const statuses = Object.fromEntries(Object.entries(problemTypes).map(([type, { status }]) => [type, status]));
    expect(statuses).to.deep.equal({
      "malformed-request": 400,
      "invalid-idempotency-key": 400,
      forbidden: 403,
      "not-found": 404,
      "method-not-allowed": 405,
      conflict: 409,
      "too-large": 413,
      "unsupported-media-type": 415,
      "invalid-request": 422,
      "price-mismatch": 422,
      "idempotency-key-reused": 422,
      "internal-error": 500,
      unavailable: 503,
    });
  });
});
