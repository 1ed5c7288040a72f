import * as z from "zod";
import type { Graph, GraphResource } from "../../policy/graph.ts";
import type { Settings } from "../../policy/rule.ts";
import type { Graph as Evaluated } from "./evaluate.ts";

const ACCOUNT = "eu-west-1:111122223333";

/** The ARNs that the evaluation makes up, as far as rules compare them. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  "aws:s3/bucket:Bucket": (name) => `arn:aws:s3:::${name}`,
  "aws:sns/topic:Topic": (name) => `arn:aws:sns:${ACCOUNT}:${name}`,
  "aws:sqs/queue:Queue": (name) => `arn:aws:sqs:${ACCOUNT}:${name}`,
};

/** An evaluated graph as the rules read it, with the outputs that AWS would add. */
export const policyGraph = (resources: Evaluated): Graph =>
  [...resources].map(([urn, { type, name, inputs, parent, dependsOn, references, protect }]): GraphResource => {
    const arn = ARNS[type]?.(name);
    const props = { name, ...inputs, ...(arn !== undefined && { arn }) };
    return { urn, type, name, props, parent, dependsOn, references, protect };
  });

const Config = z.looseObject({
  production: z.boolean().default(false),
  consumers: z.record(z.string(), z.looseObject({ survivesOutageMinutes: z.number().default(0) })),
});

/** What the rules ask of a stack's config. */
export function settingsOf(config: Readonly<Record<string, unknown>>): Settings {
  const { production, consumers } = Config.parse(config);
  const outages = Object.entries(consumers).map(([name, entry]) => [name, entry.survivesOutageMinutes]);
  return { production, outageMinutes: z.record(z.string(), z.number()).parse(Object.fromEntries(outages)) };
}
