/**
 * A resource of a stack, as the tests evaluate it and as Pulumi hands it to a policy pack. What is not known yet, because
 * AWS has not made it, is `UNKNOWN`.
 */
export interface GraphResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Its inputs, and the outputs that are known. */
  readonly props: Readonly<Record<string, unknown>>;
  /** The parent's URN. */
  readonly parent: string | undefined;
  /** URNs of all that it waits for. */
  readonly dependsOn: readonly string[];
  /** The URNs that each input comes from. */
  readonly references: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
}

export type Graph = readonly GraphResource[];

/** Stands for a value that a preview cannot know. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Thrown where a rule needs a value that a preview cannot know: the rule then judges the resource after the update. */
export class UnknownValue extends Error {}

export const STACK = "pulumi:pulumi:Stack";

export const ofType = (graph: Graph, type: string): GraphResource[] =>
  graph.filter((resource) => resource.type === type);

/** The resources of a type that an input comes from. */
export const behind = (graph: Graph, { references }: GraphResource, key: string, type: string): GraphResource[] =>
  ofType(graph, type).filter(({ urn }) => references[key]?.includes(urn));

/** The resources of a type one of whose inputs comes from a resource. */
export const referringTo = (graph: Graph, { urn }: GraphResource, type: string, key: string): GraphResource[] =>
  ofType(graph, type).filter(({ references }) => references[key]?.includes(urn));

/** The component of the stack that a resource is in, or the resource itself. */
export function componentOf(graph: Graph, resource: GraphResource): GraphResource {
  const parent = graph.find(({ urn }) => urn === resource.parent);
  return parent === undefined || parent.type === STACK ? resource : componentOf(graph, parent);
}

/**
 * A value within a resource's inputs and outputs.
 * @throws UnknownValue where a preview cannot know it.
 */
export function at(resource: Pick<GraphResource, "props">, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const inner = isRecord(value) ? value[key] : undefined;
    if (inner === UNKNOWN) throw new UnknownValue(path.join("."));
    // Pulumi hands over null where the provider has nothing.
    return inner === null ? undefined : inner;
  }, resource.props);
}

type Reader<T> = (resource: GraphResource, ...path: readonly (string | number)[]) => T;

export const textAt: Reader<string> = (resource, ...path) => {
  const value = at(resource, ...path);
  return typeof value === "string" ? value : "";
};

export const numberAt: Reader<number | undefined> = (resource, ...path) => {
  const value = at(resource, ...path);
  return typeof value === "number" ? value : undefined;
};

export const listAt: Reader<unknown[]> = (resource, ...path) => {
  const value = at(resource, ...path);
  return Array.isArray(value) ? Array.from(value, (item: unknown) => item) : [];
};

/** The JSON in a text; nothing where there is none. */
export const jsonAt: Reader<unknown> = (resource, ...path) => {
  const text = textAt(resource, ...path);
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
};

/** A variable of a function's environment. */
export const variableAt = (resource: GraphResource, name: string): string | undefined => {
  const value = at(resource, "environment", "variables", name);
  return typeof value === "string" ? value : undefined;
};

/** A policy's statement; one action or resource is a list of one. */
export interface Statement {
  readonly effect: unknown;
  readonly principal: unknown;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  readonly condition: unknown;
}

/** The statements of the policy that a resource has as JSON under `key`. */
export function statementsOf(resource: GraphResource, key = "policy"): Statement[] {
  const document = jsonAt(resource, key);
  const statements = isRecord(document) ? oneOrMore(document["Statement"]) : [];
  return statements.filter(isRecord).map((statement) => ({
    effect: statement["Effect"],
    principal: statement["Principal"],
    actions: texts(statement["Action"]),
    resources: texts(statement["Resource"]),
    notResources: texts(statement["NotResource"]),
    condition: statement["Condition"],
  }));
}

/** The statements of the policies of a type that refer to a resource by `key`. */
export const statementsOn = (graph: Graph, resource: GraphResource, type: string, key: string): Statement[] =>
  referringTo(graph, resource, type, key).flatMap((policy) => statementsOf(policy));

/** A condition with one operator over one key, and nothing else. */
export function isCondition(condition: unknown, operator: string, key: string, value: string): boolean {
  return JSON.stringify(condition) === JSON.stringify({ [operator]: { [key]: value } });
}

export const isRecord = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === "object" && value !== null;

const oneOrMore = (value: unknown): unknown[] =>
  Array.isArray(value) ? Array.from(value, (item: unknown) => item) : value === undefined ? [] : [value];

const texts = (value: unknown): string[] => oneOrMore(value).map(String);
