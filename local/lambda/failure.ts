import * as z from "zod";
import { identify } from "../../contracts/cloud-event.ts";
import { parseJson } from "../shared/json.ts";

const Batch = z.object({ Records: z.array(z.object({ body: z.string() })) });
const Request = z.object({ routeKey: z.string(), requestContext: z.object({ requestId: z.string() }) });

/** Lines for a batch: more would hide the rest of the log. */
const mostRecords = 10;

/** What a function that ended without an answer was doing. */
interface Failed {
  /** The name that the function's own lines carry. */
  readonly name: string;
  readonly message: string;
  /** The event that it was invoked with, as JSON; absent when it was idle or loading. */
  readonly event: string | undefined;
}

/**
 * The log lines of a function that ended without an answer, as it would have written them: for a batch one for each of
 * its records, with order and event; for a request one with its route.
 */
export function failureLines({ name, message, event }: Failed): string[] {
  const timestamp = new Date().toISOString();
  const line = (fields: object) => JSON.stringify({ timestamp, level: "error", message, function: name, ...fields });
  const given = parseJson(event ?? "");
  const batch = Batch.safeParse(given).data?.Records ?? [];
  if (batch.length > 0) {
    const lines = batch.slice(0, mostRecords).map(({ body }) => line(identify(body)));
    return batch.length > mostRecords ? [...lines, line({ moreRecords: batch.length - mostRecords })] : lines;
  }
  const request = Request.safeParse(given).data;
  return [line(request ? { route: request.routeKey, requestId: request.requestContext.requestId } : {})];
}
