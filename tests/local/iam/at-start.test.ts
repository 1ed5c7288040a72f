import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FunctionConfig } from "../../../local/lambda/execution-environment.ts";
import type { Services } from "../../../local/shared/services.ts";
import { createScheduler, type Schedule } from "../../../local/scheduler/scheduler.ts";
import { until } from "../../support/until.ts";
import { fakeFunctions } from "../support/functions.ts";
import { startTestMapping } from "../support/mapping.ts";
import { startMessaging, type StartedMessaging } from "../support/messaging.ts";
import { noHistory } from "../support/no-history.ts";
import { fakeServices, make } from "../support/services.ts";

const FUNCTION = "aws:lambda/function:Function";
const ROLE = "aws:iam/role:Role";
const POLICY = "aws:iam/rolePolicy:RolePolicy";
const SCHEDULE = "aws:scheduler/schedule:Schedule";
const roleArn = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
const packer = "arn:aws:lambda:eu-west-1:000000000000:function:packer:live";

const document = (Statement: object) => JSON.stringify({ Version: "2012-10-17", Statement });
const trusts = (Service: string, over = {}) =>
  document({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole", ...over });
const inAccount = (account: string) => ({ Condition: { StringEquals: { "aws:SourceAccount": account } } });

describe("the local cloud's start", () => {
  let state: string;
  let services: Services;
  let messaging: StartedMessaging;
  before(async () => {
    messaging = await startMessaging("eu-west-1");
  });
  after(() => messaging.stop());
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "order-fanout-start-"));
    services = fakeServices(state, { messaging: Promise.resolve(messaging.messaging) });
  });
  afterEach(() => rmSync(state, { recursive: true }));

  /** What is wrong with a resource; "" where it was made. */
  const mistake = async (type: string, name: string, inputs: Record<string, unknown>): Promise<string> => {
    try {
      await make(services, type, name, inputs);
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const lambda = (role: string) => ({
    role: roleArn(role),
    handler: "index.handler",
    runtime: "nodejs24.x",
    code: { assets: {} },
  });
  const addTrust = (role: string, Service: string) =>
    `Add to the trust policy of the role ${role}: {"Effect":"Allow","Principal":{"Service":"${Service}"},"Action":"sts:AssumeRole"}`;

  it("wants the role of a function to admit Lambda, in AWS's words", async () => {
    await make(services, ROLE, "open", { assumeRolePolicy: trusts("lambda.amazonaws.com") });
    await make(services, ROLE, "closed", { assumeRolePolicy: trusts("ec2.amazonaws.com") });
    const refused = (role: string) =>
      `${FUNCTION} "packer": The role defined for the function cannot be assumed by Lambda. ${addTrust(role, "lambda.amazonaws.com")}`;
    expect([
      await mistake(FUNCTION, "packer", lambda("open")),
      await mistake(FUNCTION, "packer", lambda("closed")),
      await mistake(FUNCTION, "packer", lambda("missing")),
    ]).to.deep.equal(["", refused("closed"), refused("missing")]);
  });

  it("wants the role of a schedule to admit the scheduler, on behalf of this account", async () => {
    const scheduler = "scheduler.amazonaws.com";
    await make(services, ROLE, "ours", { assumeRolePolicy: trusts(scheduler, inAccount("000000000000")) });
    await make(services, ROLE, "theirs", { assumeRolePolicy: trusts(scheduler, inAccount("111111111111")) });
    const schedule = (role: string) => ({
      scheduleExpression: "rate(1 minute)",
      target: { arn: packer, roleArn: roleArn(role) },
    });
    expect([
      await mistake(SCHEDULE, "each-minute", schedule("ours")),
      await mistake(SCHEDULE, "each-minute", schedule("theirs")),
    ]).to.deep.equal([
      "",
      `${SCHEDULE} "each-minute": The execution role you provide must allow AWS EventBridge Scheduler to assume the role. ${addTrust("theirs", scheduler)}`,
    ]);
  });

  it("refuses what gives a role permissions that are not known here", async () => {
    const assumeRolePolicy = trusts("lambda.amazonaws.com");
    const attached = { role: "r", policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" };
    const cure = "Write the statements into a RolePolicy.";
    expect([
      await mistake(ROLE, "r", { assumeRolePolicy, managedPolicyArns: [], permissionsBoundary: "b" }),
      await mistake("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", attached),
    ]).to.deep.equal([
      `${ROLE} "r": managedPolicyArns, permissionsBoundary is not implemented. ${cure}`,
      `aws:iam/rolePolicyAttachment:RolePolicyAttachment "a": managed policies are not implemented. ${cure}`,
    ]);
  });

  it("names the resource whose policy it does not understand, wherever policies are", async () => {
    const Statement = { Effect: "Allow", Principal: { AWS: "1" }, Action: "sqs:SendMessage", Resource: "*" };
    const policy = document(Statement);
    const foreign = [
      [ROLE, { assumeRolePolicy: document({ ...Statement, Resource: undefined }) }],
      [POLICY, { role: "r", policy: document({ ...Statement, Principal: undefined, NotAction: "*" }) }],
      ["aws:sqs/queuePolicy:QueuePolicy", { queueUrl: "http://127.0.0.1/000000000000/q", policy }],
      ["aws:sqs/queue:Queue", { policy }],
      ["aws:sns/topicPolicy:TopicPolicy", { arn: "arn:aws:sns:eu-west-1:000000000000:t", policy }],
      ["aws:s3/bucketPolicy:BucketPolicy", { bucket: "b", policy }],
    ] as const;
    for (const [type, inputs] of foreign) {
      expect(await mistake(type, "x", inputs)).to.match(new RegExp(`^${type} "x": statement 1: .*not implemented`));
    }
    expect(
      await mistake("aws:lambda/permission:Permission", "x", {
        action: "lambda:InvokeFunction",
        function: "f",
        principal: "111111111111",
      }),
    ).to.match(/^aws:lambda\/permission:Permission "x": a principal that is not a service is not implemented/);
  });

  it("wants the function's role to allow each action of polling, in AWS's words", async () => {
    const queue = messaging.messaging.putQueue("polled", {});
    const config = { role: roleArn("poller") } as FunctionConfig;
    const { access } = services;
    const polling = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    const mapped = async (Action: string[]): Promise<string> => {
      const text = document({ Effect: "Allow", Action, Resource: queue.arn });
      access.putRolePolicy("poller", { kind: "identity", text, resource: "p", name: "p" });
      try {
        const functions = fakeFunctions({ find: () => config });
        const mapping = await startTestMapping(messaging.messaging, queue, { access, functions });
        await mapping.stop();
        return "";
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    const without = (action: string) => mapped(polling.filter((one) => one !== action));
    const refused = (action: string) =>
      `event source mapping of ${queue.arn}: The function execution role does not have permissions to call ${action} on SQS. ` +
      `Add to the policy of the role poller: {"Effect":"Allow","Action":"sqs:${action}","Resource":"${queue.arn}"}`;
    expect([await mapped(polling), ...(await Promise.all(polling.map(without)))]).to.deep.equal([
      "",
      ...polling.map((action) => refused(action.replace("sqs:", ""))),
    ]);
  });

  it("lets a schedule run nothing that its role may not invoke, and says so once", async () => {
    const notes: string[] = [];
    const invoked: string[] = [];
    const { access } = services;
    const text = document({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: packer });
    access.putRolePolicy("may", { kind: "identity", text, resource: "p", name: "p" });
    const schedule = (name: string): Schedule => ({
      name,
      everyMs: 1_000,
      functionArn: packer,
      roleArn: roleArn(name),
      event: name,
    });
    const functions = fakeFunctions({
      invoke: async (_reference, event) => (invoked.push(String(event)), { ok: true, payload: "null" }),
    });
    const note = (said: string) => void notes.push(said);
    const running = createScheduler({ functions, access, history: noHistory, note, speed: 1 });
    running.update([schedule("may-not"), schedule("may")]);
    await until("two runs", () => invoked.length >= 2);
    await running.stop();
    expect(new Set(invoked)).to.deep.equal(new Set(["may"]));
    expect(notes).to.deep.equal([
      `schedule may-not runs nothing. Add to the policy of the role may-not: {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"${packer}"}`,
    ]);
  });
});
