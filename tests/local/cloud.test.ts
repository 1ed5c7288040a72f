import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { CloudProcess } from "../support/cloud-process.ts";
import { until } from "../support/until.ts";
import { programFile, Project } from "./support/project.ts";
import { webPagesSuite } from "./web-pages.ts";

const Outputs = z.looseObject({
  topicArn: z.string(),
  queueUrl: z.string(),
  windowedUrl: z.string(),
  filledUrl: z.string(),
  deadLetterQueueUrl: z.string(),
  tableName: z.string(),
  bucketName: z.string(),
  functionName: z.string(),
  briefName: z.string(),
});
const Batch = z.looseObject({
  at: z.number(),
  records: z.array(
    z.looseObject({ messageId: z.string(), body: z.string(), attributes: z.record(z.string(), z.string()) }),
  ),
});

let project: Project;
let cloud: CloudProcess;
let outputs: z.infer<typeof Outputs>;
let sqs: SQSClient;

function act(body: object, headers: Record<string, string> = {}, path = "/act"): Promise<Response> {
  const all = { "content-type": "application/json", ...headers };
  return fetch(cloud.apiUrl + path, { method: "POST", body: JSON.stringify(body), headers: all });
}

async function done(body: object): Promise<unknown> {
  return (await act(body)).json();
}

const broken = { message: "Internal Server Error" };

function send(body: string): Promise<unknown> {
  return sqs.send(new SendMessageCommand({ QueueUrl: outputs.queueUrl, MessageBody: body }));
}

/** The batches that the worker got with this body in them. */
function batchesOf(body: string): z.infer<typeof Batch>[] {
  const batches = cloud.logged("worker").flatMap(({ log }) => Batch.safeParse(log).data ?? []);
  return batches.filter(({ records }) => records.some((record) => record.body === body));
}

function deadLetter(body: string): Promise<Message> {
  const receive = new ReceiveMessageCommand({
    QueueUrl: outputs.deadLetterQueueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 0,
    MessageSystemAttributeNames: ["All"],
  });
  const find = async () => (await sqs.send(receive)).Messages?.find((message) => message.Body === body);
  return until(`dead letter ${body}`, find);
}

describe("The local cloud:", () => {
  before(async () => {
    project = new Project(programFile("program.ts"));
    cloud = await project.start(["--speed", "20"]);
    outputs = Outputs.parse(await cloud.ready);
    sqs = new SQSClient(cloud.client());
  });

  after(() => project.remove());

  describe("its HTTP API", () => {
    it("gives the function a request in payload format 2.0", async () => {
      const response = await fetch(`${cloud.apiUrl}/echo/a%20b?x=1&x=2&y=%26`, {
        method: "POST",
        body: "Grüße",
        headers: { "content-type": "text/plain", "X-Upper": "One", cookie: "a=1; b=2" },
      });
      const event = z.looseObject({ headers: z.record(z.string(), z.string()) }).parse(await response.json());
      expect(event).to.deep.include({
        version: "2.0",
        routeKey: "ANY /echo/{thing}",
        rawPath: "/echo/a b",
        rawQueryString: "x=1&x=2&y=%26",
        cookies: ["a=1", "b=2"],
        queryStringParameters: { x: "1,2", y: "&" },
        pathParameters: { thing: "a b" },
        body: "Grüße",
        isBase64Encoded: false,
      });
      expect(event.headers).to.include({ "x-upper": "One" }).and.not.have.property("cookie");
      expect(event["requestContext"]).to.deep.include({ accountId: "000000000000", stage: "$default" });
      expect(response.headers.get("apigw-requestid")).to.match(/.+/);
    });

    it("gives bodies that are no text as base64", async () => {
      const body = Buffer.from([0, 255, 1]);
      const response = await fetch(`${cloud.apiUrl}/echo/x`, {
        method: "PUT",
        body,
        headers: { "content-type": "image/png" },
      });
      expect(await response.json()).to.include({ body: "AP8B", isBase64Encoded: true });
    });

    it("sends a status, headers, cookies and a body, or any other result as JSON", async () => {
      const value = {
        statusCode: 201,
        headers: { Location: "/x" },
        cookies: ["a=1", "b=2"],
        body: "AQI=",
        isBase64Encoded: true,
      };
      const response = await act({ act: "return", value });
      expect(response.status).to.equal(201);
      expect(response.headers.get("location")).to.equal("/x");
      expect(response.headers.getSetCookie()).to.deep.equal(["a=1", "b=2"]);
      expect([...new Uint8Array(await response.arrayBuffer())]).to.deep.equal([1, 2]);
      const bare = await act({ act: "return", value: { any: "thing" } });
      expect(bare.headers.get("content-type")).to.equal("application/json");
      expect([bare.status, await bare.text()]).to.deep.equal([200, '{"any":"thing"}']);
      expect((await act({ act: "return", value: { statusCode: "no" } })).status).to.equal(500);
    });

    it("answers 404 by itself for a path or a method that has no route", async () => {
      for (const [method, path] of [
        ["GET", "/nowhere"],
        ["GET", "/act"],
        ["POST", "/act/"],
        ["HEAD", "/context"],
      ] as const) {
        expect((await fetch(cloud.apiUrl + path, { method })).status, `${method} ${path}`).to.equal(404);
      }
    });

    it("answers a preflight and adds CORS headers for an allowed origin alone", async () => {
      const preflight = (origin: string) =>
        fetch(`${cloud.apiUrl}/act`, {
          method: "OPTIONS",
          headers: { origin, "access-control-request-method": "POST" },
        });
      const allowed = await preflight("https://shop.example");
      expect(allowed.status).to.equal(204);
      expect(allowed.headers.get("access-control-allow-origin")).to.equal("https://shop.example");
      expect(allowed.headers.get("access-control-allow-methods")).to.equal("POST");
      expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).to.equal(null);
      const answer = await act({ act: "return", value: {} }, { origin: "https://shop.example" });
      expect(answer.headers.get("access-control-expose-headers")).to.equal("location");
    });

    it("throttles a route above its burst", async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${cloud.apiUrl}/echo/limited`)));
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 200)).to.have.length(2);
      expect(await refused[0]?.json()).to.deep.equal({ message: "Too Many Requests" });
    });

    it("refuses a body over 10 MB", async () => {
      const response = await fetch(`${cloud.apiUrl}/act`, { method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) });
      expect([response.status, await response.json()]).to.deep.equal([413, { message: "Request Entity Too Large" }]);
    });

    it("does not call a function that has no permission for it", async () => {
      const response = await fetch(`${cloud.apiUrl}/unpermitted`);
      expect([response.status, await response.json()]).to.deep.equal([500, broken]);
    });
  });

  describe("a function", () => {
    it("has its own environment, and none of the parent's", async () => {
      const context = z.looseObject({ environment: z.record(z.string(), z.string()) });
      const { environment, ...rest } = context.parse(await (await fetch(`${cloud.apiUrl}/context`)).json());
      expect(rest).to.include({ name: outputs.functionName, memory: "128" });
      const { _X_AMZN_TRACE_ID: trace, ...own } = environment;
      expect(trace).to.match(/^Root=1-/);
      expect(own).to.deep.equal({
        COLOUR: "blue",
        LEASE_SECONDS: "3",
        TZ: "UTC",
        AWS_REGION: "eu-west-1",
        AWS_ENDPOINT_URL: cloud.endpoint,
        AWS_ACCESS_KEY_ID: outputs.functionName,
        AWS_SECRET_ACCESS_KEY: "local",
        AWS_LAMBDA_FUNCTION_NAME: outputs.functionName,
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
        AWS_LAMBDA_FUNCTION_TIMEOUT: "60",
      });
    });

    it("is ended at its timeout, at its exit, at a floating rejection and out of memory, and hurts nobody else", async () => {
      // Whatever is not about time has plenty of it: a busy machine takes a while to run out of memory.
      const brief = [{ act: "sleep", ms: 600_000 }, { act: "spin" }];
      const acts = [{ act: "exit" }, { act: "reject" }, { act: "hoard" }];
      const late = brief.map(async (body) => (await act(body, {}, "/brief")).json());
      const [good, ...bad] = await Promise.all([done({ act: "return", value: { done: "well" } }), ...acts.map(done)]);
      expect(good).to.deep.equal({ done: "well" });
      expect([...bad, ...(await Promise.all(late))]).to.deep.equal([...acts, ...brief].map(() => broken));
      const Ended = z.object({
        log: z.object({ level: z.literal("error"), message: z.string(), function: z.string(), route: z.string() }),
      });
      const endings = await until("five endings", () => {
        const entries = [...cloud.logged("api"), ...cloud.logged("brief")];
        const found = entries.flatMap((entry) => Ended.safeParse(entry).data?.log ?? []);
        return found.length >= acts.length + brief.length ? found : undefined;
      });
      const ending = (message: string, name = outputs.functionName, route = "POST /act") => {
        return { level: "error", message, function: name, route };
      };
      const timedOut = ending("Sandbox.Timedout: Task timed out after 1.00 seconds", outputs.briefName, "POST /brief");
      expect(endings.sort((one, other) => (one.message < other.message ? -1 : 1))).to.deep.equal([
        ending("Error: floating"),
        ending("Runtime.ExitError: Runtime exited with error: exit status 3"),
        ending("Runtime.OutOfMemory: Runtime exited with error: signal: killed (out of 128 MB)"),
        timedOut,
        timedOut,
      ]);
      expect(await done({ act: "on" })).to.deep.equal({ done: "on" });
    });
  });

  describe("an event source mapping", () => {
    it("delivers what the topic's filter lets through, as SQS would", async () => {
      const sns = new SNSClient(cloud.client());
      const publish = (type: string) =>
        sns.send(
          new PublishCommand({
            TopicArn: outputs.topicArn,
            Message: `is ${type}`,
            MessageAttributes: { type: { DataType: "String", StringValue: type } },
          }),
        );
      await publish("order.rejected");
      await publish("order.placed");
      const [batch] = await until("the event", () =>
        batchesOf("is order.placed").length > 0 ? batchesOf("is order.placed") : undefined,
      );
      expect(batchesOf("is order.rejected")).to.deep.equal([]);
      expect(batch?.records[0]).to.deep.include({
        messageAttributes: {
          type: { stringValue: "order.placed", stringListValues: [], binaryListValues: [], dataType: "String" },
        },
        eventSource: "aws:sqs",
        awsRegion: "eu-west-1",
      });
      expect(batch?.records[0]?.attributes).to.have.all.keys(
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
      );
    });

    it("retries what failed alone, and sets it aside after exactly maxReceiveCount receives", async () => {
      const Entries = ["good-1", "fail", "good-2"].map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: outputs.queueUrl, Entries }));
      await deadLetter("fail");
      expect(batchesOf("fail")).to.have.length(3);
      expect([batchesOf("good-1"), batchesOf("good-2")].map((batches) => batches.length)).to.deep.equal([1, 1]);
    });

    it("takes a thrown error, an unknown id and an answer that is none as the whole batch's failure", async () => {
      await Promise.all(["throw", "unknown", "nonsense"].map(send));
      await Promise.all(["throw", "unknown", "nonsense"].map((body) => deadLetter(body)));
    });

    it("gathers a batch until it is full, above ten messages", async () => {
      const batch = (from: number) =>
        new SendMessageBatchCommand({
          QueueUrl: outputs.filledUrl,
          Entries: Array.from({ length: 8 }, (_, index) => ({ Id: String(index), MessageBody: `f${from + index}` })),
        });
      await Promise.all([0, 8].map((from) => sqs.send(batch(from))));
      const [whole] = await until("the batch", () => batchesOf("f15").length > 0 && batchesOf("f15"));
      expect(whole?.records).to.have.length(16);
    });

    it("hands over a batch that is not full when its window is over", async () => {
      const began = Date.now();
      await sqs.send(new SendMessageCommand({ QueueUrl: outputs.windowedUrl, MessageBody: "windowed" }));
      const [batch] = await until("the batch", () => batchesOf("windowed").length > 0 && batchesOf("windowed"));
      expect(Number(batch?.at) - began).to.be.at.least(950);
    });
  });

  describe("its AWS endpoint", () => {
    it("serves DynamoDB and S3 to an SDK, and nobody with an unknown access key", async () => {
      const dynamodb = new DynamoDBClient(cloud.client());
      const s3 = new S3Client(cloud.client());
      await dynamodb.send(new PutItemCommand({ TableName: outputs.tableName, Item: { id: { S: "1" } } }));
      const got = await dynamodb.send(new GetItemCommand({ TableName: outputs.tableName, Key: { id: { S: "1" } } }));
      expect(got.Item).to.deep.equal({ id: { S: "1" } });
      await s3.send(new PutObjectCommand({ Bucket: outputs.bucketName, Key: "a/b", Body: "content" }));
      const object = await s3.send(new GetObjectCommand({ Bucket: outputs.bucketName, Key: "a/b" }));
      expect(await object.Body?.transformToString()).to.equal("content");
      const stranger = new DynamoDBClient(cloud.client("stranger"));
      const refused: unknown = await stranger
        .send(new GetItemCommand({ TableName: outputs.tableName, Key: { id: { S: "1" } } }))
        .catch((error: unknown) => error);
      expect(refused).to.include({ name: "UnrecognizedClientException" });
    });

    /** A signed request to a service, as any SDK in any language would make it. */
    const aws = async (service: string, method: string, path: string, init: RequestInit = {}) => {
      const scope = `Credential=local/20261101/eu-west-1/${service}/aws4_request`;
      const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`;
      const headers = { ...init.headers, authorization };
      const response = await fetch(cloud.endpoint + path, { ...init, method, headers });
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    const json = (target: string) => ({ headers: { "x-amz-target": target }, body: "{}" });
    const form = (action: string) => ({ body: new URLSearchParams({ Action: action, Version: "2010-05-08" }) });

    it("answers every service and operation that it does not serve with 501 and its name, in the service's protocol", async () => {
      const refusals = await Promise.all([
        aws("kms", "POST", "/", json("TrentService.Encrypt")),
        aws("iam", "POST", "/", form("CreateUser")),
        aws("apigateway", "GET", "/v2/apis"),
        aws("lambda", "DELETE", `/2015-03-31/functions/${outputs.functionName}`),
        aws("ses", "GET", "/v2/email/identities"),
        aws("sns", "POST", "/", form("CreatePlatformApplication")),
        aws("sqs", "POST", "/", json("AmazonSQS.StartMessageMoveTask")),
        aws("dynamodb", "POST", "/", json("DynamoDB_20120810.CreateBackup")),
        aws("s3", "GET", `/${outputs.bucketName}?versioning`),
        aws("s3", "GET", `/${outputs.bucketName}/a/b?uploadId=1`),
      ]);
      const said = refusals.map(({ status, text }) => {
        const [, inXml] = /<Code>NotImplemented<\/Code><Message>(.*)<\/Message>/.exec(text) ?? [];
        const Answer = z.looseObject({ __type: z.literal("NotImplemented"), message: z.string() });
        return [status, (inXml ?? Answer.parse(JSON.parse(text)).message).split(/[;.]/)[0]];
      });
      expect(said).to.deep.equal(
        [
          "kms Encrypt",
          "iam CreateUser",
          "apigateway GET /v2/apis",
          `lambda DELETE /2015-03-31/functions/${outputs.functionName}`,
          "ses GET /v2/email/identities",
          "sns CreatePlatformApplication",
          "sqs StartMessageMoveTask",
          "dynamodb CreateBackup",
          "s3 GET with versioning",
          "s3 GET with uploadId",
        ].map((what) => [501, `${what} is not served by the local cloud`]),
      );
      expect(refusals[0]?.text).to.include("served are dynamodb, lambda, logs, s3, ses, sns, sqs, ssm, sts.");
      expect(refusals[4]?.text).to.include("served are SendEmail.");
    });

    it("knows a caller and a service by a presigned URL too, and a listing's parameters from operations", async () => {
      const presigned = new URLSearchParams({ "X-Amz-Credential": "local/20261101/eu-west-1/s3/aws4_request" });
      const listing = `${cloud.endpoint}/${outputs.bucketName}?list-type=2&prefix=&delimiter=%2F`;
      const [signed, unsigned] = await Promise.all([fetch(`${listing}&${presigned.toString()}`), fetch(listing)]);
      expect([signed.status, unsigned.status]).to.deep.equal([200, 403]);
      expect(await signed.text()).to.include("<ListBucketResult");
    });

    it("serves the reading and invoking part of Lambda", async () => {
      const functions = "/2015-03-31/functions";
      const invoke = (name: string, event: object, headers = {}) =>
        aws("lambda", "POST", `${functions}/${name}/invocations`, { headers, body: JSON.stringify(event) });
      const name = outputs.functionName;
      const value = { any: "thing" };
      const doing = (body: object) => ({ rawPath: "/act", body: JSON.stringify(body) });
      const [done, failed, queued, dry, nobody] = await Promise.all([
        invoke(`arn:aws:lambda:eu-west-1:000000000000:function:${name}`, doing({ act: "return", value })),
        invoke(name, {}),
        invoke(name, doing({ act: "return" }), { "x-amz-invocation-type": "Event" }),
        invoke(name, {}, { "x-amz-invocation-type": "DryRun" }),
        invoke("nobody", {}),
      ]);
      expect([done.status, done.text, done.headers.get("x-amz-executed-version")]).to.deep.equal([
        200,
        JSON.stringify(value),
        "$LATEST",
      ]);
      expect([failed.status, failed.headers.get("x-amz-function-error")]).to.deep.equal([200, "Unhandled"]);
      expect(JSON.parse(failed.text)).to.include({ errorType: "TypeError" });
      expect([queued, dry, nobody].map(({ status }) => status)).to.deep.equal([202, 204, 404]);

      const Listed = z.object({
        Functions: z.array(z.looseObject({ FunctionName: z.string() })),
        NextMarker: z.string().optional(),
      });
      const list = async (query = "") => Listed.parse(JSON.parse((await aws("lambda", "GET", functions + query)).text));
      const all = await list();
      const [first, rest] = [await list("?MaxItems=1"), await list("?Marker=1")];
      const got: unknown = JSON.parse((await aws("lambda", "GET", `${functions}/${name}`)).text);
      expect(all.Functions.map(({ FunctionName }) => FunctionName.replace(/-[^-]+$/, ""))).to.deep.equal([
        ...["api", "brief", "unpermitted", "worker"],
      ]);
      expect([...first.Functions, ...rest.Functions]).to.deep.equal(all.Functions);
      expect([all.NextMarker, first.NextMarker]).to.deep.equal([undefined, "1"]);
      expect(got).to.deep.equal({ Configuration: all.Functions[0] });
      expect(all.Functions[0]).to.deep.include({
        FunctionName: name,
        Runtime: "nodejs24.x",
        Timeout: 60,
        State: "Active",
      });
    });

    it("captures e-mails and SMS, and refuses an address that bounces", async () => {
      const ses = new SESv2Client(cloud.client());
      const email = (to: string) =>
        new SendEmailCommand({
          FromEmailAddress: "orders@example.com",
          Destination: { ToAddresses: [to] },
          Content: { Simple: { Subject: { Data: "Hello" }, Body: { Text: { Data: "Text" } } } },
          EmailTags: [{ Name: "orderId", Value: "o1" }],
        });
      await ses.send(email("ada@example.com"));
      const refused: unknown = await ses.send(email("bounce@example.com")).catch((error: unknown) => error);
      expect(refused).to.include({ name: "MessageRejected" });
      const attribute = { DataType: "String", StringValue: "o2" };
      await new SNSClient(cloud.client()).send(
        new PublishCommand({
          PhoneNumber: "+442071234567",
          Message: "Sent",
          MessageAttributes: { orderId: attribute },
        }),
      );
      const messages = z.array(z.looseObject({ at: z.string() })).parse(await cloud.local("mailbox"));
      expect(messages.map(({ at, ...message }) => (expect(Date.parse(at)).to.be.above(0), message))).to.deep.equal([
        { channel: "email", to: "ada@example.com", subject: "Hello", text: "Text", orderId: "o1" },
        { channel: "sms", to: "+442071234567", subject: "", text: "Sent", orderId: "o2" },
      ]);
    });

    it("has SES refuse what the limits that it is told do not allow, until they are taken away", async () => {
      const put = (settings: object) => cloud.local("ses", { method: "PUT", body: JSON.stringify(settings) });
      const Simple = { Subject: { Data: "Hello" }, Body: { Text: { Data: "Text" } } };
      const input = {
        FromEmailAddress: "orders@example.com",
        Destination: { ToAddresses: ["ada@example.com"] },
        Content: { Simple },
      };
      const send = (caller?: string) =>
        new SESv2Client(cloud.client(caller)).send(new SendEmailCommand(input)).then(
          () => "sent",
          (error: Error) => `${error.name}: ${error.message}`,
        );
      try {
        expect(await put({ ratePerSecond: 0 })).to.have.property("message");
        expect(await put({ dailyQuota: 0 })).to.deep.equal({ dailyQuota: 0 });
        expect(await send()).to.equal("TooManyRequestsException: Daily message quota exceeded.");
        await put({ configurationSet: "shop-mail" });
        expect(await send(outputs.functionName)).to.match(
          /^AccessDeniedException: .*configuration-set\/shop-mail'\. Add to the policy /,
        );
      } finally {
        expect(await cloud.local("ses", { method: "DELETE" })).to.deep.equal({});
      }
      expect(await send(outputs.functionName)).to.equal("sent");
    });

    it("brings about the faults that it is told to, for functions alone", async () => {
      const put = (settings: object) => cloud.local("faults", { method: "PUT", body: JSON.stringify(settings) });
      const item = { TableName: outputs.tableName, Key: { id: { S: "1" } } };
      const asFunction = () =>
        new DynamoDBClient(cloud.client(outputs.functionName)).send(new GetItemCommand(item)).then(
          () => "done",
          (error: Error) => error.name,
        );
      try {
        expect(await put({ throttle: 2 })).to.have.property("message");
        await put({ throttle: 1 });
        expect(await asFunction()).to.equal("ThrottlingException");
        expect(
          (await new DynamoDBClient(cloud.client()).send(new GetItemCommand(item))).$metadata.httpStatusCode,
        ).to.equal(200);
        await put({ lost: 1 });
        expect(await asFunction()).to.not.equal("done");
        await put({ kill: 1, hostsDown: ["carrier.test"] });
        expect(await done({ act: "sleep", ms: 600_000 })).to.deep.equal(broken);
        await put({ repeat: 1, seed: 7 });
        await send("again");
        await until("a second delivery", () => (batchesOf("again").length > 1 ? true : undefined));
      } finally {
        expect(await cloud.local("faults", { method: "DELETE" })).to.deep.equal({});
      }
      expect(await asFunction()).to.equal("done");
    });

    it("listens on loopback alone, like everything here", function () {
      if (process.platform !== "linux") this.skip();
      const family = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number));
      const pids = new Set([cloud.pid]);
      for (let round = 0; round < 3; round += 1)
        for (const [pid = 0, parent = 0] of family) if (pids.has(parent)) pids.add(pid);
      const inodes = execFileSync(
        "find",
        [...[...pids].map((pid) => `/proc/${pid}/fd`), "-lname", "socket:*", "-printf", "%l\n"],
        { encoding: "utf8" },
      );
      const sockets = new Set(inodes.match(/\d+/g));
      const rows = ["tcp", "tcp6"].flatMap((kind) =>
        readFileSync(join("/proc/net", kind), "utf8").split("\n").slice(1),
      );
      const listening = rows
        .map((row) => row.trim().split(/\s+/))
        .filter((row) => row[3] === "0A" && sockets.has(row[9] ?? ""));
      expect(listening).to.have.length(3);
      // Linux writes an address's bytes backwards; dynoxide's is a random one of 127.0.0.0/8.
      const addresses = listening.map((row) => row[1]?.split(":")[0] ?? "");
      for (const address of addresses) expect(address).to.match(/7F$/);
      expect(addresses.filter((address) => address !== "0100007F")).to.have.length(1);
    });
  });

  webPagesSuite(() => ({ cloud, topicArn: outputs.topicArn, bucketName: outputs.bucketName }));
});
