import * as z from "zod";
import type { DynamoDb } from "../dynamodb/server.ts";
import type { Faults } from "../endpoint/faults.ts";
import type { History } from "../history/history.ts";
import type { Issuer } from "../issuer/issuer.ts";
import type { Functions } from "../lambda/functions.ts";
import type { Messaging } from "../messaging/server.ts";
import type { Hosts } from "../outside/hosts.ts";
import type { Mailbox } from "../outside/mailbox.ts";
import type { Graph } from "../reload/graph.ts";
import type { Reports } from "../reload/report.ts";
import type { Logs } from "../shared/logs.ts";
import type { Settings } from "../shared/services.ts";

/** What the page shows and changes. */
export interface PageArgs {
  readonly settings: Settings;
  /** Who changes something must send it; the page's own document has it. */
  readonly token: string;
  /** Calls wait until it has started. */
  readonly dynamodb: Promise<DynamoDb>;
  /** Calls wait until it has started. */
  readonly messaging: Promise<Messaging>;
  /** Calls wait until they have started. */
  readonly functions: Promise<Functions>;
  /** The program as it was evaluated last. */
  readonly program: { readonly graph: Graph; exports: Readonly<Record<string, unknown>> };
  /** What came of the saves of the project's files. */
  readonly reports: Pick<Reports, "list">;
  /** What happened to each order: the invocations, and the calls of functions. */
  readonly history: History;
  /** What the functions logged. */
  readonly logs: Logs;
  /** Captured e-mails and SMS. */
  readonly mailbox: Mailbox;
  /** Answers the requests of functions to the internet. */
  readonly hosts: Hosts;
  /** What goes wrong with the calls of functions. */
  readonly faults: Faults;
  /** The identity provider, where the API asks for its tokens. */
  readonly issuer: Issuer | undefined;
}

const Exports = z.object({
  tables: z.object({ orders: z.string(), stock: z.string(), effects: z.string() }).partial().default({}),
  consumers: z
    .record(z.string(), z.object({ queueUrl: z.string(), deadLetterQueueUrl: z.string(), functionName: z.string() }))
    .default({}),
  functions: z.record(z.string(), z.object({ functionName: z.string() })).default({}),
});

/** What the page needs of the program's exports; a program without them has less on its page. */
export const exportsOf = ({ exports }: PageArgs["program"]): z.output<typeof Exports> =>
  Exports.catch({ tables: {}, consumers: {}, functions: {} }).parse(exports);
