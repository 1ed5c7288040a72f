import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import * as z from "zod";
import { loadCatalogue } from "./dynamodb/catalogue.ts";
import { start as startDynamoDb } from "./dynamodb/server.ts";
import { openCallLog } from "./endpoint/call-log.ts";
import { createFaults } from "./endpoint/faults.ts";
import type { LogGroup } from "./endpoint/logs.ts";
import { createPermissions } from "./endpoint/permissions.ts";
import { start as startEndpoint } from "./endpoint/server.ts";
import { createApi } from "./http-api/provision.ts";
import { start as startHttpApi } from "./http-api/server.ts";
import { createAccess } from "./iam/access.ts";
import { openDeliveries } from "./lambda/deliveries.ts";
import { start as startMapping } from "./lambda/event-source-mapping.ts";
import { start as startFunctions, type Functions } from "./lambda/functions.ts";
import { createGate } from "./lambda/gate.ts";
import { openVersions } from "./lambda/versions.ts";
import { warm } from "./lambda/warm.ts";
import { start as startMessaging } from "./messaging/server.ts";
import { loadHosts } from "./outside/hosts.ts";
import { openMailbox } from "./outside/mailbox.ts";
import { createSes } from "./outside/ses.ts";
import { start as startProgram } from "./program/parent.ts";
import { readStackConfig, withAuth } from "./program/stack-config.ts";
import { provision } from "./provision.ts";
import { start as startScheduler } from "./scheduler/scheduler.ts";
import type { Console } from "./shared/console.ts";
import { createDiskTrouble } from "./shared/disk.ts";
import { start as startLock } from "./shared/lock.ts";
import { start as startLogs } from "./shared/logs.ts";
import { personKey } from "./shared/names.ts";
import { createParts, type Parts } from "./shared/parts.ts";
import type { Services, Settings } from "./shared/services.ts";
import { openParameters } from "./ssm/parameters.ts";
import { clearState, takeFolder, writeOutputs, writeToken } from "./shared/state.ts";
import type { Stopwatch } from "./shared/stopwatch.ts";

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
  /** Takes no more events, lets those under way end, and stops everything. */
  stop(): Promise<void>;
}

/** How long events and requests under way may take to end when the cloud stops. */
const graceMs = 2000;

/** Starts everything; when one part fails, the parts that have started are stopped again. */
export async function start(args: CloudArgs): Promise<Cloud> {
  const parts = createParts();
  try {
    return await startParts(args, parts);
  } catch (error) {
    await parts.stop().catch(() => {}); // the first error is the cause
    throw error;
  }
}

/**
 * The parts in the order in which one needs another; they are stopped in reverse. Those that take long start side by
 * side: each is awaited only where it is needed.
 */
async function startParts(args: CloudArgs, parts: Parts): Promise<Cloud> {
  const { root, stack, state, port, speed, say } = args;
  const { timed, laps } = args.stopwatch;
  const config = readStackConfig(root, args.configFile);
  const { region } = config;
  const endpointPort = port + 1;
  const endpointUrl = `http://127.0.0.1:${endpointPort}`;
  const settings: Settings = { root, state, stack, region, port, endpointPort, endpoint: endpointUrl, speed };

  // The state folder, for this process alone.
  takeFolder(state);
  await parts.add(startLock({ state }));
  clearState(state, args.fresh);
  const trouble = createDiskTrouble(say.note);
  const logs = await parts.add(startLogs({ state, trouble }));
  const log = (functionName: string, line: string): void => {
    logs.write(functionName, line);
    say.log(functionName, line);
  };

  // The stores.
  const dynamodb = parts.add(timed("DynamoDB (dynoxide)", startDynamoDb({ state, say: say.note })));
  const messaging = parts.add(timed("SNS, SQS, S3 (fauxqs)", startMessaging({ state, stack, region, endpointPort })));

  // The world outside, and the endpoint through which functions reach it and the stores.
  const gate = createGate();
  const faults = createFaults(gate.close);
  const mailbox = openMailbox(state);
  const access = createAccess(gate.judgeAnew);
  const ses = createSes({ mailbox, region, speed });
  const deliveries = openDeliveries(state);
  const hosts = await loadHosts({ root, state, faults });
  const issuer = args.auth ? await (await import("./issuer/issuer.ts")).openIssuer(state, endpointUrl) : undefined;
  const calls = await parts.add(openCallLog({ state }));
  const accessKeys = new Set([personKey]);
  const token = randomBytes(24).toString("base64url");
  const parameters = openParameters(state);
  const logGroups = new Map<string, LogGroup>();
  const started = Promise.withResolvers<Functions>();
  const endpoint = parts.add(
    startEndpoint({
      port: endpointPort,
      token,
      dynamodb,
      messaging,
      functions: started.promise,
      accessKeys,
      permissions: createPermissions({ access, region, ses, calls, note: say.note }),
      mailbox,
      ses,
      deliveries,
      calls,
      hosts,
      faults,
      issuer,
      region,
      parameters,
      logGroups,
      logs,
    }),
  );

  // The functions.
  let databaseUrl: string | undefined;
  void dynamodb.then(({ endpoint }) => (databaseUrl = endpoint.href)).catch(() => undefined); // awaited below
  const functions = await parts.add(
    startFunctions({
      endpoint: endpointUrl,
      token,
      compileCache: args.compileCache,
      accountConcurrency: args.accountConcurrency,
      log,
      direct: () => (databaseUrl === undefined ? undefined : { database: databaseUrl, gate: gate.shared }),
      record: calls.add,
      faults,
      graceMs,
    }),
  );
  started.resolve(functions);

  // The program, which adds the functions and defines the API, the mappings and the schedules.
  const api = createApi();
  const services: Services = {
    settings,
    dynamodb,
    messaging,
    functions,
    versions: openVersions(state),
    access,
    accessKeys,
    parameters,
    logGroups,
    api,
    mappings: [],
    schedules: [],
  };
  const program = await parts.add(
    startProgram({
      child: args.program,
      program: { entry: join(root, "index.ts"), project: config.project, stack, config: withAuth(config, issuer) },
      provision: (resource) => provision(resource, services),
      print: say.note,
      lap: laps(0),
    }),
  );

  // The API, whose requests wait until everything is there.
  const { promise: open, resolve: answerRequests } = Promise.withResolvers<void>();
  const listening = parts.add(startHttpApi({ port: args.port, api, functions, access, open, graceMs }));
  const exported = timed("Pulumi program", program.exports);
  const [exports, database, stores] = await Promise.all([exported, dynamodb, messaging, endpoint, listening]);

  const lap = laps();
  // The stores' content.
  for (const orphan of stores.removeOrphans(args.drop))
    say.note(`removed ${orphan}, which is no longer in the program`);
  const table = Exports.parse(exports).tables?.stock;
  const sku = table === undefined ? undefined : await loadCatalogue({ root, table, dynamodb: database });

  say.functions(functions.logNames()); // the columns of the log

  // The sources of events.
  for (const mapping of services.mappings) {
    await parts.add(
      startMapping({ ...mapping, access, messaging: stores, functions, deliveries, faults, trouble, region, speed }),
    );
  }
  await parts.add(startScheduler({ schedules: services.schedules, functions, access, note: say.note, speed }));
  lap("orphans, catalogue, event sources");

  const local = { endpoint: endpointUrl, mailboxUrl: `${endpointUrl}/_local/mailbox`, token, ...issuer?.auth };
  const outputs = { ...exports, local };
  writeToken(state, token);
  writeOutputs(state, outputs);
  answerRequests();
  setTimeout(flushCompileCache, 3000).unref();
  return {
    outputs,
    endpoint: endpointUrl,
    region,
    sku: "ordersUrl" in exports ? sku : undefined,
    bearer: issuer?.sample,
    warm: () => warm(api, functions),
    stop: () => parts.stop(),
  };
}
const Exports = z.looseObject({ tables: z.looseObject({ stock: z.string().optional() }).optional() });
