import type { IncomingMessage, ServerResponse } from "node:http";
import type { FunctionConfig } from "../lambda/execution-environment.ts";
import { THROTTLED, type Functions } from "../lambda/functions.ts";
import { parseJson } from "../shared/json.ts";
import { sendError, sendJson, type AwsCall } from "./protocol.ts";

/** Lambda's API: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html. */
export async function answerLambda(
  call: AwsCall,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  functions: Functions,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://local");
  if (call.operation === "ListFunctions") {
    return sendJson(response, 200, page(functions, searchParams));
  }
  const named = decodeURIComponent(pathname.split("/")[3] ?? "");
  const qualifier = searchParams.get("Qualifier");
  const reference = qualifier === null ? named : `${named}:${qualifier}`;
  const config = functions.find(reference);
  if (config === undefined) {
    const message = `Function not found: ${reference}`;
    return sendError(response, call, { status: 404, code: "ResourceNotFoundException", message });
  }
  if (call.operation === "GetFunction") {
    const { concurrency } = config;
    const Concurrency = concurrency === undefined ? undefined : { ReservedConcurrentExecutions: concurrency };
    return sendJson(response, 200, { Configuration: configurationOf(config), Concurrency });
  }
  return invoke(call, request, response, body, functions, { reference, version: config.version });
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
async function invoke(
  call: AwsCall,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  functions: Functions,
  { reference, version }: { reference: string; version: string },
): Promise<void> {
  const text = body.length === 0 ? "{}" : body.toString();
  const event = parseJson(text);
  if (event === undefined) {
    const message = "Could not parse request body into json";
    return sendError(response, call, { status: 400, code: "InvalidRequestContentException", message });
  }
  const type = request.headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (type === "DryRun") return sendJson(response, 204, undefined);
  const invoking = functions.invoke(reference, event);
  if (type === "Event") return sendJson(response, 202, undefined);
  const invocation = await invoking;
  if (!invocation.ok && invocation.errorType === THROTTLED) {
    return sendError(response, call, { status: 429, code: THROTTLED, message: "Rate Exceeded." });
  }
  const headers = { "content-type": "application/json", "x-amz-executed-version": version };
  if (invocation.ok) {
    response.writeHead(200, headers);
    return void response.end(invocation.payload);
  }
  const { errorType, errorMessage, trace } = invocation;
  sendJson(response, 200, { errorType, errorMessage, trace }, { ...headers, "x-amz-function-error": "Unhandled" });
}

/** A page of the functions, by name. */
function page(functions: Functions, parameters: URLSearchParams): { Functions: object[]; NextMarker?: string } {
  const names = functions.names().sort();
  const from = Number(parameters.get("Marker") ?? 0);
  const next = from + Math.min(50, Number(parameters.get("MaxItems") ?? 50));
  const Functions = names.slice(from, next).flatMap((name) => {
    const config = functions.find(name);
    return config ? [configurationOf(config)] : [];
  });
  return { Functions, ...(next < names.length && { NextMarker: String(next) }) };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html, as far as it is known here. */
const configurationOf = (config: FunctionConfig): object => ({
  FunctionName: config.name,
  FunctionArn: config.arn,
  Runtime: config.runtime,
  Role: config.role,
  Handler: config.handler,
  Timeout: config.timeoutSeconds,
  MemorySize: config.memorySize,
  Version: config.version,
  PackageType: "Zip",
  State: "Active",
  LastUpdateStatus: "Successful",
  Environment: { Variables: config.environment },
  LoggingConfig: { LogFormat: "Text", LogGroup: config.logGroup },
});
