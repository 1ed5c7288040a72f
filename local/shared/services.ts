import type { DynamoDb } from "../dynamodb/server.ts";
import type { LogGroup } from "../endpoint/logs.ts";
import type { ApiDefinition } from "../http-api/server.ts";
import type { Access } from "../iam/access.ts";
import type { MappingConfig } from "../lambda/event-source-mapping.ts";
import type { Functions } from "../lambda/functions.ts";
import type { Versions } from "../lambda/versions.ts";
import type { MessagingResources } from "../messaging/server.ts";
import type { ProgramResource, Provisioned } from "../program/protocol.ts";
import type { Parameters } from "../ssm/parameters.ts";
import type { Schedule } from "../scheduler/scheduler.ts";

/** How this cloud was asked to run. */
export interface Settings {
  /** The project's folder, with index.ts and Pulumi.yaml. */
  readonly root: string;
  /** Where state is kept, absolute. */
  readonly state: string;
  /** The stack whose `Pulumi.<stack>.yaml` is read. */
  readonly stack: string;
  /** The AWS region that every ARN names. */
  readonly region: string;
  /** The API's port. */
  readonly port: number;
  /** The AWS endpoint's port. */
  readonly endpointPort: number;
  /** The AWS endpoint's URL. */
  readonly endpoint: string;
  /** Divides visibility timeouts, batching windows, schedules and leases. */
  readonly speed: number;
}

/**
 * What a provisioner works on: services that run, where a resource is made at once, and lists that are filled while
 * the program is evaluated, for services that start after it.
 */
export interface Services {
  readonly settings: Settings;
  /** Starts beside the program. */
  readonly dynamodb: Promise<Pick<DynamoDb, "call">>;
  /** SNS, SQS and S3; starts beside the program. */
  readonly messaging: Promise<MessagingResources>;
  readonly functions: Pick<Functions, "put" | "putAlias" | "find">;
  /** The published versions of functions, of earlier runs too. */
  readonly versions: Pick<Versions, "publish">;
  /** Who may do what. */
  readonly access: Access;
  /** The access keys that the endpoint accepts: a function's is its name. */
  readonly accessKeys: Set<string>;
  /** SSM's parameters. */
  readonly parameters: Parameters;
  /** The functions' log groups, by name. */
  readonly logGroups: Map<string, LogGroup>;
  /** The HTTP API, which answers when the program is complete. */
  readonly api: ApiDefinition;
  /** Event source mappings, which start when the program is complete. */
  readonly mappings: MappingConfig[];
  /** Schedules, which start when the program is complete. */
  readonly schedules: Schedule[];
}

/** Makes one resource in the local services; local/provision.ts registers it by its type. */
export type Provision = (resource: ProgramResource, services: Services) => Promise<Provisioned> | Provisioned;
