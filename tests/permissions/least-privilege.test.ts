import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ON_HOLD_INDEX } from "../../contracts/orders-table.ts";
import { evaluate as judgePolicies } from "../../local/iam/evaluate.ts";
import { statementsOf } from "../../local/iam/statement.ts";
import { provision } from "../../local/provision.ts";
import type { Services } from "../../local/shared/services.ts";
import { evaluate, evaluateProgram, root, type Graph } from "../support/evaluate.ts";
import { fakeServices } from "../local/support/services.ts";
import { startMessaging, type StartedMessaging } from "../local/support/messaging.ts";
import { attemptsOf, type Attempt } from "../support/policies/elsewhere.ts";
import { grantedIn, resourcesOf, type Granted } from "../support/policies/granted.ts";
import { judged, rolesOf } from "../support/policies/judged.ts";
import { journeys } from "../support/policies/journeys.ts";
import { useWorlds } from "../support/world/world.ts";

/** Actions that nothing exercises here, with the page that says what they are for. */
const UNEXERCISED: Readonly<Record<string, string>> = {
  "logs:CreateLogStream": "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
  "logs:PutLogEvents": "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
  "ec2:AssignPrivateIpAddresses": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
  "ec2:CreateNetworkInterface": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
  "ec2:DeleteNetworkInterface": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
  "ec2:DescribeNetworkInterfaces": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
  "ec2:DescribeSubnets": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
  "ec2:UnassignPrivateIpAddresses": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
};
/** Publishing to the topic of the alarms is CloudWatch's, and there are none here. */
const ALARMS = "operations-alarms-policy";
const isUnexercised = ({ action, name, effect }: Granted): boolean =>
  effect === "Deny" || Object.hasOwn(UNEXERCISED, action) || name === ALARMS;

const everything = { kind: "identity", text: '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}' } as const;
/** A call that a policy's denial is about. */
function askOf(policy: string): [action: string, resource: string] {
  const resource = /"(arn:[^"]+)"/.exec(policy)?.[1] ?? "";
  const action = { sqs: "sqs:SendMessage", sns: "sns:Publish", s3: "s3:PutObject" }[resource.split(":")[2] ?? ""] ?? "";
  return [action, resource];
}

/** Resources that the local cloud makes before a policy is asked, in this order. */
const made = [
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:sns/topic:Topic",
  "aws:sqs/queue:Queue",
  "aws:sqs/queuePolicy:QueuePolicy",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:lambda/permission:Permission",
];

describe("the permissions of the program", () => {
  const worlds = useWorlds();
  let graph: Graph;
  let state: string;
  let messaging: StartedMessaging;
  let services: Services;
  let attempts: Record<string, Attempt>;
  let roles: ReadonlyMap<string, string>;

  before(async () => {
    // What the worlds are made of: their evaluation is taken again.
    graph = (await evaluateProgram({ over: { consumers: { audit: null, loyalty: {} } } })).resources;
    state = mkdtempSync(join(tmpdir(), "order-fanout-permissions-"));
    messaging = await startMessaging("eu-west-1");
    services = fakeServices(state, { messaging: Promise.resolve(messaging.messaging) });
    for (const type of made) for (const resource of resourcesOf(graph, type)) await provision(resource, services);
    attempts = attemptsOf(graph, services, messaging);
    roles = rolesOf(graph);
  });
  after(async () => {
    await messaging.stop();
    rmSync(state, { recursive: true });
  });

  /** What became of a journey, and by which statements its calls were allowed. */
  async function travel(name: string, enforced = true): Promise<{ outcome: unknown; used: ReadonlySet<string> }> {
    const world = worlds.create();
    const used = new Set<string>();
    if (enforced) {
      const use = (_role: string, action: string, by: string) => void used.add(`${by} ${action}`);
      world.around = judged(services.access, roles, use);
    }
    const outcome = await journeys[name]?.(world);
    // The next world has the same tables.
    for (const index of [world.stack.outbox.index, ON_HOLD_INDEX])
      await world.database.empty({ ...world.stack.outbox, index });
    return { outcome, used };
  }

  it("suffice for every journey, and each is missed where it is taken out", async function () {
    const normal = new Map<string, { outcome: unknown; used: ReadonlySet<string> }>();
    for (const name of Object.keys(journeys)) {
      const free = await travel(name, false);
      const bound = await travel(name);
      expect(bound.outcome, name).to.deep.equal(free.outcome);
      normal.set(name, bound);
    }

    /** Whether a journey that used the permission ends otherwise without it. */
    const missedInJourney: Attempt = async ({ name, statement, action }) => {
      const [first] = [...normal].filter(([, { used }]) => used.has(`${name} ${statement} ${action}`));
      if (first === undefined) return false;
      const { outcome } = await travel(first[0]);
      return JSON.stringify(outcome) !== JSON.stringify(first[1].outcome);
    };

    const superfluous: string[] = [];
    const taken = grantedIn(graph).filter((granted) => !isUnexercised(granted));
    for (const granted of taken) {
      const { type, name, statement, action } = granted;
      const ofHandler = type === "aws:iam/rolePolicy:RolePolicy" && !/^(sqs|lambda):/.test(action);
      const isMissed = ofHandler ? missedInJourney : attempts[type];
      if (isMissed === undefined) throw new Error(`nothing here asks for ${action} of ${type} ${name}`);
      if (!ofHandler && (await isMissed(granted))) superfluous.push(`${name} ${statement} ${action}, which is there`);
      await provision(granted.without, services);
      if (!(await isMissed(granted))) superfluous.push(`${name} ${statement} ${action}`);
      await provision(granted.resource, services);
    }
    console.log(`      ${taken.length} actions taken out, ${taken.length - superfluous.length} caught`);
    expect(superfluous).to.deep.equal([]);
    expect(taken).to.have.length.above(60);
  });

  it("deny everything that comes without TLS, each denial by itself", () => {
    const denials = grantedIn(graph).filter(({ effect }) => effect === "Deny");
    const judge = ({ resource, without }: Granted) =>
      [resource, without].map(({ inputs }) => {
        const text = String(inputs["policy"]);
        const statements = statementsOf({ kind: "resource", text, resource: resource.name, name: resource.name });
        const [action = "", target = ""] = askOf(text);
        const anything = statementsOf({ ...everything, resource: "role", name: "role" });
        const request = { action, resource: target, context: { "aws:securetransport": "false" } };
        return judgePolicies({ identity: anything, resource: statements }, request).allowed;
      });
    expect(denials).to.have.length.above(10);
    expect(denials.map(judge)).to.deep.equal(denials.map(() => [false, true]));
  });

  it("that nothing exercises here are named, each with AWS's page, in docs/fidelity.md too", async () => {
    const inside = await evaluate("dev", { network: "private", zones: ["a", "c"], tags: {} });
    const all = [...grantedIn(graph), ...grantedIn(inside)];
    const known = new Set(all.map(({ action }) => action));
    expect(Object.keys(UNEXERCISED).filter((action) => !known.has(action))).to.deep.equal([]);
    const foreign = grantedIn(inside).filter((granted) => granted.action.startsWith("ec2:") && !isUnexercised(granted));
    expect(foreign).to.deep.equal([]);
    const page = readFileSync(join(root, "docs/fidelity.md"), "utf8");
    for (const [action, url] of Object.entries(UNEXERCISED)) {
      expect(page).to.include(`\`${action}\``);
      expect(page).to.include(url);
    }
  });
});
