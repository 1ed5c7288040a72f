import type { IncomingMessage, ServerResponse } from "node:http";
import { sessionOf, type Access } from "../iam/access.ts";
import { asksOf, PHONE_NUMBER, type Ask, type Place } from "../iam/asks.ts";
import type { Verdict } from "../iam/evaluate.ts";
import type { Ses } from "../outside/ses.ts";
import { arn } from "../shared/names.ts";
import type { CallLog } from "./call-log.ts";
import { recordCall, type JudgedCall } from "./record-call.ts";
import { notImplemented } from "./served.ts";
import type { AwsCall, AwsError } from "./protocol.ts";
import { serviceCallOf } from "./service-call.ts";

/** What the calls of functions are judged with. */
export interface PermissionsArgs {
  readonly access: Access;
  readonly region: string;
  /** Says what an e-mail needs. */
  readonly ses: Pick<Ses, "resourcesOf">;
  /** Takes a record of each call. */
  readonly calls: Pick<CallLog, "add">;
  /** Tells the person of a call that was refused. */
  readonly note: (text: string) => void;
}

/** Judges the calls of functions, each by its role. */
export interface Permissions {
  /** The error of a call that its function's role may not make. */
  judge(call: AwsCall, request: IncomingMessage, response: ServerResponse, body: Buffer): AwsError | undefined;
}

/** An ask, and what came of it. */
interface Judged extends Ask {
  readonly verdict: Verdict;
}

/** Services whose answers are kept nowhere: SSM's have secrets in them. */
const SECRET = new Set(["ssm"]);

/** Refusals that are told of once; then they begin to be told of again. */
const MOST_TOLD = 1_000;

/** Judges with the policies that the program has. */
export function createPermissions({ access, region, ses, calls, note }: PermissionsArgs): Permissions {
  const place: Place = {
    arnOf: (service, resource) => arn(service, region, resource),
    sendingResources: ses.resourcesOf,
  };
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (told.has(text)) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(text);
    note(text);
  };

  const record = (
    { service, operation, caller = "", form }: AwsCall,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    judged: readonly Judged[],
  ): void => {
    const asked = judged.map(({ action, resource, verdict: { statement } }) => ({
      action,
      resource,
      ...(statement !== undefined && { statement }),
    }));
    const allowed = judged.every(({ verdict }) => verdict.allowed);
    // The function's next call of the kind goes straight to the database, with this as its record: worker.cjs.
    if (allowed && service === "dynamodb")
      response.setHeader("x-local-asked", encodeURIComponent(JSON.stringify(asked)));
    const call: JudgedCall = {
      function: caller,
      operation: `${service}:${operation}`,
      verdict: allowed ? "allowed" : "denied",
      asked,
      body: () => (form ? [...form.values()].join("\n") : body.toString()),
    };
    recordCall(request, response, call, calls, SECRET.has(service));
  };

  return {
    judge: (call, request, response, body) => {
      const { caller = "" } = call;
      const asked = serviceCallOf(call, request, body);
      const asks = asksOf(asked, place);
      if (asks === undefined) {
        const { status, code } = notImplemented(asked);
        const message = `The permissions of ${asked.service} ${asked.operation} are not known to the local cloud: no function may call it. Describe it in local/iam/asks.ts.`;
        return { status, code, message };
      }
      const role = access.roleOf(caller) ?? "";
      const judged = asks.map((ask): Judged => ({ ...ask, verdict: access.judge(role, ask.action, ask.resource) }));
      const refused = judged.find(({ verdict }) => !verdict.allowed);
      record(call, request, response, body, judged);
      if (refused === undefined) return undefined;
      const cure = cureOf(refused, role);
      tell(`${caller} is not allowed ${refused.action} on ${refused.resource}. ${cure}`);
      return refusalOf(call.service, sessionOf(role, caller), refused, cure);
    },
  };
}

/** What makes a refused call allowed. */
function cureOf({ action, resource, verdict }: Judged, role: string): string {
  if (!verdict.allowed && verdict.statement !== undefined) return `The statement ${verdict.statement} denies it.`;
  const named = resource === PHONE_NUMBER ? { NotResource: "arn:aws:sns:*:*:*" } : { Resource: resource };
  return `Add to the policy of the role ${role}: ${JSON.stringify({ Effect: "Allow", Action: action, ...named })}`;
}

/** Status and code of a refusal, by service. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const codes: Readonly<Record<string, Pick<AwsError, "status" | "code">>> = {
  dynamodb: { status: 400, code: "AccessDeniedException" },
  logs: { status: 400, code: "AccessDeniedException" },
  s3: { status: 403, code: "AccessDenied" },
  sns: { status: 403, code: "AuthorizationError" },
  sqs: { status: 403, code: "AccessDenied" },
};
const elsewhere = { status: 403, code: "AccessDeniedException" };

/** An action as a service's errors write it. */
const spelled: Readonly<Record<string, (action: string) => string>> = {
  sns: (action) => action.replace(/^sns:/, "SNS:"),
  sqs: (action) => action.toLowerCase(),
};

/** The refusal in the service's own words, and after them what to do about it. */
function refusalOf(service: string, user: string, { action, resource, verdict }: Judged, cure: string): AwsError {
  const called = spelled[service]?.(action) ?? action;
  const kind = verdict.allowed ? "identity" : verdict.kind;
  const why =
    !verdict.allowed && verdict.statement !== undefined
      ? `with an explicit deny in ${kind === "identity" ? "an" : "a"} ${kind}-based policy`
      : `because no ${kind}-based policy allows the ${called} action`;
  const message =
    service === "ses"
      ? `User \`${user}' is not authorized to perform \`${called}' on resource \`${resource}'`
      : `User: ${user} is not authorized to perform: ${called} on resource: ${service === "s3" ? `"${resource}"` : resource} ${why}`;
  return { ...(codes[service] ?? elsewhere), message: `${message}. ${cure}` };
}
