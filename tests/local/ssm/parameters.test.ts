import { expect } from "chai";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ssmOperations } from "../../../local/ssm/operations.ts";
import { openParameters } from "../../../local/ssm/parameters.ts";
import { fakeServices, make } from "../support/services.ts";

describe("SSM on the local cloud", () => {
  let state: string;
  beforeEach(() => (state = mkdtempSync(join(tmpdir(), "order-fanout-ssm-"))));
  afterEach(() => rmSync(state, { recursive: true }));

  const name = "/order-fanout/test/shipment/carrier";
  const inputs = { name, type: "SecureString", valueWo: "placeholder" };
  /** A start of the program, which makes its parameter; gives SSM's answers after it. */
  const started = async () => {
    const parameters = openParameters(state);
    const services = fakeServices(state, { parameters });
    const made = await make(services, "aws:ssm/parameter:Parameter", "x", inputs);
    const ask = (operation: "GetParameter" | "PutParameter", input: object) =>
      ssmOperations[operation]?.(input, { parameters, region: "eu-west-1" });
    const value = (WithDecryption = true) => {
      const answer = ask("GetParameter", { Name: name, WithDecryption });
      return answer && "body" in answer ? answer.body : answer;
    };
    return { made, ask, value };
  };

  it("keeps a value over restarts and updates of the program, in a file for its user alone", async () => {
    const first = await started();
    expect(first.made).to.deep.equal({
      id: name,
      outputs: { name, arn: "arn:aws:ssm:eu-west-1:000000000000:parameter/order-fanout/test/shipment/carrier" },
    });
    expect(first.value()).to.deep.nested.include({ "Parameter.Value": "placeholder", "Parameter.Version": 1 });
    const put = { Name: name, Value: "secret", Type: "SecureString", Overwrite: true };
    expect(first.ask("PutParameter", put)).to.deep.equal({ body: { Version: 2, Tier: "Standard" } });

    const second = await started();
    expect(second.value()).to.deep.nested.include({ "Parameter.Value": "secret", "Parameter.Version": 2 });
    if (process.platform !== "win32") expect(statSync(join(state, "parameters.json")).mode & 0o777).to.equal(0o600);
  });

  it("gives a SecureString encrypted to who does not ask for more, and refuses as AWS does", async () => {
    const { value, ask } = await started();
    expect(JSON.stringify(value(false))).to.not.include("placeholder");
    const codes = [
      ask("GetParameter", { Name: "/none" }),
      ask("PutParameter", { Name: name, Value: "x" }),
      ask("PutParameter", { Name: name, Value: "" }),
    ].map((answer) => answer && "error" in answer && answer.error.code);
    expect(codes).to.deep.equal(["ParameterNotFound", "ParameterAlreadyExists", "ValidationException"]);
  });

  it("says in a line when its file is damaged, and loses nothing", () => {
    const file = join(state, "parameters.json");
    writeFileSync(file, "{");
    expect(() => openParameters(state)).to.throw(
      `${file} cannot be read. Put back a copy, or delete it and set the secrets anew.`,
    );
  });
});
