import { start, type ApiDefinition } from "../../../local/http-api/server.ts";
import type { Throttle } from "../../../local/http-api/throttle.ts";
import { noHistory } from "./no-history.ts";
import type { JwtAuthorizer } from "../../../local/http-api/jwt-authorizer.ts";
import type { Invocation } from "../../../local/lambda/execution-environment.ts";
import { createAccess } from "../../../local/iam/access.ts";
import { createRequests, type Requests } from "../../../local/lambda/requests.ts";
import { freePort } from "../../../local/shared/free-port.ts";
import { referenceOf } from "../../../local/shared/names.ts";
import type { Part } from "../../../local/shared/parts.ts";
import { fakeFunctions } from "./functions.ts";

/** An HTTP API alone, whose routes lead to functions that answer at once. */
export interface HttpApiOptions extends Pick<ApiDefinition, "cors"> {
  /** Checks the tokens of requests to the routes that have scopes. */
  readonly authorizer?: JwtAuthorizer;
  /** The scopes of routes, by their keys. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
  /** The name of each route's function. */
  readonly routes: Readonly<Record<string, string>>;
  /** Of every route; none without it. */
  readonly throttle?: Throttle;
  /** What a function answers, by its name and the event. */
  readonly invoke: (name: string, event: unknown) => Invocation | Promise<Invocation>;
  /** Takes the requests. */
  readonly requests?: Requests;
}

/** Starts an HTTP API of the local cloud, without the cloud. */
export async function startHttpApi({
  routes,
  invoke,
  throttle,
  authorizer,
  scopes = {},
  requests = createRequests(),
  ...rest
}: HttpApiOptions): Promise<Part & { url: string }> {
  const port = await freePort();
  const names = Object.values(routes);
  const executionArn = "arn:aws:execute-api:eu-west-1:000000000000:api";
  const uriOf = (name: string) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
  const api: ApiDefinition = {
    ...rest,
    id: "api",
    executionArn,
    routes: Object.entries(routes).map(([key, name]) => ({
      key,
      target: `integrations/${name}`,
      ...(scopes[key] && { authorization: { authorizerId: "jwt", scopes: scopes[key] } }),
    })),
    authorizers: new Map(authorizer && [["jwt", authorizer]]),
    integrations: new Map(names.map((name) => [name, { uri: uriOf(name), timeoutMs: 30_000 }] as const)),
    stage: { name: "$default", routeThrottles: new Map(), ...(throttle && { throttle }) },
  };
  const access = createAccess();
  for (const name of names) {
    const Statement = {
      Effect: "Allow",
      Principal: { Service: "apigateway.amazonaws.com" },
      Action: "lambda:InvokeFunction",
      Resource: uriOf(name),
      Condition: { ArnLike: { "aws:SourceArn": `${executionArn}/*/*` } },
    };
    access.putResourcePolicy(uriOf(name), {
      kind: "resource",
      text: JSON.stringify({ Statement }),
      resource: name,
      name,
    });
  }
  const functions = fakeFunctions({ invoke: async (reference, event) => invoke(referenceOf(reference).name, event) });
  const asked = { requests, history: noHistory, open: Promise.resolve(), graceMs: 0 };
  const part = await start({ port, api, functions, access, ...asked });
  return { ...part, url: `http://127.0.0.1:${port}` };
}
