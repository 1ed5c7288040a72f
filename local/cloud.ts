import { randomBytes } from "node:crypto";
import { flushCompileCache } from "node:module";
import { join, resolve } from "node:path";
import * as z from "zod";
import { loadCatalogue } from "./dynamodb/catalogue.ts";
import { start as startDynamoDb } from "./dynamodb/server.ts";
import { createFaults } from "./endpoint/faults.ts";
import type { LogGroup } from "./endpoint/logs.ts";
import { createPermissions } from "./endpoint/permissions.ts";
import { start as startEndpoint } from "./endpoint/server.ts";
import { openHistory } from "./history/history.ts";
import { createApi } from "./http-api/provision.ts";
import { start as startHttpApi } from "./http-api/server.ts";
import { createAccess } from "./iam/access.ts";
import { removeUnused } from "./lambda/archive.ts";
import { openDeliveries } from "./lambda/deliveries.ts";
import { start as startFunctions, type Functions } from "./lambda/functions.ts";
import { createGate } from "./lambda/gate.ts";
import { createMappings } from "./lambda/mappings.ts";
import { createRequests } from "./lambda/requests.ts";
import { openVersions } from "./lambda/versions.ts";
import { warm } from "./lambda/warm.ts";
import { start as startMessaging } from "./messaging/server.ts";
import { loadHosts } from "./outside/hosts.ts";
import { openMailbox } from "./outside/mailbox.ts";
import { createSes } from "./outside/ses.ts";
import type { PageArgs } from "./page/args.ts";
import { start as startProgram } from "./program/parent.ts";
import { readStackConfig, withAuth, type StackConfig } from "./program/stack-config.ts";
import { provisionInto, type Graph } from "./reload/graph.ts";
import { createReports } from "./reload/report.ts";
import { createScheduler } from "./scheduler/scheduler.ts";
import type { Cloud, CloudArgs } from "./shared/cloud.ts";
import { createDiskTrouble } from "./shared/disk.ts";
import { start as startLock } from "./shared/lock.ts";
import { start as startLogs } from "./shared/logs.ts";
import { personKey } from "./shared/names.ts";
import { createParts, type Parts } from "./shared/parts.ts";
import type { Services, Settings } from "./shared/services.ts";
import { openParameters } from "./ssm/parameters.ts";
import { clearState, takeFolder, writeOutputs, writeToken } from "./shared/state.ts";

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
  const since = performance.timeOrigin; // the program's process was forked first of all
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
    history.logged(functionName, line);
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
  const history = await parts.add(openHistory({ state, trouble }));
  const accessKeys = new Set([personKey]);
  const token = randomBytes(24).toString("base64url");
  const parameters = openParameters(state);
  const logGroups = new Map<string, LogGroup>();
  const reports = createReports(say.note);
  const graph: Graph = new Map();
  const evaluated: PageArgs["program"] = { graph, exports: {} };
  const started = Promise.withResolvers<Functions>();
  const endpoint = parts.add(
    startEndpoint({
      port: endpointPort,
      ...{ token, settings, program: evaluated, dynamodb, messaging },
      functions: started.promise,
      accessKeys,
      permissions: createPermissions({ access, region, ses, calls: history, note: say.note }),
      ...{ mailbox, ses, deliveries, history, hosts, faults, issuer, reports, region },
      ...{ parameters, logGroups, logs },
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
      record: history.add,
      faults,
      graceMs,
    }),
  );
  started.resolve(functions);

  // The program, which adds the functions and defines the API, the mappings and the schedules.
  const api = createApi();
  const versions = openVersions(state);
  const services: Services = {
    settings,
    dynamodb,
    messaging,
    functions,
    versions,
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
      provision: (resource) => provisionInto(graph, resource, services),
      print: say.note,
      lap: laps(0),
    }),
  );

  // The API, whose requests wait until everything is there.
  const requests = createRequests();
  const { promise: open, resolve: answerRequests } = Promise.withResolvers<void>();
  const listening = parts.add(
    startHttpApi({ port: args.port, api, functions, requests, access, history, open, graceMs }),
  );
  const exported = timed("Pulumi program", program.exports);
  const [exports, database, stores] = await Promise.all([exported, dynamodb, messaging, endpoint, listening]);

  const lap = laps();
  const folders = functions.names().flatMap((name) => functions.find(name)?.folder ?? []);
  removeUnused(join(state, "code"), new Set(folders));

  // The stores' content.
  for (const orphan of stores.removeOrphans(args.drop))
    say.note(`removed ${orphan}, which is no longer in the program`);
  const local = { endpoint: endpointUrl, mailboxUrl: `${endpointUrl}/_local/mailbox`, token, ...issuer?.auth };
  /** What people and commands see of the program. */
  const publish = async (current: Record<string, unknown>) => {
    evaluated.exports = current;
    const table = Exports.parse(current).tables?.stock;
    const sku = table === undefined ? undefined : await loadCatalogue({ root, table, dynamodb: database });
    say.functions(functions.logNames()); // the columns of the log
    const outputs = { ...current, local };
    writeOutputs(state, outputs);
    return { outputs, sku: "ordersUrl" in current ? sku : undefined };
  };

  // The sources of events.
  const shared = { access, functions, history, speed };
  const mappings = createMappings({ ...shared, messaging: stores, requests, deliveries, faults, trouble, region });
  await parts.add(Promise.resolve(mappings));
  await mappings.update(services.mappings);
  const scheduler = createScheduler({ ...shared, note: say.note });
  await parts.add(Promise.resolve(scheduler));
  scheduler.update(services.schedules);
  lap("orphans, catalogue, event sources");

  writeToken(state, token);
  const { outputs, sku } = await publish(exports);
  answerRequests();
  setTimeout(flushCompileCache, 3000).unref();
  return {
    outputs,
    endpoint: endpointUrl,
    region,
    sku,
    bearer: issuer?.sample,
    warm: () => warm(api, services.mappings, functions),
    watch: async (types) => {
      const reload = await import("./reload/reload.ts");
      const { configFile, compileCache, accountConcurrency, drop } = args;
      const running = {
        services,
        functions,
        dynamodb: database,
        messaging: stores,
        versions,
        graph,
        mappings,
        scheduler,
      };
      const asked = { configFile: resolve(root, configFile), compileCache, accountConcurrency, drop, since, types };
      const auth = (read: StackConfig) => withAuth(read, issuer);
      await parts.add(reload.start({ ...running, ...asked, withAuth: auth, reports, publish, note: say.note }));
    },
    stop: () => parts.stop(),
  };
}
const Exports = z.looseObject({ tables: z.looseObject({ stock: z.string().optional() }).optional() });
