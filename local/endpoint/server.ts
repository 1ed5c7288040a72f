import { createServer, IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { authenticate } from "./authenticate.ts";
import { describeCall, sendError, type AwsCall, type AwsError } from "./protocol.ts";
import type { Journal } from "../outside/journal.ts";
import type { Delivery } from "../lambda/deliveries.ts";
import type { Hosts } from "../outside/hosts.ts";
import type { DynamoDb } from "../dynamodb/server.ts";
import { FaultSettings, type Faults } from "./faults.ts";
import { answerLogs, type LogGroup } from "./logs.ts";
import type { Mailbox } from "../outside/mailbox.ts";
import type { Messaging } from "../messaging/server.ts";
import { listen, readBody } from "../shared/http.ts";
import { parseJson } from "../shared/json.ts";
import { messageOf, personKey } from "../shared/names.ts";
import type { Logs } from "../shared/logs.ts";
import type { Part } from "../shared/parts.ts";

/** What stands behind the endpoint. */
export interface EndpointArgs {
  readonly port: number;
  /** Calls wait until it has started. */
  readonly dynamodb: Promise<DynamoDb>;
  /** Calls wait until it has started. */
  readonly messaging: Promise<Messaging>;
  /** Whose calls are answered: people's key, and each function's name. */
  readonly accessKeys: ReadonlySet<string>;
  /** Takes e-mails and SMS. */
  readonly mailbox: Mailbox;
  /** How each delivery of messages was answered. */
  readonly deliveries: Journal<Delivery>;
  /** Answers the requests of functions to the internet. */
  readonly hosts: Hosts;
  /** What goes wrong with the calls of functions. */
  readonly faults: Faults;
  /** The functions' log groups, by name. */
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  /** What the functions logged. */
  readonly logs: Logs;
}

/** The one AWS endpoint: any SDK, and `aws --endpoint-url`, work against it. Paths under /_local/ are ours, not AWS's. */
export async function start(args: EndpointArgs): Promise<Part> {
  const server = createServer((request, response) => {
    serve(request, response, args).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: messageOf(error) }));
    });
  });
  server.keepAliveTimeout = 60_000; // longer than the SDK's own, or a reused socket is reset now and then
  await listen(server, args.port, "the AWS endpoint");
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, args: EndpointArgs): Promise<void> {
  const body = (await readBody(request)) ?? Buffer.alloc(0);
  if (request.url?.startsWith("/_local/")) return serveLocal(request, response, body, args);
  const call = describeCall(request, body);
  const refused = authenticate(call.caller, call.service, args.accessKeys);
  if (refused) return sendError(response, call.service, refused);
  if (call.caller !== personKey) {
    const fault = await meetFaults(call, request, response, args.faults);
    if (fault) return sendError(response, call.service, fault);
  }
  if (call.service === "dynamodb") return proxy(await args.dynamodb, request, response, body);
  if (call.service === "logs") {
    const answer = await answerLogs(call.action.slice("logs:".length), body.toString(), args);
    return "error" in answer ? sendError(response, "logs", answer.error) : sendJson(response, 200, answer.body);
  }
  if (call.service === "ses") {
    const { status, errorType, body: answer } = args.mailbox.sendEmail(body.toString(), invocationOf(request));
    return sendJson(response, status, answer, errorType ? { "x-amzn-errortype": errorType } : {});
  }
  if (call.action === "sns:Publish" && call.form?.has("PhoneNumber") && !call.form.has("TopicArn")) {
    const messageId = args.mailbox.sendSms(call.form, invocationOf(request));
    response.writeHead(200, { "content-type": "text/xml" });
    return void response.end(
      `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${messageId}</MessageId></PublishResult>` +
        `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`,
    );
  }
  const { app } = await args.messaging;
  app.routing(replay(request, body, call.service === "sqs" ? "/" : undefined), response);
}

/** The request id of the invocation that made the call, from the trace header that the SDK sends along. */
function invocationOf({ headers }: IncomingMessage): string | undefined {
  return /^Root=1-([\w-]+)/.exec(String(headers["x-amzn-trace-id"] ?? ""))?.[1];
}

const throttled: Record<AwsCall["service"], AwsError> = {
  dynamodb: { status: 400, code: "ThrottlingException", message: "Rate of requests exceeds the allowed throughput." },
  sqs: { status: 400, code: "RequestThrottled", message: "Rate exceeded" },
  sns: { status: 429, code: "Throttled", message: "Rate exceeded" },
  ses: { status: 429, code: "TooManyRequestsException", message: "Too many requests" },
  s3: { status: 503, code: "SlowDown", message: "Please reduce your request rate." },
  logs: { status: 400, code: "ThrottlingException", message: "Rate exceeded" },
};

/** The error to answer with instead of making the call, if any; otherwise the answer may be held back or lost. */
async function meetFaults(
  call: AwsCall,
  request: IncomingMessage,
  response: ServerResponse,
  faults: Faults,
): Promise<AwsError | undefined> {
  if (call.service === "sns" && faults.get().snsDown)
    return { status: 503, code: "ServiceUnavailable", message: "SNS is down" };
  if (faults.happens("throttle")) return throttled[call.service];
  if (call.action === "dynamodb:TransactWriteItems" && faults.happens("conflict")) {
    return {
      status: 400,
      code: "TransactionCanceledException",
      message: "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
      more: { CancellationReasons: [{ Code: "TransactionConflict", Message: "Transaction is ongoing for the item" }] },
    };
  }
  await holdOrLose(request, response, faults);
  return undefined;
}

async function holdOrLose(request: IncomingMessage, response: ServerResponse, faults: Faults): Promise<void> {
  if (faults.happens("lost")) {
    response.writeHead = () => response;
    response.write = () => true;
    response.end = () => {
      request.socket.destroy();
      return response;
    };
  }
  const late = faults.lateness();
  if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
}

function proxy(dynamodb: DynamoDb, request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const headers = { ...request.headers, host: dynamodb.endpoint.host };
  const outgoing = httpRequest(
    dynamodb.endpoint,
    { agent: dynamodb.agent, method: request.method, path: request.url, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on("error", (error) => {
    const message = `the local DynamoDB does not answer: ${error.message}`;
    if (response.headersSent) response.destroy();
    else sendError(response, "dynamodb", { status: 500, code: "InternalServerError", message });
  });
  outgoing.end(body);
}

/** The request again, for fauxqs to read: its body has been read here. SDKs post to the queue's URL; fauxqs wants `/`. */
function replay(request: IncomingMessage, body: Buffer, url = request.url): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  const { method, headers, rawHeaders, httpVersion } = request;
  Object.assign(copy, { method, url, headers, rawHeaders, httpVersion, complete: true });
  copy.push(body);
  copy.push(null);
  return copy;
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function serveLocal(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  args: EndpointArgs,
): Promise<void> {
  const path = request.url?.split("?")[0] ?? "";
  const key = `${request.method} ${path}`;
  if (path.startsWith("/_local/internet/")) return serveInternet(request, response, body, args);
  if (key === "GET /_local/mailbox") return sendJson(response, 200, args.mailbox.list());
  if (key === "GET /_local/deliveries") return sendJson(response, 200, args.deliveries.entries);
  if (key === "GET /_local/hosts") return sendJson(response, 200, args.hosts.list());
  if (key === "GET /_local/faults") return sendJson(response, 200, args.faults.get());
  if (key === "DELETE /_local/faults") args.faults.set({});
  else if (key === "PUT /_local/faults") {
    const settings = FaultSettings.safeParse(parseJson(body.toString()));
    if (!settings.success) return sendJson(response, 400, { message: settings.error.message });
    args.faults.set(settings.data);
  } else return sendJson(response, 404, { message: `there is no ${key}` });
  return sendJson(response, 200, args.faults.get());
}

/** A function's request to the world outside: hosts that are played answer, no other exists. */
async function serveInternet(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { hosts, faults }: EndpointArgs,
): Promise<void> {
  const { "x-local-url": url, "x-local-method": method, ...given } = request.headers;
  if (typeof url !== "string" || typeof method !== "string")
    return sendJson(response, 400, { message: "not from a function" });
  await holdOrLose(request, response, faults);
  const headers = Object.fromEntries(Object.entries(given).map(([name, value = ""]) => [name, String(value)]));
  const { answer, note } = hosts.answer({ method, url: new URL(url), headers, text: body.toString() });
  const told = note === undefined ? {} : { "x-local-note": encodeURIComponent(note) };
  if (answer === undefined) return sendJson(response, 502, {}, { "x-local-no-such-host": "1", ...told });
  sendJson(response, answer.status, answer.body, { ...answer.headers, ...told });
}
