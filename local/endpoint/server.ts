import { createServer, IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { authenticate } from "./authenticate.ts";
import { serveControl, type ControlArgs } from "./control.ts";
import { meetFaults } from "./meet-faults.ts";
import { describeCall, sendError, sendJson } from "./protocol.ts";
import type { DynamoDb } from "../dynamodb/server.ts";
import { answerLogs, type LogGroup } from "./logs.ts";
import type { Messaging } from "../messaging/server.ts";
import { listen, readBody } from "../shared/http.ts";
import { messageOf, personKey } from "../shared/names.ts";
import type { Logs } from "../shared/logs.ts";
import type { Part } from "../shared/parts.ts";

/** What stands behind the endpoint. */
export interface EndpointArgs extends ControlArgs {
  readonly port: number;
  /** Calls wait until it has started. */
  readonly dynamodb: Promise<DynamoDb>;
  /** Calls wait until it has started. */
  readonly messaging: Promise<Messaging>;
  /** Whose calls are answered: people's key, and each function's name. */
  readonly accessKeys: ReadonlySet<string>;
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
  if (request.url?.startsWith("/_local/")) return serveControl(request, response, body, args);
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
    const caller = call.caller === personKey ? undefined : call.caller;
    const { status, errorType, body: answer } = args.ses.sendEmail(body.toString(), caller, invocationOf(request));
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
