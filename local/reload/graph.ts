import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ProgramResource, Provisioned } from "../program/protocol.ts";
import { noEffect, provision } from "../provision.ts";
import { referenceOf } from "../shared/names.ts";
import type { Services } from "../shared/services.ts";

/** A resource as it was made. The code of a function is named by its content. */
export interface Made extends ProgramResource {
  /** Its physical id. */
  readonly id?: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** The resources of a program, by URN. */
export type Graph = Map<string, Made>;

/** Makes a resource, and notes it in a graph. */
export async function provisionInto(graph: Graph, resource: ProgramResource, services: Services): Promise<Provisioned> {
  const provisioned = await provision(resource, services);
  const { type, name, urn, inputs } = resource;
  const { id, outputs } = provisioned;
  const code = "code" in inputs && services.functions.find(String(outputs["name"]))?.folder;
  graph.set(urn, { id, type, name, urn, inputs: code ? { ...inputs, code: basename(code) } : inputs, outputs });
  return provisioned;
}

/** The difference of two graphs, a line each. */
export interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What turns a graph into another. Types without local effect count, and are not named. */
export function difference(from: Graph, to: Graph): Difference {
  const added = [...to.values()].filter(({ urn }) => !from.has(urn));
  const removed = [...from.values()].filter(({ urn }) => !to.has(urn));
  const changed = [...to.values()].flatMap((made) => {
    const before = from.get(made.urn);
    const keys = before ? changedInputs(before, made) : [];
    return keys.length > 0 ? [{ ...made, keys }] : [];
  });
  return {
    added: named(added),
    changed: named(changed, ({ keys }) => `: ${keys.join(", ")}`),
    removed: named(removed, ({ type }) => (isKept(type) ? " (what it holds is kept)" : "")),
  };
}

/** Whether nothing differs. */
export const isEmpty = ({ added, changed, removed }: Difference): boolean =>
  added.length + changed.length + removed.length === 0;

/** What `npm start -- --fresh` alone takes away. */
const isKept = (type: string): boolean =>
  ["aws:dynamodb/table:Table", "aws:s3/bucket:Bucket", "aws:ssm/parameter:Parameter"].includes(type);

function named<T extends Made>(all: readonly T[], more: (made: T) => string = () => ""): string[] {
  const shown = all.filter(({ type }) => !noEffect(type));
  const rest = all.length - shown.length;
  const lines = shown.map((made) => `${shortType(made.type)} ${made.name}${more(made)}`).sort();
  return rest === 0 ? lines : [...lines, `${rest} without local effect`];
}

/** `Queue` of `aws:sqs/queue:Queue`. */
const shortType = (type: string): string => type.split(":").at(-1) ?? type;

/** The paths of the inputs that differ, as in `environment.variables.NAME`. */
function changedInputs(before: Made, after: Made): string[] {
  const keys = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
  return [...keys].flatMap((key) => pathsOf(before.inputs[key], after.inputs[key], key)).sort();
}

function pathsOf(before: unknown, after: unknown, path: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => pathsOf(before[key], after[key], `${path}.${key}`));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const FUNCTIONS = new Set(["aws:lambda/function:Function", "aws:lambda/callbackFunction:CallbackFunction"]);

/** The functions of a graph, each with its name. */
export const functionsIn = (graph: Graph): { made: Made; name: string }[] =>
  [...graph.values()]
    .filter(({ type }) => FUNCTIONS.has(type))
    .map((made) => ({ made, name: String(made.outputs["name"]) }));

/** The aliases in a graph that point at a version of a function. */
export const aliasesOf = (graph: Graph, name: string, version: string): Made[] =>
  [...graph.values()].filter(
    ({ type, inputs }) =>
      type === "aws:lambda/alias:Alias" &&
      referenceOf(String(inputs["functionName"])).name === name &&
      inputs["functionVersion"] === version,
  );
