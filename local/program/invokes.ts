import { createHash } from "node:crypto";
import * as z from "zod";
import { account, LocalCloudError } from "../shared/names.ts";

const Strings = z.array(z.string()).optional();
const Principal = z.object({ type: z.string(), identifiers: z.array(z.string()) });
const PolicyDocument = z.object({
  version: z.string().default("2012-10-17"),
  statements: z
    .array(
      z.object({
        sid: z.string().optional(),
        effect: z.string().default("Allow"),
        actions: Strings,
        notActions: Strings,
        resources: Strings,
        notResources: Strings,
        principals: z.array(Principal).optional(),
        notPrincipals: z.array(Principal).optional(),
        conditions: z
          .array(z.object({ test: z.string(), variable: z.string(), values: z.array(z.string()) }))
          .optional(),
      }),
    )
    .default([]),
});

/** Answers a call of a provider function (`aws.getRegion()`); one that is not known is an error. */
export function invoke(
  token: string,
  inputs: Readonly<Record<string, unknown>>,
  region: string,
): Record<string, unknown> {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { id: account, accountId: account, arn: `arn:aws:iam::${account}:user/local`, userId: "local" };
    case "aws:index/getRegion:getRegion":
      return { id: region, name: region, region, description: "local", endpoint: `ec2.${region}.amazonaws.com` };
    case "aws:index/getPartition:getPartition":
      return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com", reverseDnsPrefix: "com.amazonaws" };
    case "aws:index/getAvailabilityZones:getAvailabilityZones": {
      const zones = ["a", "b", "c"].map((zone) => region + zone);
      return { id: region, names: zones, zoneIds: zones, groupNames: [region], region };
    }
    case "aws:iam/getPolicyDocument:getPolicyDocument": {
      const json = policyDocument(inputs);
      return { id: createHash("sha256").update(json).digest("hex").slice(0, 10), json, minifiedJson: json };
    }
    default:
      throw new LocalCloudError(`the local cloud cannot answer ${token}. Add it in local/program/invokes.ts.`);
  }
}

function policyDocument(inputs: Readonly<Record<string, unknown>>): string {
  const { version, statements } = PolicyDocument.parse(inputs);
  const principals = (list: z.infer<typeof Principal>[] | undefined) => {
    if (list === undefined) return undefined;
    if (list.some(({ type }) => type === "*")) return "*";
    return Object.fromEntries(list.map(({ type, identifiers }) => [type, identifiers]));
  };
  const statement = (one: (typeof statements)[number]) => ({
    Sid: one.sid,
    Effect: one.effect,
    Principal: principals(one.principals),
    NotPrincipal: principals(one.notPrincipals),
    Action: one.actions,
    NotAction: one.notActions,
    Resource: one.resources,
    NotResource: one.notResources,
    Condition: one.conditions?.reduce<Record<string, Record<string, string[]>>>(
      (all, { test, variable, values }) => ({ ...all, [test]: { ...all[test], [variable]: values } }),
      {},
    ),
  });
  return JSON.stringify({ Version: version, Statement: statements.map(statement) });
}
