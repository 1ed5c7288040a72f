import type { ApiDefinition } from "../http-api/server.ts";
import type { MappingConfig } from "./event-source-mapping.ts";
import type { Functions } from "./functions.ts";

/**
 * Starts the first worker of the functions that an order goes through: of the routes that take a POST to a collection, and of
 * the consumers. The others, each 35 MB, start with their first event. One at a time: all at once would delay the first.
 */
export async function warm(
  api: ApiDefinition,
  mappings: readonly MappingConfig[],
  functions: Functions,
): Promise<void> {
  const routed = api.routes
    .filter(({ key }) => key.startsWith("POST ") && !key.includes("{"))
    .flatMap(({ target }) => api.integrations.get(target.replace(/^integrations\//, ""))?.uri ?? []);
  for (const reference of [...routed, ...mappings.map(({ functionName }) => functionName)])
    await functions.warm(reference);
}
