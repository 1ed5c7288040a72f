import * as z from "zod";
import { account } from "../../../local/shared/names.ts";
import type { ProgramResource } from "../../../local/program/protocol.ts";
import type { Graph } from "../evaluate.ts";

/** The account of an evaluated graph. */
const EVALUATED = "111122223333";
/** The same text with the local cloud's account. */
export const asLocal = (text: string): string => text.replaceAll(EVALUATED, account);

const Texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statement = z.looseObject({ Effect: z.enum(["Allow", "Deny"]), Action: Texts });
const Document = z.looseObject({ Statement: z.array(Statement) });
type Document = z.output<typeof Document>;

/** Types that have a policy, and the input that it is in. */
const policies: Readonly<Record<string, string>> = {
  "aws:iam/role:Role": "assumeRolePolicy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
  "aws:sns/topicPolicy:TopicPolicy": "policy",
  "aws:sqs/queuePolicy:QueuePolicy": "policy",
};
const PERMISSION = "aws:lambda/permission:Permission";

/** An action of a statement, and the resource as it would be without that action. */
export interface Granted {
  readonly type: string;
  readonly name: string;
  /** From 1. */
  readonly statement: number;
  readonly effect: "Allow" | "Deny";
  readonly action: string;
  readonly resource: ProgramResource;
  readonly without: ProgramResource;
}

/** A graph's resources as the local cloud gets them, by type. */
export const resourcesOf = (graph: Graph, type: string): ProgramResource[] =>
  [...graph].flatMap(([urn, resource]) => {
    if (resource.type !== type) return [];
    const { name, inputs } = resource;
    const local = z.record(z.string(), z.unknown()).parse(JSON.parse(asLocal(JSON.stringify(inputs))));
    return [{ type, name, urn, inputs: { ...local, name } }];
  });

/** Every action of every statement of every policy. */
export function grantedIn(graph: Graph): Granted[] {
  const written = Object.entries(policies).flatMap(([type, input]) =>
    resourcesOf(graph, type).flatMap((resource) => {
      const document = Document.parse(JSON.parse(z.string().parse(resource.inputs[input])));
      return document.Statement.flatMap(({ Effect, Action }, index) =>
        Action.map((action): Granted => {
          const policy = JSON.stringify(without(document, index, action));
          return {
            ...{ type, name: resource.name, statement: index + 1, effect: Effect, action, resource },
            without: { ...resource, inputs: { ...resource.inputs, [input]: policy } },
          };
        }),
      );
    }),
  );
  const permissions = resourcesOf(graph, PERMISSION).map((resource): Granted => {
    const action = z.string().parse(resource.inputs["action"]);
    return {
      ...{ type: PERMISSION, name: resource.name, statement: 1, effect: "Allow", action, resource },
      without: { ...resource, inputs: { ...resource.inputs, action: "lambda:GetFunction" } },
    };
  });
  return [...written, ...permissions];
}

/** The policy without one action of a statement; a statement that had no other goes with it. */
const without = (document: Document, index: number, action: string): Document => ({
  ...document,
  Statement: document.Statement.flatMap((statement, place) => {
    if (place !== index) return [statement];
    const left = statement.Action.filter((one) => one !== action);
    return left.length === 0 ? [] : [{ ...statement, Action: left }];
  }),
});
