// `npm start`: the flags, the console and the process; the cloud itself is cloud.ts.
import { enableCompileCache } from "node:module";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const usage = `npm start -- [flags]    runs the whole order backend on this machine

  --stack NAME   the stack whose Pulumi.NAME.yaml is read (default: local)
  --config-file FILE
                 the stack's config, where it is not Pulumi.NAME.yaml
  --port N       the API's port; the AWS endpoint listens on N + 1 (default: 4000)
  --auth         callers need a token, by an issuer of this machine's own: npm run token prints one
  --fresh        begin anew: forget every order, message and table
  --drop         lose the messages of queues that are no longer in the program; without it, such a start is refused
  --speed N      divide visibility timeouts, batching windows and schedules by N, schedules to a second at least
                 (default: 1)
  --account-concurrency N
                 how many events all functions together run at once (default: 1000, AWS's)
  --state DIR    where state is kept (default: .local)
  --json         print JSON lines
  --timing       print where the time of the start went, once the functions that an order goes through are warm
  --no-watch     leave running what runs when files are saved, and look at no types
  --no-types     do not look at the types
  --help         print this`;

function readFlags() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      stack: { type: "string" },
      "config-file": { type: "string" },
      port: { type: "string", default: "4000" },
      auth: { type: "boolean", default: false },
      fresh: { type: "boolean", default: false },
      drop: { type: "boolean", default: false },
      speed: { type: "string", default: "1" },
      "account-concurrency": { type: "string", default: "1000" },
      state: { type: "string", default: ".local" },
      json: { type: "boolean", default: false },
      timing: { type: "boolean", default: false },
      watch: { type: "boolean", default: true },
      types: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  const speed = Number(values.speed);
  if (!Number.isInteger(port) || port < 1 || port > 65534)
    throw new Error(`--port ${values.port}: a port is a whole number from 1 to 65534`);
  if (!Number.isFinite(speed) || speed <= 0) throw new Error(`--speed ${values.speed}: a speed is a number above 0`);
  const accountConcurrency = Number(values["account-concurrency"]);
  if (!Number.isInteger(accountConcurrency) || accountConcurrency < 1)
    throw new Error(`--account-concurrency ${values["account-concurrency"]}: a concurrency is a whole number above 0`);
  const named = /^Pulumi\.(.+)\.yaml$/.exec(basename(values["config-file"] ?? ""))?.[1];
  const stack = values.stack ?? named ?? "local";
  if (!/^[A-Za-z0-9_.-]+$/.test(stack)) throw new Error(`--stack ${stack}: not a stack's name`);
  return {
    ...values,
    port,
    speed,
    accountConcurrency,
    stack,
    configFile: values["config-file"] ?? `Pulumi.${stack}.yaml`,
  };
}

function flagsOrExit(): ReturnType<typeof readFlags> {
  try {
    return readFlags();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message.split("\n")[0] : String(error)} (see --help)\n`);
    process.exit(2);
  }
}

const began = performance.now();
const flags = flagsOrExit();
if (flags.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const root = process.cwd();
const compileCache = join(root, "node_modules/.cache/order-fanout/compile");
enableCompileCache(compileCache);
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
process.umask(0o077); // the state has names, addresses and phone numbers in it
process.env["TZ"] = "UTC"; // workers share the process's zone, and Lambda's is UTC

const { forkProgram } = await import("./program/fork.ts");
const program = forkProgram(compileCache);
const { createConsole } = await import("./shared/console.ts");
const { start } = await import("./cloud.ts");
const { LocalCloudError } = await import("./shared/names.ts");
const { readyText } = await import("./shared/ready-text.ts");
const { gatherLines } = await import("./shared/gathered.ts");
const printed = gatherLines(20, (lines) => process.stdout.write(lines));
process.on("exit", printed.flush);
const { createStopwatch } = await import("./shared/stopwatch.ts");
const say = createConsole({
  json: flags.json,
  colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
  timeZone,
  write: printed.add,
  writeError: (line) => process.stderr.write(`${line}\n`),
});

const stopwatch = createStopwatch(say);
stopwatch.laps(0)("Node, and the local cloud's modules");

process.stdout.on("error", () => process.exit(0)); // whoever read it has gone

const ends = new Promise<string>((resolve) => {
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
});
try {
  const { stack, configFile, port, speed, accountConcurrency, auth, fresh, drop } = flags;
  const state = resolve(root, flags.state);
  const asked = { stack, configFile, port, speed, accountConcurrency, auth, fresh, drop };
  const starting = start({ root, state, ...asked, compileCache, program, say, stopwatch });
  const cloud = await Promise.race([starting, ends]);
  if (typeof cloud === "string") process.exit(0); // what began is tied to this process, and ends with it
  say.phase("ready", performance.now() - began);
  say.ready(cloud.outputs, readyText({ ...cloud, apiUrl: `http://127.0.0.1:${port}` }));
  printed.flush();
  const lap = stopwatch.laps();
  const warm = cloud.warm().then(() => lap("an execution environment of each function of an order"));
  if (flags.timing) void warm.then(() => say.timing(stopwatch.phases()));
  if (flags.watch) await Promise.race([cloud.watch(flags.types), ends]);
  await ends;
  await cloud.stop();
  say.note(`stopped; state is kept in ${flags.state}`);
  process.exit(0);
} catch (error) {
  say.error(
    error instanceof LocalCloudError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  process.exit(1);
}
