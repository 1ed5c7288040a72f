import * as z from "zod";
import type { Access } from "../../../local/iam/access.ts";
import { asksOf, type Place } from "../../../local/iam/asks.ts";
import { arn } from "../../../local/shared/names.ts";
import { createSes } from "../../../local/outside/ses.ts";
import type { Graph } from "../evaluate.ts";
import type { Around } from "../world/world.ts";
import { asLocal, resourcesOf } from "./granted.ts";

const region = "eu-west-1";
const { resourcesOf: sendingResources } = createSes({
  mailbox: { capture: () => undefined },
  region,
  speed: 1,
});
const place: Place = { arnOf: (service, resource) => arn(service, region, resource), sendingResources };

const Lambda = z.object({ role: z.string(), environment: z.object({ variables: z.record(z.string(), z.string()) }) });

/** The role of each function, by the name of its handler: a consumer's, a route's key, or `relay`. */
export const rolesOf = (graph: Graph): ReadonlyMap<string, string> =>
  new Map(
    resourcesOf(graph, "aws:lambda/function:Function").map(({ inputs }) => {
      const { role, environment } = Lambda.parse(inputs);
      return [environment.variables["NAME"] ?? "", role.split("/").at(-1) ?? ""];
    }),
  );

/** Judges every call of a world's functions by their roles, and refuses it as AWS does; `used` hears of what was allowed. */
export const judged =
  (
    access: Access,
    roles: ReadonlyMap<string, string>,
    used: (role: string, action: string, by: string) => void,
  ): Around =>
  (handler, call, perform) => {
    if (call.service === "https") return perform();
    const asks = asksOf(call, place);
    if (asks === undefined) throw new Error(`${call.service} ${call.operation}: local/iam/asks.ts does not know it`);
    const role = roles.get(handler) ?? "";
    for (const { action, resource } of asks) {
      const verdict = access.judge(role, action, asLocal(resource));
      if (verdict.allowed) {
        used(role, action, verdict.statement);
        continue;
      }
      const refusal = new Error(`${handler} is not authorized to perform: ${action} on resource: ${resource}`);
      throw Object.assign(refusal, { name: "AccessDeniedException", $fault: "client" });
    }
    return perform();
  };
