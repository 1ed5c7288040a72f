import type { Functions } from "../../../local/lambda/functions.ts";

/** Functions that run nothing: what `over` says of them, and otherwise none. */
export const fakeFunctions = (over: Partial<Functions>): Functions => ({
  put: () => undefined,
  putAlias: () => undefined,
  remove: () => undefined,
  find: () => undefined,
  names: () => [],
  logNames: () => new Map(),
  invoke: async () => ({ ok: true, payload: "null" }),
  waiting: () => 0,
  warm: async () => undefined,
  stop: async () => undefined,
  ...over,
});
