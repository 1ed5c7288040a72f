import type { IncomingMessage, ServerResponse } from "node:http";

/** How a service writes requests and answers: https://smithy.io/2.0/aws/protocols/index.html. */
export type Protocol = "json" | "rest-json" | "query" | "rest-xml";

/** One call of an AWS API: who calls what. */
export interface AwsCall {
  /** As the request's signature names it: `dynamodb`. */
  readonly service: string;
  readonly protocol: Protocol;
  /** The access key, which is a function's name; undefined without a signature. */
  readonly caller: string | undefined;
  /** `PutItem`; of a REST service whose operations are not told apart here, the method and the path. */
  readonly operation: string;
  /** The parameters of a query-protocol call (SNS). */
  readonly form?: URLSearchParams;
}

/** Reads a request: the service by its signature's scope, the operation by target, form or path. */
export function describeCall(request: IncomingMessage, body: Buffer): AwsCall {
  const [path = "/", query = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const { caller, service } = credentialOf(request, query);
  const target = request.headers["x-amz-target"];
  if (service !== "s3" && typeof target === "string") {
    const [prefix = "", operation = ""] = target.split(".");
    return { service: service ?? serviceOfTarget(prefix), protocol: "json", caller, operation };
  }
  if (service !== "s3" && request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const form = new URLSearchParams(body.toString());
    return { service: service ?? "sns", protocol: "query", caller, operation: form.get("Action") ?? "", form };
  }
  const known = service ?? (path.startsWith("/v2/email/") ? "ses" : path.startsWith("/2015-03-31/") ? "lambda" : "s3");
  const operation = restOperation(`${request.method} ${path}`);
  return { service: known, protocol: known === "s3" ? "rest-xml" : "rest-json", caller, operation };
}

/**
 * The access key and the service of a signature: in its header, or in a presigned URL that reads from S3. Any other call
 * by a URL alone is one that a page can have a browser make.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function credentialOf({ headers, method }: IncomingMessage, query: string): { caller?: string; service?: string } {
  const header = /Credential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  const presigned = new URLSearchParams(query).get("X-Amz-Credential")?.split("/") ?? [];
  const taken = method === "GET" && presigned[3] === "s3" ? presigned : [];
  const [caller, , , service] = header?.split("/") ?? taken;
  return { ...(caller ? { caller } : {}), ...(service ? { service } : {}) };
}

/** The request id of the invocation that made the call, from the trace header that the SDK sends along. */
export function invocationOf({ headers }: IncomingMessage): string | undefined {
  return /^Root=1-([\w-]+)/.exec(String(headers["x-amzn-trace-id"] ?? ""))?.[1];
}

/** The service of an unsigned request's target, for the protocol in which it is refused. */
function serviceOfTarget(prefix: string): string {
  return { AmazonSQS: "sqs", AmazonSSM: "ssm", Logs_20140328: "logs" }[prefix] ?? "dynamodb";
}

/** The operation behind a REST service's method and path, as far as it is served. */
function restOperation(called: string): string {
  const operations: readonly [string, RegExp][] = [
    ["SendEmail", /^POST \/v2\/email\/outbound-emails$/],
    ["ListFunctions", /^GET \/2015-03-31\/functions\/?$/],
    ["GetFunction", /^GET \/2015-03-31\/functions\/[^/]+$/],
    ["Invoke", /^POST \/2015-03-31\/functions\/[^/]+\/invocations$/],
  ];
  return operations.find(([, pattern]) => pattern.test(called))?.[0] ?? called;
}

/** An error in the caller's protocol. */
export interface AwsError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** DynamoDB's CancellationReasons. */
  readonly more?: object;
}

/** What an operation of a service answers: the response's body, or an error. */
export type Answer = { readonly body: object } | { readonly error: AwsError };

/** The answer of an operation that refuses its input. */
export const refuse = (code: string, message: string): Answer => ({ error: { status: 400, code, message } });

/** Answers with an error as the service would write it. */
export function sendError(
  response: ServerResponse,
  { service, protocol }: Pick<AwsCall, "service" | "protocol">,
  { status, code, message, more }: AwsError,
): void {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  if (protocol === "rest-xml") {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`);
  } else if (protocol === "query") {
    const type = status < 500 ? "Sender" : "Receiver";
    response.writeHead(status, { "content-type": "text/xml" });
    response.end(
      `<ErrorResponse xmlns="http://${service}.amazonaws.com/doc/2010-03-31/"><Error><Type>${type}</Type><Code>${code}</Code><Message>${text}</Message></Error></ErrorResponse>`,
    );
  } else {
    const type = protocol === "json" ? "application/x-amz-json-1.0" : "application/json";
    // The error's name in SQS's older protocol, which SDKs go by: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html.
    const older = service === "sqs" ? { "x-amzn-query-error": `${code};Sender` } : {};
    response.writeHead(status, { "content-type": type, "x-amzn-errortype": code, ...older });
    response.end(
      JSON.stringify({ __type: code, message, ...(service === "dynamodb" ? { Message: message } : {}), ...more }),
    );
  }
}

/** Answers with JSON, or without a body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
