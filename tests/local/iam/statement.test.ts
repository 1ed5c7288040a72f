import { expect } from "chai";
import { statementsOf, type PolicyKind } from "../../../local/iam/statement.ts";

const queue = "arn:aws:sqs:eu-west-1:000000000000:work";
const own = { Effect: "Allow", Action: "sqs:SendMessage", Resource: queue };
const ofQueue = { ...own, Principal: { Service: "sns.amazonaws.com" } };

/** The error of a policy whose second statement is this one; "" where there is none. */
function mistake(kind: PolicyKind, statement: object): string {
  const first = { identity: own, resource: ofQueue, trust: { ...ofQueue, Resource: undefined } }[kind];
  const text = JSON.stringify({ Version: "2012-10-17", Statement: [first, statement] });
  try {
    statementsOf({ kind, text, resource: 'aws:sqs/queuePolicy:QueuePolicy "work"', name: "work" });
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const guess =
  "is not implemented by the local cloud, which would have to guess. Write it otherwise, or implement it in local/iam/statement.ts.";

describe("a policy that the local cloud does not understand is an error, which names", () => {
  const missing: Readonly<Record<string, readonly [PolicyKind, object, string]>> = {
    "an element": ["identity", { Effect: "Allow", NotAction: "s3:*", Resource: "*" }, "NotAction"],
    "an element that excepts principals": ["resource", { ...own, NotPrincipal: { AWS: "1" } }, "NotPrincipal"],
    "a type of principal": ["resource", { ...own, Principal: { AWS: "*" } }, "a Principal of the type AWS"],
    "an operator": [
      "identity",
      { ...own, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } },
      "the operator IpAddress (only ArnEquals, ArnLike, Bool, StringEquals)",
    ],
    "an operator's suffix": [
      "identity",
      { ...own, Condition: { StringEqualsIfExists: { "aws:SourceAccount": "1" } } },
      "the operator StringEqualsIfExists (only ArnEquals, ArnLike, Bool, StringEquals)",
    ],
    "a condition key": [
      "identity",
      { ...own, Condition: { StringEquals: { "dynamodb:LeadingKeys": "a" } } },
      "the condition key dynamodb:LeadingKeys (only aws:SecureTransport, aws:SourceAccount, aws:SourceArn)",
    ],
    "a policy variable": [
      "identity",
      { ...own, Resource: `${queue}-\${aws:username}` },
      "the policy variable ${aws:username}",
    ],
  };
  for (const [name, [kind, statement, what]] of Object.entries(missing)) {
    it(`${name}: ${what}`, () =>
      expect(mistake(kind, { Sid: "Second", ...statement })).to.equal(
        `aws:sqs/queuePolicy:QueuePolicy "work": statement 2 (Second): ${what} ${guess}`,
      ));
  }

  const refused: Readonly<Record<string, readonly [PolicyKind, object, string]>> = {
    "a principal of a role's policy": ["identity", ofQueue, "a role's policy has no Principal"],
    "a resource's policy without a principal": ["resource", own, "it has no Principal"],
    "a statement without a resource": [
      "identity",
      { ...own, Resource: undefined },
      "it needs a Resource or a NotResource",
    ],
    "a resource of a trust policy": ["trust", ofQueue, "it names a Resource"],
    "an action without a service": ["identity", { ...own, Action: "SendMessage" }, '"SendMessage" is not an action'],
    "a service that is a wildcard": [
      "identity",
      { ...own, Resource: "arn:aws:*:eu-west-1:000000000000:work" },
      '"arn:aws:*:eu-west-1:000000000000:work" is not an ARN with a partition and a service',
    ],
  };
  for (const [name, [kind, statement, what]] of Object.entries(refused)) {
    it(`${name}: ${what}`, () =>
      expect(mistake(kind, statement)).to.equal(`aws:sqs/queuePolicy:QueuePolicy "work": statement 2: ${what}.`));
  }

  it("what is no policy at all", () => {
    const read = (text: string) => () => statementsOf({ kind: "identity", text, resource: 'Policy "p"', name: "p" });
    expect(read("{")).to.throw('Policy "p": the policy: ');
    expect(read('{"Version":"2020-01-01","Statement":[]}')).to.throw('Policy "p": the policy: ');
    expect(read('{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}')).to.throw('Policy "p": statement 1: ');
  });
});
