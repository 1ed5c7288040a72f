import { STACK, type Graph, type GraphResource } from "../../policy/graph.ts";
import type { Program } from "./evaluate.ts";

const ACCOUNT = "eu-west-1:111122223333";

/** The ARNs that the evaluation makes up, as far as rules compare them. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  "aws:s3/bucket:Bucket": (name) => `arn:aws:s3:::${name}`,
  "aws:sns/topic:Topic": (name) => `arn:aws:sns:${ACCOUNT}:${name}`,
  "aws:sqs/queue:Queue": (name) => `arn:aws:sqs:${ACCOUNT}:${name}`,
};

/** An evaluated program as the rules read it, with the outputs that AWS would add, and its own. */
export const policyGraph = ({ resources, exports }: Program): Graph =>
  [...resources].map(([urn, { type, name, inputs, parent, dependsOn, references, protect }]): GraphResource => {
    const arn = ARNS[type]?.(name);
    const props = { name, ...inputs, ...(arn !== undefined && { arn }), ...(type === STACK && exports) };
    return { urn, type, name, props, parent, dependsOn, references, protect };
  });
