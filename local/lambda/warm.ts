import type { ApiDefinition } from "../http-api/server.ts";
import { referenceOf } from "../shared/names.ts";
import type { Functions } from "./functions.ts";

/**
 * Starts each function's first worker: those of routes first, since a person calls those; then the consumers'. One at a
 * time: all at once would delay the first.
 */
export async function warm(api: ApiDefinition, functions: Functions): Promise<void> {
  const routed = [...api.routes]
    .sort((one, other) => Number(other.key.startsWith("POST")) - Number(one.key.startsWith("POST")))
    .flatMap(({ target }) => api.integrations.get(target.replace(/^integrations\//, ""))?.uri ?? []);
  const names = new Set(routed.map((uri) => referenceOf(uri).name));
  const listening = functions.names().filter((name) => !names.has(name));
  const [first, ...others] = routed;
  for (const reference of new Set([...(first ? [first] : []), ...listening, ...others]))
    await functions.warm(reference);
}
