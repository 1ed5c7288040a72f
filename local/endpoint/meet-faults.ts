import type { IncomingMessage, ServerResponse } from "node:http";
import type { Faults } from "./faults.ts";
import type { AwsCall, AwsError } from "./protocol.ts";

const throttled: Readonly<Record<string, AwsError>> = {
  dynamodb: { status: 400, code: "ThrottlingException", message: "Rate of requests exceeds the allowed throughput." },
  sqs: { status: 400, code: "RequestThrottled", message: "Rate exceeded" },
  sns: { status: 429, code: "Throttled", message: "Rate exceeded" },
  ses: { status: 429, code: "TooManyRequestsException", message: "Too many requests" },
  s3: { status: 503, code: "SlowDown", message: "Please reduce your request rate." },
};
const throttledElsewhere: AwsError = { status: 400, code: "ThrottlingException", message: "Rate exceeded" };

/** The error to answer with instead of making the call, if any; otherwise the answer may be held back or lost. */
export async function meetFaults(
  call: AwsCall,
  request: IncomingMessage,
  response: ServerResponse,
  faults: Faults,
): Promise<AwsError | undefined> {
  if (call.service === "sns" && faults.get().snsDown)
    return { status: 503, code: "ServiceUnavailable", message: "SNS is down" };
  if (faults.happens("throttle")) return throttled[call.service] ?? throttledElsewhere;
  if (call.service === "dynamodb" && call.operation === "TransactWriteItems" && faults.happens("conflict")) {
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

/** Waits as long as a slow host of the outside takes. */
export async function meetHost(host: string, faults: Faults): Promise<void> {
  const ms = faults.get().slowHosts?.[host] ?? 0;
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Holds an answer back, or keeps it from ever coming. */
export async function holdOrLose(request: IncomingMessage, response: ServerResponse, faults: Faults): Promise<void> {
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
