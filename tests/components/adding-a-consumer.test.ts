import { expect } from "chai";
import { evaluate, type Graph } from "../support/evaluate.ts";
import { isWithin } from "../support/graph.ts";

describe("adding a consumer to a stack's config", () => {
  let before: Graph;
  let after: Graph;
  // Mocha's own hook has the name that the graph before has here.
  beforeEach(async () => {
    [before, after] = await Promise.all([evaluate("dev"), evaluate("dev", { consumers: { loyalty: {} } })]);
  });

  it("changes nothing of any resource that is there", () => {
    expect(new Map([...after].filter(([urn]) => before.has(urn)))).to.deep.equal(before);
  });

  it("puts all that is new inside the new consumer's component, its own table among it", () => {
    const added = [...after].filter(([urn]) => !before.has(urn));
    expect(added.filter(([urn]) => !isWithin(after, urn, "loyalty")).map(([urn]) => urn)).to.deep.equal([]);
    expect(added.map(([, { type, name }]) => `${type} ${name}`).sort()).to.deep.equal([
      "aws:cloudwatch/logGroup:LogGroup loyalty-logs",
      "aws:dynamodb/table:Table loyalty-balances",
      "aws:iam/role:Role loyalty-role",
      "aws:iam/rolePolicy:RolePolicy loyalty-policy",
      "aws:lambda/eventSourceMapping:EventSourceMapping loyalty-mapping",
      "aws:lambda/function:Function loyalty",
      "aws:sns/topicSubscription:TopicSubscription loyalty-subscription",
      "aws:sqs/queue:Queue loyalty-dead-letters",
      "aws:sqs/queue:Queue loyalty-queue",
      "aws:sqs/queuePolicy:QueuePolicy loyalty-dead-letters-policy",
      "aws:sqs/queuePolicy:QueuePolicy loyalty-queue-policy",
      "order-fanout:functions:HandlerFunction loyalty",
      "order-fanout:orders:QueueConsumer loyalty",
    ]);
  });

  it("gives its function the rights to its own table and queue, and to nothing else", () => {
    const [policy] = [...after.values()].filter(({ name }) => name === "loyalty-policy");
    expect(JSON.parse(String(policy?.inputs["policy"]))).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: "arn:aws:logs:eu-west-1:111122223333:log-group:loyalty-logs:*",
        },
        {
          Effect: "Allow",
          Action: ["dynamodb:PutItem", "dynamodb:UpdateItem"],
          Resource: "arn:aws:dynamodb:eu-west-1:111122223333:table/loyalty-balances",
        },
        {
          Effect: "Allow",
          Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
          Resource: "arn:aws:sqs:eu-west-1:111122223333:loyalty-queue",
        },
      ],
    });
  });
});

describe("taking a consumer out of a stack's config", () => {
  it("takes out its component, and changes nothing of the others", async () => {
    const [before, after] = await Promise.all([evaluate("dev"), evaluate("dev", { consumers: { shipment: null } })]);
    const others = new Map([...before].filter(([urn]) => !isWithin(before, urn, "shipment")));
    expect(before.size - others.size).to.equal(12);
    expect(after).to.deep.equal(others);
  });
});
