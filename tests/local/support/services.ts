import { createApi } from "../../../local/http-api/provision.ts";
import { createAccess } from "../../../local/iam/access.ts";
import type { ProgramResource } from "../../../local/program/protocol.ts";
import { provision } from "../../../local/provision.ts";
import type { Services } from "../../../local/shared/services.ts";
import { root } from "../../support/evaluate.ts";
import { fakeFunctions } from "./functions.ts";

/** Services that a program's resources are made in, without databases and functions: `over` may have real ones. */
export const fakeServices = (state: string, over: Partial<Services> = {}): Services => ({
  settings: {
    root,
    state,
    stack: "test",
    region: "eu-west-1",
    port: 1,
    endpointPort: 2,
    endpoint: "http://127.0.0.1:2",
    speed: 1,
  },
  dynamodb: new Promise(() => undefined),
  messaging: new Promise(() => undefined),
  functions: fakeFunctions({}),
  versions: { publish: () => "1" },
  access: createAccess(),
  accessKeys: new Set(),
  parameters: { get: () => undefined, put: () => 1 },
  logGroups: new Map(),
  api: createApi(),
  mappings: [],
  schedules: [],
  ...over,
});

/** Makes a resource of a type and a name; rejects as the start of the local cloud fails. */
export const make = (services: Services, type: string, name: string, inputs: ProgramResource["inputs"]) =>
  provision({ type, name, urn: `urn:${type}:${name}`, inputs: { name, ...inputs } }, services);
