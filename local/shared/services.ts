import type { Policies } from "../endpoint/authenticate.ts";
import type { DynamoDb } from "../dynamodb/server.ts";
import type { MappingConfig } from "../lambda/event-source-mapping.ts";
import type { Functions } from "../lambda/pool.ts";
import type { ApiDefinition } from "../http-api/server.ts";
import type { Messaging } from "../messaging/server.ts";
import type { ProgramResource, Provisioned } from "../program/protocol.ts";
import type { Scheduler } from "../lambda/scheduler.ts";

/** How this cloud was asked to run. */
export interface Settings {
  /** The project's folder, with index.ts and Pulumi.yaml. */
  readonly root: string;
  /** Where state is kept, absolute. */
  readonly state: string;
  readonly stack: string;
  readonly region: string;
  readonly port: number;
  readonly endpointPort: number;
  readonly endpoint: string;
  readonly speed: number;
}

/** What provisioning works on. */
export interface Services {
  readonly settings: Settings;
  readonly dynamodb: Promise<DynamoDb>;
  readonly messaging: Promise<Messaging>;
  readonly functions: Functions;
  readonly api: ApiDefinition;
  /** Event source mappings; they begin when everything is there. */
  readonly mappings: MappingConfig[];
  readonly scheduler: Scheduler;
  readonly policies: Policies;
  /** Runs a function outside a request, and prints a failure. */
  readonly invoke: (functionName: string, event: unknown) => void;
}

/** Makes one resource in the local services. */
export type Provision = (resource: ProgramResource, services: Services) => Promise<Provisioned> | Provisioned;
