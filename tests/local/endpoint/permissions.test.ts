import { expect } from "chai";
import * as z from "zod";
import { awsCalls } from "../support/aws-calls.ts";
import { startJudging } from "../support/judging-endpoint.ts";

const region = "eu-west-1";
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:000000000000:${resource}`;
const user = "arn:aws:sts::000000000000:assumed-role/seller-role/seller";

const Refusal = z.object({
  name: z.string(),
  message: z.string(),
  $metadata: z.object({ httpStatusCode: z.number().optional() }),
});
const Added = z.object({
  Action: z.string(),
  Resource: z.string().optional(),
  NotResource: z.string().optional(),
});

/** What a client was answered; undefined where the call went through. */
async function refusalOf(send: () => Promise<unknown>) {
  const { name, message, $metadata } = Refusal.parse(await send().catch((error: unknown) => error));
  return $metadata.httpStatusCode === 418 ? undefined : { name, message, status: $metadata.httpStatusCode };
}

describe("a call of a function on the local cloud", () => {
  let started: Awaited<ReturnType<typeof startJudging>>;
  let send: ReturnType<typeof awsCalls>;
  before(async () => {
    started = await startJudging();
    send = awsCalls(started.client);
  });
  beforeEach(() => {
    started.allow([]);
    started.notes.length = 0;
    started.recorded.length = 0;
  });
  after(() => started.server.close());

  /** Adds the statement that each refusal asks for, until the call goes through: what it needs, in turn. */
  async function needs(call: () => Promise<unknown>): Promise<string[]> {
    const added: z.output<typeof Added>[] = [];
    for (let refused; (refused = await refusalOf(call));) {
      added.push(Added.parse(JSON.parse(/\{.*\}$/.exec(refused.message)?.[0] ?? refused.message)));
      started.allow(added.map((statement) => ({ Effect: "Allow", ...statement })));
    }
    return added.map(({ Action, Resource, NotResource }) => `${Action} on ${Resource ?? `all but ${NotResource}`}`);
  }

  const [orders, stock, index] = ["table/orders", "table/stock", "table/orders/index/outbox"].map((name) =>
    arn("dynamodb", name),
  );
  const topic = arn("sns", "events");
  const calls: Readonly<Record<string, readonly [() => Promise<unknown>, readonly string[]]>> = {
    "reading an item": [() => send.item(), [`dynamodb:GetItem on ${orders}`]],
    "a query": [() => send.query(), [`dynamodb:Query on ${orders}`]],
    "a query of an index": [() => send.query("outbox"), [`dynamodb:Query on ${index}`]],
    "a batch of reads": [
      () => send.getBatch(),
      [`dynamodb:BatchGetItem on ${orders}`, `dynamodb:BatchGetItem on ${stock}`],
    ],
    "a batch of writes": [() => send.writeBatch(), [`dynamodb:BatchWriteItem on ${stock}`]],
    "a transaction": [
      () => send.transaction(),
      [
        `dynamodb:PutItem on ${orders}`,
        `dynamodb:UpdateItem on ${stock}`,
        `dynamodb:ConditionCheckItem on ${stock}`,
        `dynamodb:DeleteItem on ${orders}`,
      ],
    ],
    "a publication": [() => send.publish(), [`sns:Publish on ${topic}`]],
    "a batch of publications": [() => send.publishBatch(), [`sns:Publish on ${topic}`]],
    "an SMS": [() => send.sms(), ["sns:Publish on all but arn:aws:sns:*:*:*"]],
    "a batch of messages": [() => send.messages(), [`sqs:SendMessage on ${arn("sqs", "work")}`]],
    "an object": [() => send.object(), ["s3:PutObject on arn:aws:s3:::lake/events/a b.ndjson"]],
    "a large object": [() => send.largeObject(), ["s3:PutObject on arn:aws:s3:::lake/large"]],
    "a list of objects": [() => send.listing(), ["s3:ListBucket on arn:aws:s3:::lake"]],
    "an e-mail": [
      () => send.email(),
      [
        `ses:SendEmail on ${arn("ses", "identity/shop@shop.test")}`,
        `ses:SendEmail on ${arn("ses", "configuration-set/shop-mail")}`,
      ],
    ],
    "an invocation": [() => send.invocation(), [`lambda:InvokeFunction on ${arn("lambda", "function:packer:live")}`]],
    "a list of functions": [() => send.functions(), ["lambda:ListFunctions on *"]],
    "reading logs": [() => send.logs(), [`logs:FilterLogEvents on ${arn("logs", "log-group:shop:log-stream:")}`]],
  };
  it("needs what its operation needs, for each part of a transaction and each table of a batch, and no more", async () => {
    const found: Record<string, string[]> = {};
    for (const [what, [call]] of Object.entries(calls)) {
      started.allow([]);
      found[what] = await needs(call);
    }
    expect(found).to.deep.equal(Object.fromEntries(Object.entries(calls).map(([what, [, asks]]) => [what, asks])));
  });

  const add = (Action: string, resource: object) =>
    `. Add to the policy of the role seller-role: ${JSON.stringify({ Effect: "Allow", Action, ...resource })}`;
  const because = (action: string) => `because no identity-based policy allows the ${action} action`;
  const refused = (status: number, name: string, Action: string, on: string, spelled = Action, said = on) => {
    const message = `User: ${user} is not authorized to perform: ${spelled} on resource: ${said} ${because(spelled)}`;
    return { name, status, message: message + add(Action, { Resource: on }) };
  };
  const [large, work] = ["arn:aws:s3:::lake/large", arn("sqs", "work")];
  const identity = arn("ses", "identity/shop@shop.test");
  const noNumber = refused(403, "AuthorizationErrorException", "sns:Publish", "a phone number", "SNS:Publish");
  const refusals: Readonly<Record<string, readonly [() => Promise<unknown>, object]>> = {
    DynamoDB: [() => send.item(), refused(400, "AccessDeniedException", "dynamodb:GetItem", `${orders}`)],
    SNS: [() => send.publish(), refused(403, "AuthorizationErrorException", "sns:Publish", topic, "SNS:Publish")],
    "SNS, without a number": [
      () => send.sms(),
      {
        ...noNumber,
        message: noNumber.message.replace('"Resource":"a phone number"', '"NotResource":"arn:aws:sns:*:*:*"'),
      },
    ],
    SQS: [() => send.messages(), refused(403, "AccessDenied", "sqs:SendMessage", work, "sqs:sendmessage")],
    S3: [() => send.largeObject(), refused(403, "AccessDenied", "s3:PutObject", large, "s3:PutObject", `"${large}"`)],
    SES: [
      () => send.email(),
      {
        name: "AccessDeniedException",
        status: 403,
        message:
          `User \`${user}' is not authorized to perform \`ses:SendEmail' on resource \`${identity}'` +
          add("ses:SendEmail", { Resource: identity }),
      },
    ],
    Lambda: [() => send.functions(), refused(403, "AccessDeniedException", "lambda:ListFunctions", "*")],
  };
  it("is refused as each service does, with the statement to add", async () => {
    const found: Record<string, unknown> = {};
    for (const [service, [call]] of Object.entries(refusals)) found[service] = await refusalOf(call);
    expect(found).to.deep.equal(
      Object.fromEntries(Object.entries(refusals).map(([service, [, refusal]]) => [service, refusal])),
    );
  });

  it("is refused by a denial of its role or of the resource, which is named", async () => {
    const anything = { Effect: "Allow", Action: "*", Resource: "*" };
    const denial = { Effect: "Deny", Action: "sns:Publish", Resource: topic };
    started.allow([anything, denial]);
    const byRole = await refusalOf(() => send.publish());
    started.allow([anything]);
    const text = JSON.stringify({ Statement: { ...denial, Principal: "*", Sid: "Closed" } });
    started.access().putResourcePolicy(topic, { kind: "resource", text, resource: "topic", name: "events-policy" });
    const byTopic = await refusalOf(() => send.publish());
    const denied = (kind: string, name: string) =>
      `User: ${user} is not authorized to perform: SNS:Publish on resource: ${topic} with an explicit deny in ${kind}-based policy. The statement ${name} denies it.`;
    expect([byRole?.message, byTopic?.message]).to.deep.equal([
      denied("an identity", "seller-policy 2"),
      denied("a resource", "events-policy Closed"),
    ]);
  });

  it("is told of on the terminal, once", async () => {
    for (let count = 0; count < 3; count++) await refusalOf(() => send.item());
    await refusalOf(() => send.query());
    expect(started.notes).to.deep.equal(
      ["dynamodb:GetItem", "dynamodb:Query"].map(
        (action) => `seller is not allowed ${action} on ${orders}${add(action, { Resource: orders })}`,
      ),
    );
  });

  it("leaves one record, with all that it asked for and the statements that decided", async () => {
    started.allow([{ Effect: "Allow", Action: ["dynamodb:PutItem", "dynamodb:GetItem"], Resource: orders }]);
    await refusalOf(() => send.item());
    await refusalOf(() => send.writeBatch());
    await refusalOf(() => send.publish());
    const statement = "seller-policy 1";
    const denied = (action: string, resource: string) => ({ verdict: "denied", asked: [{ action, resource }] });
    const records = started.recorded.map(({ function: caller, operation, verdict, asked, status }) => ({
      ...{ caller, operation, verdict, asked, status },
    }));
    expect(records).to.deep.equal([
      {
        caller: "seller",
        operation: "dynamodb:GetItem",
        verdict: "allowed",
        asked: [{ action: "dynamodb:GetItem", resource: orders, statement }],
        status: 418,
      },
      {
        caller: "seller",
        operation: "dynamodb:BatchWriteItem",
        ...denied("dynamodb:BatchWriteItem", `${stock}`),
        status: 400,
      },
      { caller: "seller", operation: "sns:Publish", ...denied("sns:Publish", topic), status: 403 },
    ]);
    const last = started.recorded.at(-1);
    expect(last?.body()).to.equal(`Publish\n2010-03-31\nm\n${topic}`);
    expect(last?.answer?.()).to.match(/^<ErrorResponse .*<Code>AuthorizationError</);
  });

  it("is refused where it is not known what it needs, whatever its role allows", async () => {
    started.allow([{ Effect: "Allow", Action: "*", Resource: "*" }]);
    expect(await refusalOf(() => send.statement())).to.deep.equal({
      name: "NotImplemented",
      status: 501,
      message:
        "The permissions of dynamodb ExecuteStatement are not known to the local cloud: no function may call it. Describe it in local/iam/asks.ts.",
    });
  });
});
