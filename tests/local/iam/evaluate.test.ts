import { expect } from "chai";
import * as fc from "fast-check";
import { evaluate, type AccessRequest } from "../../../local/iam/evaluate.ts";
import { actionPattern, arnCondition, resourcePattern } from "../../../local/iam/pattern.ts";
import { statementsOf, type PolicyKind } from "../../../local/iam/statement.ts";

const table = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders";
const topic = "arn:aws:sns:eu-west-1:000000000000:events";
const queue = "arn:aws:sqs:eu-west-1:000000000000:work";
const object = "arn:aws:s3:::lake/events/a:b.ndjson";

const parse = (kind: PolicyKind, Statement: object | readonly object[]) =>
  statementsOf({ kind, text: JSON.stringify({ Statement }), resource: 'Policy "p"', name: "p" });
const allow = (Action: string | string[], Resource: string | string[] = "*") => ({ Effect: "Allow", Action, Resource });
const deny = (Action: string, Resource = "*") => ({ Effect: "Deny", Action, Resource });
const overPlainHttp = { Principal: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } };
const forTopic = {
  Principal: { Service: "sns.amazonaws.com" },
  Condition: { ArnEquals: { "aws:SourceArn": topic } },
};
const sns = { service: "sns.amazonaws.com", action: "sqs:SendMessage", resource: queue };

interface Case {
  readonly identity?: object[];
  readonly resource?: object[];
  readonly request: Omit<AccessRequest, "context"> & { context?: Record<string, string> };
}

/** What decided: `allowed by p 1`, `denied by p 2 (identity)`, or `no identity policy allows it`. */
function verdict({ identity = [], resource = [], request }: Case): string {
  const policies = { identity: parse("identity", identity), resource: parse("resource", resource) };
  const judged = evaluate(policies, { context: { "aws:securetransport": "true" }, ...request });
  if (judged.allowed) return `allowed by ${judged.statement}`;
  return judged.statement === undefined
    ? `no ${judged.kind} policy allows it`
    : `denied by ${judged.statement} (${judged.kind})`;
}

const put = { action: "dynamodb:PutItem", resource: table };
const send = { action: "sqs:SendMessage", resource: queue };
const none = "no identity policy allows it";

describe("the evaluation of policies", () => {
  const cases: Readonly<Record<string, readonly [Case, string]>> = {
    "refuses what nothing allows": [{ request: put }, none],
    "allows what a role's statement allows": [
      { identity: [allow("dynamodb:PutItem", table)], request: put },
      "allowed by p 1",
    ],
    "names the statement by its Sid": [
      { identity: [{ ...allow("*"), Sid: "Writes" }], request: put },
      "allowed by p Writes",
    ],
    "takes one of several actions and resources": [
      { identity: [allow(["dynamodb:GetItem", "dynamodb:PutItem"], [queue, table])], request: put },
      "allowed by p 1",
    ],
    "minds the action": [{ identity: [allow("dynamodb:GetItem", table)], request: put }, none],
    "minds the resource": [{ identity: [allow("dynamodb:PutItem", `${table}-old`)], request: put }, none],
    "does not take an index for its table": [
      {
        identity: [allow("dynamodb:Query", table)],
        request: { action: "dynamodb:Query", resource: `${table}/index/outbox` },
      },
      none,
    ],
    "does not mind the case of an action": [
      { identity: [allow("DynamoDB:putitem", table)], request: put },
      "allowed by p 1",
    ],
    "minds the case of a resource": [
      { identity: [allow("dynamodb:PutItem", table.replace("orders", "Orders"))], request: put },
      none,
    ],
    "lets a denial win over a permission, whichever comes first": [
      { identity: [allow("*"), deny("dynamodb:*", table)], request: put },
      "denied by p 2 (identity)",
    ],
    "lets a resource's denial win over a role's permission": [
      { identity: [allow("*")], resource: [{ ...deny("sqs:*", queue), Principal: "*" }], request: send },
      "denied by p 1 (resource)",
    ],
    "minds the condition of a denial": [
      { identity: [allow("*")], resource: [{ ...deny("sqs:*", queue), ...overPlainHttp }], request: send },
      "allowed by p 1",
    ],
    "meets it over plain HTTP": [
      {
        identity: [allow("*")],
        resource: [{ ...deny("sqs:*", queue), ...overPlainHttp }],
        request: { ...send, context: { "aws:securetransport": "false" } },
      },
      "denied by p 1 (resource)",
    ],
    "allows a role by the resource's policy alone": [
      { resource: [{ ...allow("sqs:SendMessage", queue), Principal: "*" }], request: send },
      "allowed by p 1",
    ],
    "does not take a role for a service": [
      { resource: [{ ...allow("sqs:SendMessage", queue), ...forTopic }], request: send },
      none,
    ],
    "allows a service by the resource's policy": [
      {
        resource: [{ ...allow("sqs:SendMessage", queue), ...forTopic }],
        request: { ...sns, context: { "aws:sourcearn": topic } },
      },
      "allowed by p 1",
    ],
    "minds what the service acts for": [
      {
        resource: [{ ...allow("sqs:SendMessage", queue), ...forTopic }],
        request: { ...sns, context: { "aws:sourcearn": `${topic}-2` } },
      },
      "no resource policy allows it",
    ],
    "does not meet a condition on a key that the request has not": [
      { resource: [{ ...allow("sqs:SendMessage", queue), ...forTopic }], request: { ...sns, context: {} } },
      "no resource policy allows it",
    ],
    "minds which service it is": [
      {
        resource: [{ ...allow("sqs:SendMessage", queue), ...forTopic }],
        request: { ...sns, service: "events.amazonaws.com", context: { "aws:sourcearn": topic } },
      },
      "no resource policy allows it",
    ],
    "never allows a service by a role's policy": [
      { identity: [allow("*")], request: sns },
      "no resource policy allows it",
    ],
    "wants every condition met": [
      {
        resource: [
          {
            ...allow("sqs:SendMessage", queue),
            Principal: { Service: ["events.amazonaws.com", "sns.amazonaws.com"] },
            Condition: { ArnLike: { "aws:SourceArn": topic }, StringEquals: { "aws:SourceAccount": "1" } },
          },
        ],
        request: { ...sns, context: { "aws:sourcearn": topic, "aws:sourceaccount": "2" } },
      },
      "no resource policy allows it",
    ],
    "takes one of a condition's values, and a key in any case": [
      {
        resource: [
          {
            ...allow("sqs:SendMessage", queue),
            Principal: { Service: "sns.amazonaws.com" },
            Condition: { StringEquals: { "AWS:SourceAccount": ["1", "2"] } },
          },
        ],
        request: { ...sns, context: { "aws:sourceaccount": "2" } },
      },
      "allowed by p 1",
    ],
    "allows by NotResource what it does not name": [
      {
        identity: [{ Effect: "Allow", Action: "sns:Publish", NotResource: "arn:aws:sns:*:*:*" }],
        request: { action: "sns:Publish", resource: "a phone number" },
      },
      "allowed by p 1",
    ],
    "and not what it names": [
      {
        identity: [{ Effect: "Allow", Action: "sns:Publish", NotResource: "arn:aws:sns:*:*:*" }],
        request: { action: "sns:Publish", resource: topic },
      },
      none,
    ],
  };
  for (const [name, [given, expected]] of Object.entries(cases)) {
    it(name, () => expect(verdict(given)).to.equal(expected));
  }
});

describe("a pattern of a policy", () => {
  const resources: readonly [pattern: string, resource: string, matches: boolean][] = [
    ["*", object, true],
    ["arn:aws:s3:::lake/*", object, true],
    ["arn:aws:s3:::lake/events/*.ndjson", object, true],
    ["arn:aws:s3:::lake/events/?:b.ndjson", object, true],
    ["arn:aws:s3:::lake", object, false],
    ["arn:aws:s3:::lake*", object, true],
    ["arn:aws:dynamodb:*:*:table/orders", table, true],
    ["arn:aws:dynamodb:eu-*-1:000000000000:table/orders", table, true],
    ["arn:aws:dynamodb:eu-west-?:000000000000:table/orders", table, true],
    ["arn:aws:dynamodb:eu-west-?:000000000000:table/order", table, false],
    ["arn:aws:dynamodb:*", table, true],
    ["arn:aws:dynamodb:e*1:000000000000:table/orders", "arn:aws:dynamodb:e:1:000000000000:table/orders", false],
    ["arn:aws:dynamodb:e*:table/orders", table, true],
    ["arn:aws:dynamodb:eu.west.1:000000000000:table/orders", table, false],
  ];
  for (const [pattern, resource, matches] of resources) {
    it(`${pattern} ${matches ? "names" : "does not name"} ${resource}`, () =>
      expect(resourcePattern(pattern)(resource)).to.equal(matches));
  }

  it("compares an ARN part by part in a condition, where no wildcard goes beyond its part", () => {
    const matches = (pattern: string) => arnCondition(pattern)(topic);
    const patterns = [topic, "arn:aws:sns:*:*:ev*", "arn:aws:sns:*:*:other", "arn:aws:sns:*", "*"];
    expect(patterns.map(matches)).to.deep.equal([true, true, false, false, false]);
  });

  const text = fc.string({ unit: fc.constantFrom("a", "B", "/", "-", ".", "1") });
  const segments = fc.array(text, { minLength: 6, maxLength: 6 });

  it("names itself, and with any part or any end of its parts replaced by a wildcard names it still", () => {
    fc.assert(
      fc.property(segments, fc.nat(5), fc.nat(8), (parts, index, length) => {
        const arn = parts.join(":");
        const with_ = (part: string) => parts.with(index, part).join(":");
        const part = parts[index] ?? "";
        const patterns = [arn, with_("*"), with_(`${part.slice(0, length)}*`), with_(part.replace(/./, "?"))];
        expect(patterns.map((pattern) => resourcePattern(pattern)(arn))).to.deep.equal([true, true, true, true]);
      }),
    );
  });

  it("without a wildcard names nothing but itself, of actions in any case", () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(resourcePattern(one)(other)).to.equal(one === other);
        expect(actionPattern(one)(other)).to.equal(one.toLowerCase() === other.toLowerCase());
      }),
    );
  });

  it("denied is denied, whatever else the policies allow", () => {
    const statement = fc.constantFrom(allow("*"), allow("sqs:*", queue), allow("sqs:SendMessage"), deny("dynamodb:*"));
    fc.assert(
      fc.property(fc.array(statement), fc.nat(), fc.boolean(), (others, place, ofRole) => {
        const all = others.toSpliced(place % (others.length + 1), 0, deny("sqs:Send*", queue));
        const policies = ofRole
          ? { identity: all }
          : { identity: [allow("*")], resource: all.map((one) => ({ ...one, Principal: "*" })) };
        expect(verdict({ ...policies, request: send })).to.match(/^denied by p \d+ \((identity|resource)\)$/);
      }),
    );
  });
});
