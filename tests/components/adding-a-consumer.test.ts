import { expect } from "chai";
import { evaluate, type Graph, type Resource } from "../support/evaluate.ts";
import { isWithin } from "../support/graph.ts";

const FUNCTION = "aws:lambda/function:Function";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const VARIABLES = { EVENT_SOURCE: "/order-fanout/dev", SETTINGS: "{}" };

describe("adding a consumer to a stack's config", () => {
  let before: Graph;
  let after: Graph;
  // Mocha's own hook has the name that the graph before has here.
  beforeEach(async () => {
    const added = { loyalty: {}, "points-acme": { handler: "loyalty", timeoutSeconds: 60 } };
    [before, after] = await Promise.all([evaluate("dev"), evaluate("dev", { consumers: added })]);
  });

  it("changes nothing of any resource that is there", () => {
    // The dashboard shows every consumer: it is the one resource that a new consumer changes.
    const lasting = (graph: Graph) => new Map([...graph].filter(([, { type }]) => type !== DASHBOARD));
    expect(lasting(new Map([...after].filter(([urn]) => before.has(urn))))).to.deep.equal(lasting(before));
  });

  for (const name of ["loyalty", "points-acme"]) {
    it(`puts all that is new of ${name} inside its own component, its own table among it`, () => {
      const added = [...after].filter(([urn]) => !before.has(urn) && isWithin(after, urn, name));
      expect(added.map(([, { type, name }]) => `${type} ${name}`).sort()).to.deep.equal([
        `aws:cloudwatch/logGroup:LogGroup ${name}-logs`,
        `aws:dynamodb/table:Table ${name}-balances`,
        `aws:iam/role:Role ${name}-role`,
        `aws:iam/rolePolicy:RolePolicy ${name}-policy`,
        `aws:lambda/alias:Alias ${name}-live`,
        `aws:lambda/eventSourceMapping:EventSourceMapping ${name}-mapping`,
        `aws:lambda/function:Function ${name}`,
        `aws:sns/topicSubscription:TopicSubscription ${name}-subscription`,
        `aws:sqs/queue:Queue ${name}-dead-letters`,
        `aws:sqs/queue:Queue ${name}-queue`,
        `aws:sqs/queuePolicy:QueuePolicy ${name}-dead-letters-policy`,
        `aws:sqs/queuePolicy:QueuePolicy ${name}-queue-policy`,
        `order-fanout:functions:HandlerFunction ${name}`,
        `order-fanout:orders:QueueConsumer ${name}`,
      ]);
    });
  }

  it("puts nothing new anywhere else, but for its alarms", () => {
    const names = ["loyalty", "points-acme"];
    const elsewhere = [...after]
      .filter(([urn]) => !before.has(urn) && !names.some((name) => isWithin(after, urn, name)))
      .map(([, { type, name }]) => `${type} ${name}`);
    const alarms = ["dead-letters", "age", "retries", "errors", "throttles", "duration"];
    expect(elsewhere).to.have.members(names.flatMap((name) => alarms.map((alarm) => `${ALARM} ${name}-${alarm}`)));
  });

  it("gives two consumers of one handler the same code, and each its own name, table and limits", () => {
    const [one, other] = ["loyalty", "points-acme"].map((name) =>
      [...after.values()].find((resource) => resource.type === FUNCTION && resource.name === name),
    );
    expect(other?.inputs["code"]).to.deep.equal(one?.inputs["code"]);
    expect([one, other].map((lambda) => [lambda?.inputs["timeout"], lambda?.inputs["environment"]])).to.deep.equal([
      [30, { variables: { ...VARIABLES, NAME: "loyalty", RESOURCES: '{"balances":"loyalty-balances"}' } }],
      [60, { variables: { ...VARIABLES, NAME: "points-acme", RESOURCES: '{"balances":"points-acme-balances"}' } }],
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
    const isOfShipment = (urn: string, { type, name }: Resource) =>
      isWithin(before, urn, "shipment") || (type === ALARM && name.startsWith("shipment-"));
    const others = new Map([...before].filter(([urn, resource]) => !isOfShipment(urn, resource)));
    expect(before.size - others.size).to.equal(13 + 6);
    const lasting = (graph: Graph) => new Map([...graph].filter(([, { type }]) => type !== DASHBOARD));
    expect(lasting(after)).to.deep.equal(lasting(others));
  });
});
