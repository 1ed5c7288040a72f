import { createServer, IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { authenticate } from "./authenticate.ts";
import { serveControl, type ControlArgs } from "./control.ts";
import { meetFaults } from "./meet-faults.ts";
import type { Permissions } from "./permissions.ts";
import { describeCall, invocationOf, sendError, sendJson, type AwsCall, type AwsError } from "./protocol.ts";
import { notImplemented, refuseUnserved } from "./served.ts";
import { isVisitor, refuseControl, refusePageCall } from "./web-pages.ts";
import type { DynamoDb } from "../dynamodb/server.ts";
import { answerLambda } from "./lambda.ts";
import { logsOperations, type LogGroup } from "./logs.ts";
import type { Page } from "../page/serve.ts";
import { refuseHost } from "../shared/host.ts";
import { listen, readBody } from "../shared/http.ts";
import { parseJson } from "../shared/json.ts";
import { messageOf, personKey } from "../shared/names.ts";
import type { Part } from "../shared/parts.ts";
import { ssmOperations, type SsmApiArgs } from "../ssm/operations.ts";

/** What stands behind the endpoint. */
export interface EndpointArgs extends ControlArgs, SsmApiArgs {
  readonly port: number;
  /** Whose calls are answered: people's key, and each function's name. */
  readonly accessKeys: ReadonlySet<string>;
  /** Judges what functions call. */
  readonly permissions: Permissions;
  /** The functions' log groups, by name. */
  readonly logGroups: ReadonlyMap<string, LogGroup>;
}

/** The most bytes of a body: they are kept in memory. AWS's limits are the services' own, up to 5 GB for an S3 object. */
const maxBody = 10 * 1024 * 1024;
const tooLarge: AwsError = {
  status: 413,
  code: "RequestEntityTooLarge",
  message: "The local cloud takes bodies of at most 10 MB.",
};

/** The one AWS endpoint: any SDK, and `aws --endpoint-url`, work against it. Paths under /_local/ are ours, not AWS's. */
export async function start(args: EndpointArgs): Promise<Part> {
  let opened: Promise<Page> | undefined;
  // Its code is loaded when somebody comes: the start has no time for it.
  const page = () => (opened ??= import("../page/serve.ts").then(({ createPage }) => createPage(args)));
  const server = createServer((request, response) => {
    serve(request, response, args, page).catch((error: unknown) => {
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

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  args: EndpointArgs,
  page: () => Promise<Page>,
): Promise<void> {
  const isControl = /^\/_local(\/|$)/.test(request.url ?? "");
  const stranger =
    refuseHost(request, args.port) ?? (isControl ? refuseControl(request, args.token) : refusePageCall(request));
  if (stranger !== undefined) return sendJson(response, 403, { message: stranger });
  const body = await readBody(request, maxBody);
  if (body === undefined) return sendError(response, describeCall(request, Buffer.alloc(0)), tooLarge);
  if (isVisitor(request)) return void response.writeHead(302, { location: "/_local/" }).end();
  if (isControl) return serveControl(request, response, body, args, page);
  const call = describeCall(request, body);
  const refused = authenticate(call, args.accessKeys) ?? refuseUnserved(call, request);
  if (refused) return sendError(response, call, refused);
  if (call.caller !== personKey) {
    const forbidden = args.permissions.judge(call, request, response, body);
    if (forbidden) return sendError(response, call, forbidden);
    const fault = await meetFaults(call, request, response, args.faults);
    if (fault) return sendError(response, call, fault);
  }
  if (call.service === "dynamodb") return proxy(call, await args.dynamodb, request, response, body);
  if (call.service === "lambda") return answerLambda(call, request, response, body, await args.functions);
  if (call.service === "logs" || call.service === "ssm") {
    const operations = call.service === "logs" ? logsOperations : ssmOperations;
    const answer = await operations[call.operation]?.(parseJson(body.toString()), args);
    if (answer && "body" in answer) return sendJson(response, 200, answer.body);
    return sendError(response, call, answer?.error ?? notImplemented(call));
  }
  if (call.service === "ses") {
    const { status, errorType, body: answer } = args.ses.sendEmail(body.toString(), invocationOf(request));
    return sendJson(response, status, answer, errorType ? { "x-amzn-errortype": errorType } : {});
  }
  if (call.operation === "Publish" && call.form?.has("PhoneNumber") && !call.form.has("TopicArn")) {
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

/** Hands a call to the local database; an operation that it does not know is a 501 of ours. */
function proxy(
  call: AwsCall,
  dynamodb: DynamoDb,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const headers = { ...request.headers, host: dynamodb.endpoint.host };
  const outgoing = httpRequest(
    dynamodb.endpoint,
    { agent: dynamodb.agent, method: request.method, path: request.url, headers },
    (answer) => {
      if (answer.statusCode === 200) {
        response.writeHead(200, answer.headers);
        return void answer.pipe(response);
      }
      buffer(answer).then((content) => {
        if (/^(<|\{"__type":"[^"]*)UnknownOperationException/.test(content.toString()))
          return sendError(response, call, notImplemented(call));
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.end(content);
      }, failed);
    },
  );
  const failed = (error: Error): void => {
    const message = `the local DynamoDB does not answer: ${error.message}`;
    if (response.headersSent) response.destroy();
    else sendError(response, call, { status: 500, code: "InternalServerError", message });
  };
  outgoing.on("error", failed);
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
