import { behind, type Graph, type GraphResource } from "../graph.ts";
import { ALIAS, FUNCTION, QUEUE, SUBSCRIPTION } from "../types.ts";

/** The queue of an event source mapping. */
export const queueOf = (graph: Graph, mapping: GraphResource): GraphResource | undefined =>
  behind(graph, mapping, "eventSourceArn", QUEUE)[0];

/** The function that an input names, by its alias or by itself. */
export function functionBehind(graph: Graph, resource: GraphResource, key: string): GraphResource | undefined {
  const [alias] = behind(graph, resource, key, ALIAS);
  return behind(graph, alias ?? resource, alias ? "functionName" : key, FUNCTION)[0];
}

/** Whether some queue or subscription sets messages aside in a queue. */
export const isDeadLetterQueue = (graph: Graph, { urn }: GraphResource): boolean =>
  graph.some(
    ({ type, references }) => (type === QUEUE || type === SUBSCRIPTION) && references["redrivePolicy"]?.includes(urn),
  );
