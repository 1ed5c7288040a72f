import { UNKNOWN, type Graph, type GraphResource } from "../../policy/graph.ts";

/** A change of a graph. */
export type Edit = (graph: Graph) => Graph;

/** Changes one resource, which must be there. */
function edit(type: string, name: string, change: (resource: GraphResource) => GraphResource[]): Edit {
  return (graph) => {
    const found = graph.filter((one) => one.type === type && one.name === name);
    if (found.length !== 1) throw new Error(`there are ${found.length} ${type} ${name}`);
    return graph.flatMap((one) => (one === found[0] ? change(one) : [one]));
  };
}

/** Sets a prop by its path; undefined takes it out. */
export const set = (type: string, name: string, path: string, value: unknown): Edit =>
  edit(type, name, (one) => [{ ...one, props: withValue(one.props, path.split("."), value) }]);

/** Changes a text, such as the JSON of a policy; `find` must be in it. */
export const replace = (type: string, name: string, key: string, find: string, by: string): Edit =>
  edit(type, name, (one) => {
    const text = String(one.props[key]);
    if (!text.includes(find)) throw new Error(`${name}.${key} has no ${find}: ${text}`);
    return [{ ...one, props: { ...one.props, [key]: text.replace(find, () => by) } }];
  });

/** Takes a resource out. */
export const drop = (type: string, name: string): Edit => edit(type, name, () => []);

/** Takes out what an input comes from, and the input. */
export const unlink = (type: string, name: string, key: string): Edit =>
  edit(type, name, (one) => {
    const references = Object.fromEntries(Object.entries(one.references).filter(([input]) => input !== key));
    return [{ ...one, references, props: { ...one.props, [key]: undefined } }];
  });

/** Lets an input come from another resource. */
export const relink =
  (type: string, name: string, key: string, to: (graph: Graph) => string): Edit =>
  (graph) =>
    edit(type, name, (one) => [{ ...one, references: { ...one.references, [key]: [to(graph)] } }])(graph);

/** Takes out all that a resource waits for. */
export const undepend = (type: string, name: string): Edit => edit(type, name, (one) => [{ ...one, dependsOn: [] }]);

export const unprotect = (type: string, name: string): Edit => edit(type, name, (one) => [{ ...one, protect: false }]);

/** Adds a resource like another, with a name of its own. */
export const copy = (type: string, name: string, props: object, as = `${name}-copy`): Edit =>
  edit(type, name, (one) => [
    one,
    { ...one, urn: one.urn.replace(/::[^:]+$/, `::${as}`), name: as, props: { ...one.props, ...props } },
  ]);

/** Adds a resource of a type that the program does not have. */
export const add =
  (resource: Partial<GraphResource> & Pick<GraphResource, "type" | "name">): Edit =>
  (graph) => [
    ...graph,
    {
      urn: `urn:pulumi:prod::order-fanout::${resource.type}::${resource.name}`,
      props: {},
      parent: undefined,
      dependsOn: [],
      references: {},
      protect: false,
      ...resource,
    },
  ];

/** Makes a prop one that a preview cannot know. */
export const hide = (type: string, name: string, key: string): Edit => set(type, name, key, UNKNOWN);

/** One edit after the other. */
export const all =
  (...edits: readonly Edit[]): Edit =>
  (graph) =>
    edits.reduce((edited, one) => one(edited), graph);

/** The URN of a resource. */
export const urn =
  (type: string, name: string) =>
  (graph: Graph): string =>
    graph.find((one) => one.type === type && one.name === name)?.urn ?? "";

function withValue(props: object, [key = "", ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  const own = new Map(Object.entries(props));
  const inner: unknown = own.get(key);
  own.set(key, rest.length > 0 ? withValue(typeof inner === "object" && inner ? inner : {}, rest, value) : value);
  return Object.fromEntries(own);
}
