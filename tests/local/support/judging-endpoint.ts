import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnsweredCall } from "../../../local/endpoint/call-log.ts";
import { createPermissions } from "../../../local/endpoint/permissions.ts";
import { describeCall, sendError } from "../../../local/endpoint/protocol.ts";
import { createAccess } from "../../../local/iam/access.ts";
import { createSes } from "../../../local/outside/ses.ts";
import { readBody } from "../../../local/shared/http.ts";
import { listening } from "../../support/listening.ts";

const region = "eu-west-1";

/** Judges what the SDK's clients send, as the function `seller` of the role `seller-role`, and does nothing of it. */
export async function startJudging() {
  const notes: string[] = [];
  const recorded: AnsweredCall[] = [];
  const calls = { add: (call: AnsweredCall) => void recorded.push(call) };
  let access = createAccess();
  const ses = createSes({
    mailbox: { capture: () => undefined },
    region,
    speed: 1,
  });
  let permissions = createPermissions({ access, region, ses, calls, note: (text) => notes.push(text) });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request)) ?? Buffer.alloc(0);
    const call = describeCall(request, body);
    const refused = permissions.judge(call, request, response, body);
    if (refused) return sendError(response, call, refused);
    response.writeHead(418).end();
  };
  const { server, url } = await listening((request, response) => void answer(request, response));
  return {
    server,
    client: {
      region,
      endpoint: url,
      maxAttempts: 1,
      credentials: { accessKeyId: "seller", secretAccessKey: "local" },
    },
    notes,
    recorded,
    access: () => access,
    /** Begins anew: the role may do these. */
    allow: (statements: readonly object[]) => {
      access = createAccess();
      access.assume("seller", "arn:aws:iam::000000000000:role/seller-role");
      const text = JSON.stringify({ Statement: statements });
      access.putRolePolicy("seller-role", { kind: "identity", text, resource: "seller-policy", name: "seller-policy" });
      permissions = createPermissions({ access, region, ses, calls, note: (said) => notes.push(said) });
    },
  };
}
