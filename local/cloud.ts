import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import * as z from "zod";
import { createPolicies } from "./endpoint/authenticate.ts";
import { openCarrier } from "./outside/carrier.ts";
import { loadCatalogue } from "./dynamodb/catalogue.ts";
import type { Console } from "./shared/console.ts";
import { startDynamoDb } from "./dynamodb/server.ts";
import { startEndpoint } from "./endpoint/server.ts";
import { startMapping, type MappingConfig } from "./lambda/event-source-mapping.ts";
import { createFaults } from "./endpoint/faults.ts";
import { startFunctions, type Functions } from "./lambda/pool.ts";
import { startHttpApi, type ApiDefinition } from "./http-api/server.ts";
import { lockFile, lockState } from "./shared/lock.ts";
import { openLogs } from "./shared/logs.ts";
import { openMailbox } from "./outside/mailbox.ts";
import { startMessaging } from "./messaging/server.ts";
import { functionNameOf } from "./shared/names.ts";
import { startProgram } from "./program/parent.ts";
import { invoke } from "./program/invokes.ts";
import { provision } from "./provision.ts";
import { createScheduler } from "./lambda/scheduler.ts";
import type { Services, Settings } from "./shared/services.ts";
import { readStackConfig } from "./program/stack-config.ts";

/** What was asked for on the command line. */
export interface CloudOptions {
  readonly root: string;
  readonly state: string;
  readonly stack: string;
  readonly port: number;
  readonly speed: number;
  readonly fresh: boolean;
  readonly compileCache: string;
  /** Where the program is evaluated, from `forkProgram`. */
  readonly program: ChildProcess;
}

/** A running cloud. */
export interface Cloud {
  /** The stack's exports, and `local`. */
  readonly outputs: Record<string, unknown>;
  /** A SKU of the catalogue, for the ready-made order. */
  readonly sku: string | undefined;
  /** Starts the functions' first workers. */
  warm(): Promise<void>;
  readonly stop: () => Promise<void>;
}

const Exports = z.looseObject({ tables: z.looseObject({ stock: z.string().optional() }).optional() });

/** Starts everything; what does not depend on each other, at once. Whatever began is ended when one part fails. */
export async function startCloud(options: CloudOptions, say: Console): Promise<Cloud> {
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const end of stops.reverse()) await end();
  };
  try {
    return await startParts(options, say, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: CloudOptions,
  say: Console,
  stops: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<Cloud> {
  const timed = stopwatch(say);
  const stack = readStackConfig(options.root, options.stack);
  const endpointPort = options.port + 1;
  const settings: Settings = {
    ...options,
    region: stack.region,
    endpointPort,
    endpoint: `http://127.0.0.1:${endpointPort}`,
  };
  const { state, region, speed } = settings;
  mkdirSync(state, { recursive: true });
  const lock = lockState(state);
  stops.push(lock.release);
  if (options.fresh)
    for (const name of readdirSync(state)) if (name !== lockFile) rmSync(join(state, name), { recursive: true });
  rmSync(join(state, "outputs.json"), { force: true });

  const dynamodb = timed("DynamoDB (dynoxide)", startDynamoDb(state, say.note));
  const messaging = timed(
    "SNS, SQS, S3 (fauxqs)",
    startMessaging({ state, stack: options.stack, region, endpointPort }),
  );
  stops.push(async () =>
    (await Promise.allSettled([dynamodb]))[0].status === "fulfilled" ? (await dynamodb).stop() : undefined,
  );
  stops.push(async () =>
    (await Promise.allSettled([messaging]))[0].status === "fulfilled" ? (await messaging).stop() : undefined,
  );
  const faults = createFaults();
  const mailbox = openMailbox(state);
  const carrier = openCarrier(state, faults);
  const logs = openLogs(state);
  stops.push(logs.stop);
  const log = (functionName: string, line: string): void => {
    logs.write(functionName, line);
    say.log(functionName, line);
  };
  const functions = startFunctions({ endpoint: settings.endpoint, compileCache: options.compileCache, log }, faults);
  const api: ApiDefinition = { id: "", executionArn: "", routes: [], integrations: new Map(), permissions: [] };
  const mappings: MappingConfig[] = [];
  const scheduler = createScheduler(speed);
  const services: Services = {
    settings,
    dynamodb,
    messaging,
    functions,
    api,
    mappings,
    scheduler,
    policies: createPolicies(),
    invoke: (name, event) =>
      void functions
        .invoke(name, event)
        .then((result) => result.ok || log(name, `${result.errorType}: ${result.errorMessage}`)),
  };
  stops.push(() => functions.stop(1000));
  stops.push(scheduler.stop);
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const start = {
    entry: join(options.root, "index.ts"),
    project: stack.project,
    stack: options.stack,
    config: stack.config,
  };
  const program = startProgram(options.program, start, {
    provision: (resource) => provision(resource, services),
    invoke: async (token, inputs) => invoke(token, inputs, region),
    print: say.note,
  });
  stops.push(program.stop);
  const listening = Promise.all([
    startHttpApi(options.port, api, functions, opened),
    startEndpoint({ port: endpointPort, region, dynamodb, messaging, functions, mailbox, carrier, faults }),
  ]);
  const evaluated = timed("Pulumi program", program.exports);
  const [exports, servers] = await Promise.all([evaluated, listening, dynamodb, messaging]);
  for (const server of servers) stops.push(server.stop);

  for (const orphan of (await messaging).removeOrphans())
    say.note(`removed ${orphan}, which is no longer in the program`);
  const stock = Exports.parse(exports).tables?.stock;
  const sku = stock === undefined ? undefined : await loadCatalogue(options.root, state, stock, await dynamodb);
  for (const mapping of mappings) {
    stops.push(startMapping({ ...mapping, messaging: await messaging, functions, faults, region, speed }).stop);
  }
  scheduler.start();
  const outputs = {
    ...exports,
    local: { endpoint: settings.endpoint, mailboxUrl: `${settings.endpoint}/_local/mailbox` },
  };
  writeFileSync(join(state, "outputs.json.half"), `${JSON.stringify(outputs, undefined, 2)}\n`);
  renameSync(join(state, "outputs.json.half"), join(state, "outputs.json"));
  open();
  setTimeout(flushCompileCache, 3000).unref();
  return { outputs, sku, warm: () => warm(api, functions), stop };
}

/** Routes first, since a person calls those; then what listens. One after the other: at once, the first would wait. */
async function warm(api: ApiDefinition, functions: Functions): Promise<void> {
  const routed = [...api.routes]
    .sort((one, other) => Number(other.key.startsWith("POST")) - Number(one.key.startsWith("POST")))
    .flatMap(({ target }) => api.integrations.get(target.replace(/^integrations\//, ""))?.uri ?? [])
    .map(functionNameOf);
  const [first, ...others] = routed;
  const listening = functions.names().filter((name) => !routed.includes(name));
  for (const name of new Set([...(first ? [first] : []), ...listening, ...others])) await functions.warm(name);
}

function stopwatch(say: Console): <T>(phase: string, work: Promise<T>) => Promise<T> {
  return (phase, work) => {
    const began = performance.now();
    work.then(
      () => say.phase(phase, performance.now() - began),
      () => {},
    );
    return work;
  };
}
