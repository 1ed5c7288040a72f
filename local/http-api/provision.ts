import * as z from "zod";
import { arn, shortHash } from "../shared/names.ts";
import type { ApiDefinition } from "./server.ts";
import type { Provision } from "../shared/services.ts";
import { nameOf, read, unsupported } from "../shared/inputs.ts";

/** An API before the program has said anything about it. */
export const createApi = (): ApiDefinition => ({
  id: "",
  executionArn: "",
  routes: [],
  authorizers: new Map(),
  integrations: new Map(),
});

/** Makes a definition the same as another. */
export function adoptApi(api: ApiDefinition, other: ApiDefinition): void {
  api.routes.length = 0;
  api.authorizers.clear();
  api.integrations.clear();
  delete api.cors;
  delete api.stage;
  const { id, executionArn, cors, stage } = other;
  Object.assign(api, { id, executionArn, ...(cors && { cors }), ...(stage && { stage }) });
  api.routes.push(...other.routes);
  for (const [key, authorizer] of other.authorizers) api.authorizers.set(key, authorizer);
  for (const [key, integration] of other.integrations) api.integrations.set(key, integration);
}

const Names = z.array(z.string()).default([]);
const Api = z.object({
  protocolType: z.string(),
  corsConfiguration: z
    .object({
      allowOrigins: Names,
      allowMethods: Names,
      allowHeaders: Names,
      exposeHeaders: Names,
      allowCredentials: z.boolean().default(false),
      maxAge: z.number().optional(),
    })
    .optional(),
});

/** The HTTP API; one for a program, since it has one port. */
export const api: Provision = (resource, { api: definition, settings }) => {
  const { protocolType, corsConfiguration: cors } = read(Api, resource);
  if (protocolType !== "HTTP") throw unsupported(resource, `the protocol ${protocolType} is not emulated, only HTTP`);
  if (definition.id !== "") throw unsupported(resource, "a second API is not emulated");
  definition.id = `api${shortHash(resource.urn)}`;
  definition.executionArn = arn("execute-api", settings.region, definition.id);
  if (cors) definition.cors = { ...cors, maxAge: cors.maxAge };
  const outputs = {
    name: nameOf(resource),
    arn: `arn:aws:apigateway:${settings.region}::/apis/${definition.id}`,
    apiEndpoint: `http://127.0.0.1:${settings.port}`,
    executionArn: definition.executionArn,
  };
  return { id: definition.id, outputs };
};

const Integration = z.object({
  integrationType: z.string(),
  integrationUri: z.string(),
  payloadFormatVersion: z.string().optional(),
  timeoutMilliseconds: z.number().default(30_000),
});

/** A Lambda proxy integration, payload format 2.0. */
export const integration: Provision = (resource, { api: definition }) => {
  const inputs = read(Integration, resource);
  if (inputs.integrationType !== "AWS_PROXY" || inputs.payloadFormatVersion !== "2.0") {
    throw unsupported(resource, "only AWS_PROXY integrations with payloadFormatVersion 2.0 are emulated");
  }
  const id = shortHash(resource.urn);
  definition.integrations.set(id, { uri: inputs.integrationUri, timeoutMs: inputs.timeoutMilliseconds });
  return { id, outputs: {} };
};

const Authorizer = z.object({
  authorizerType: z.string(),
  identitySources: Names,
  jwtConfiguration: z.object({ issuer: z.string(), audiences: Names }).optional(),
});

/** A JWT authorizer. What checks signatures is loaded for the program that has one. */
export const authorizer: Provision = async (resource, { api: definition, settings: { speed } }) => {
  const { authorizerType, identitySources, jwtConfiguration } = read(Authorizer, resource);
  const source = "$request.header.Authorization";
  if (authorizerType !== "JWT" || jwtConfiguration === undefined || identitySources.join() !== source)
    throw unsupported(resource, `only JWT authorizers with the identity source ${source} are emulated`);
  const { createJwtAuthorizer } = await import("./jwt-authorizer.ts");
  const id = shortHash(resource.urn);
  definition.authorizers.set(id, createJwtAuthorizer({ ...jwtConfiguration, speed, now: Date.now }));
  return { id, outputs: {} };
};

const Route = z.object({
  routeKey: z.string(),
  target: z.string(),
  authorizationType: z.string().default("NONE"),
  authorizerId: z.string().optional(),
  authorizationScopes: Names,
});

/** A route to an integration. */
export const route: Provision = (resource, { api: definition }) => {
  const { routeKey, target, authorizationType, authorizerId, authorizationScopes } = read(Route, resource);
  const isOpen = authorizationType === "NONE";
  if (!isOpen && authorizationType !== "JWT") throw unsupported(resource, `${authorizationType} is not emulated`);
  definition.routes.push({
    key: routeKey,
    target,
    ...(!isOpen && { authorization: { authorizerId: authorizerId ?? "", scopes: authorizationScopes } }),
  });
  return { id: shortHash(resource.urn), outputs: {} };
};

const Limits = z.object({ throttlingRateLimit: z.number().optional(), throttlingBurstLimit: z.number().optional() });
const Stage = z.object({
  name: z.string(),
  defaultRouteSettings: Limits.optional(),
  routeSettings: z.array(Limits.extend({ routeKey: z.string() })).default([]),
});

function throttleOf(limits: z.infer<typeof Limits> | undefined): { rate: number; burst: number } | undefined {
  const rate = limits?.throttlingRateLimit;
  const burst = limits?.throttlingBurstLimit ?? rate;
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}

/** A stage, with its throttles. */
export const stage: Provision = (resource, { api: definition, settings }) => {
  const inputs = read(Stage, resource);
  if (definition.stage) throw unsupported(resource, "a second stage is not emulated");
  const throttle = throttleOf(inputs.defaultRouteSettings);
  const routeThrottles = new Map<string, { rate: number; burst: number }>();
  for (const { routeKey, ...limits } of inputs.routeSettings) {
    const own = throttleOf(limits);
    if (own) routeThrottles.set(routeKey, own);
  }
  definition.stage = { name: inputs.name, ...(throttle ? { throttle } : {}), routeThrottles };
  const path = inputs.name === "$default" ? "/" : `/${inputs.name}`;
  const outputs = {
    invokeUrl: `http://127.0.0.1:${settings.port}${path}`,
    arn: `arn:aws:apigateway:${settings.region}::/apis/${definition.id}/stages/${inputs.name}`,
    executionArn: `${definition.executionArn}/${inputs.name}`,
  };
  return { id: inputs.name, outputs };
};
