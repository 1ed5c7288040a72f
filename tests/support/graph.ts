import * as z from "zod";
import type { Graph, Resource } from "./evaluate.ts";

const STACK = "pulumi:pulumi:Stack";

/** The resources of one type, such as `aws:sqs/queue:Queue`, by URN. */
export const ofType = (graph: Graph, type: string): [string, Resource][] =>
  [...graph].filter(([, resource]) => resource.type === type);

/** What is proven of every resource of a type says nothing when there is none. */
export function someOfType(graph: Graph, type: string): [string, Resource][] {
  const found = ofType(graph, type);
  if (found.length === 0) throw new Error(`the graph has no ${type}`);
  return found;
}

/** The URNs of a resource's ancestors, the nearest first; the stack itself is left out. */
export function ancestors(graph: Graph, urn: string): string[] {
  const parent = graph.get(urn)?.parent ?? "";
  return parent === "" || graph.get(parent)?.type === STACK ? [] : [parent, ...ancestors(graph, parent)];
}

/** Whether a resource is a component of the stack, or somewhere inside it. */
export const isWithin = (graph: Graph, urn: string, component: string): boolean =>
  [urn, ...ancestors(graph, urn)].some((one) => nameOf(graph, one) === component && isTopLevel(graph, one));

const nameOf = (graph: Graph, urn: string) => graph.get(urn)?.name;
const isTopLevel = (graph: Graph, urn: string) => ancestors(graph, urn).length === 0;

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

/** A policy's statement; one action or resource is a list of one. */
const Statement = z.strictObject({
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.unknown().optional(),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
});
export type Statement = z.output<typeof Statement>;

const PolicyDocument = z.strictObject({ Version: z.literal("2012-10-17"), Statement: z.array(Statement) });

/** The statements of a policy that a resource has as JSON under `key`. */
export const statements = ({ inputs }: Resource, key = "policy"): Statement[] =>
  PolicyDocument.parse(JSON.parse(z.string().parse(inputs[key]))).Statement;

/** A statement as one reads it aloud. */
export function sentence({ Effect, Principal, Action, Resource, NotResource, Condition }: Statement): string {
  const words = [
    Effect,
    ...(Principal === undefined ? [] : [Principal === "*" ? "everybody" : JSON.stringify(Principal)]),
    Action.join(", "),
    ...(Resource ? [`on ${Resource.join(", ")}`] : []),
    ...(NotResource ? [`on everything but ${NotResource.join(", ")}`] : []),
    ...(Condition ? [`if ${JSON.stringify(Condition)}`] : []),
  ];
  return words.join(" ");
}
