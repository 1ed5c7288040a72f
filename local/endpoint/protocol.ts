import type { IncomingMessage, ServerResponse } from "node:http";

/** The AWS protocols that the endpoint speaks; each has its own shape of an error. */
export type Service = "dynamodb" | "sqs" | "sns" | "ses" | "s3" | "logs";

/** One call of an AWS API: who calls what. */
export interface AwsCall {
  readonly service: Service;
  /** The access key, which is a function's name; undefined without a signature. */
  readonly caller: string | undefined;
  /** `dynamodb:PutItem`; `s3:*`, because nothing here depends on which it is. */
  readonly action: string;
  /** The parameters of a query-protocol call (SNS). */
  readonly form?: URLSearchParams;
}

/** Reads a request as AWS would route it: by target, by form, by path. */
export function describeCall(request: IncomingMessage, body: Buffer): AwsCall {
  const caller = callerOf(request);
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") {
    const service = target.startsWith("AmazonSQS.") ? "sqs" : target.startsWith("Logs_") ? "logs" : "dynamodb";
    return { service, caller, action: `${service}:${target.split(".")[1] ?? ""}` };
  }
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const form = new URLSearchParams(body.toString());
    return { service: "sns", caller, action: `sns:${form.get("Action") ?? ""}`, form };
  }
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (path.startsWith("/v2/email/")) return { service: "ses", caller, action: "ses:SendEmail" };
  return { service: "s3", caller, action: "s3:*" };
}

function callerOf(request: IncomingMessage): string | undefined {
  const credential = /Credential=([^/,\s]+)/.exec(request.headers.authorization ?? "")?.[1];
  return credential ?? /[?&]X-Amz-Credential=([^%/&]+)/.exec(request.url ?? "")?.[1];
}

/** An error in the caller's protocol. */
export interface AwsError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** DynamoDB's CancellationReasons. */
  readonly more?: object;
}

/** Answers with an error as the service would write it. */
export function sendError(response: ServerResponse, service: Service, { status, code, message, more }: AwsError): void {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  if (service === "s3") {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`);
  } else if (service === "sns") {
    const type = status < 500 ? "Sender" : "Receiver";
    response.writeHead(status, { "content-type": "text/xml" });
    response.end(
      `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>${type}</Type><Code>${code}</Code><Message>${text}</Message></Error></ErrorResponse>`,
    );
  } else {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0", "x-amzn-errortype": code });
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
