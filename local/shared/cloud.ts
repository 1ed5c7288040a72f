import type { ChildProcess } from "node:child_process";
import type { Console } from "./console.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What was asked for on the command line. */
export interface CloudArgs {
  /** The project's folder, with index.ts and Pulumi.yaml. */
  readonly root: string;
  /** Where state is kept, absolute. */
  readonly state: string;
  readonly stack: string;
  /** The stack's config, absolute or in the project's folder. */
  readonly configFile: string;
  /** The API's port; the AWS endpoint's is the next one. */
  readonly port: number;
  readonly speed: number;
  /** How many events all functions together may run at once. */
  readonly accountConcurrency: number;
  /** Whether the API asks for tokens of an issuer of its own, whatever the config says. */
  readonly auth: boolean;
  /** Whether to forget what earlier runs kept. */
  readonly fresh: boolean;
  /** Whether a queue that has left the program may go with its messages. */
  readonly drop: boolean;
  /** The folder of Node's compile cache. */
  readonly compileCache: string;
  /** Where the program is evaluated, from `forkProgram`. */
  readonly program: ChildProcess;
  readonly say: Console;
  readonly stopwatch: Stopwatch;
}

/** A running cloud. */
export interface Cloud {
  /** The stack's exports, and `local`. */
  readonly outputs: Record<string, unknown>;
  /** The AWS endpoint's URL. */
  readonly endpoint: string;
  readonly region: string;
  /** A SKU of the catalogue, for the ready-made order; undefined in a program that takes none. */
  readonly sku: string | undefined;
  /** A customer's token for the ready-made order, where the API asks for the local issuer's. */
  readonly bearer: string | undefined;
  /** Starts the functions' first workers. */
  warm(): Promise<void>;
  /** From now on, what runs follows the project's files; the compiler looks at the types too, if asked. */
  watch(types: boolean): Promise<void>;
  /** Takes no more events, lets those under way end, and stops everything. */
  stop(): Promise<void>;
}
