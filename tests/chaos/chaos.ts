import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { collect, countLeft, sellStock, type Collected } from "./collect.ts";
import { judge } from "./judge.ts";
import { createLoad, type Load } from "./load.ts";
import { CommandError, columns, main, readArguments } from "../../commands/shared/console.ts";
import { freePort } from "../../local/shared/free-port.ts";
import { seeded, type Random } from "../../local/shared/random.ts";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";

const usage = `npm run chaos -- [--orders 10000] [--rate 25] [--clients 24] [--kills 5] [--seed N] [--json]

Runs the local cloud as you would, places orders at a steady rate from several clients that repeat their keys, and
breaks what it can: functions end mid-way, calls are throttled, late or never answered, SNS is down, deliveries are
repeated and shuffled, and the whole cloud is killed with -9 and started again. Then it compares what was accepted
with what happened. Exits with 1 when anything was lost, unexpected or duplicated. --seed repeats a run's choices.`;

/**
 * Functions are no faster for it, so a lease must stay longer than its owner may live: (3 + 120) / 20 s for the 3 s of
 * tests/stacks/Pulumi.chaos.yaml.
 */
const SPEED = 20;

interface Run {
  readonly random: Random;
  readonly say: (text: string) => void;
  readonly state: string;
  readonly port: number;
  cloud: LocalCloud;
  kills: number;
  snsOutages: number;
}

/** The faults of the next few seconds; now and then none, so that the system also has to recover. */
function drawFaults(random: Random): Record<string, unknown> {
  const seed = Math.floor(random() * 2 ** 31);
  if (random() < 0.2) return { seed };
  return {
    seed,
    kill: random() * 0.004,
    throttle: random() * 0.04,
    conflict: random() * 0.1,
    lost: random() * 0.01,
    late: { probability: random() * 0.015, ms: 200 + random() * 3_000 },
    repeat: 0.1 + random() * 0.2,
    snsDown: random() < 0.08,
    hostsDown: random() < 0.1 ? ["carrier.test"] : [],
  };
}

async function setFaults({ cloud }: Run, faults: Record<string, unknown> | undefined): Promise<void> {
  const taken = await cloud.local(
    "faults",
    faults ? { method: "PUT", body: JSON.stringify(faults) } : { method: "DELETE" },
  );
  if (typeof taken === "object" && taken !== null && "message" in taken)
    throw new CommandError(`The local cloud did not take the faults: ${JSON.stringify(taken)}`);
}

/** Breaks things until the load is done: other faults every 3 s, and the cloud itself at even distances. */
async function breakThings(run: Run, load: Load, kills: number): Promise<void> {
  for (;;) {
    const faults = drawFaults(run.random);
    if (faults["snsDown"] === true) run.snsOutages++;
    await setFaults(run, faults);
    for (let tick = 0; tick < 6; tick++) {
      await sleep(500);
      const { accepted, total } = load.progress();
      if (accepted >= total) return;
      if (run.kills < kills && accepted > (total * (run.kills + 0.5 + run.random() / 2)) / (kills + 1))
        await killCloud(run, faults);
    }
    const { accepted, total, answers } = load.progress();
    run.say(`${accepted} of ${total} accepted, ${answers.failed} tries failed, the cloud killed ${run.kills} times`);
  }
}

async function killCloud(run: Run, faults: Record<string, unknown>): Promise<void> {
  run.kills++;
  await run.cloud.kill();
  run.cloud = await startLocalCloud({
    state: run.state,
    port: run.port,
    configFile: "tests/stacks/Pulumi.chaos.yaml",
    speed: SPEED,
  });
  await setFaults(run, faults);
}

/** Waits until nothing is left, however slow the machine: it gives up when as much is left as three minutes ago. */
async function settle(run: Run): Promise<void> {
  await setFaults(run, undefined);
  let before = NaN;
  let changed = performance.now();
  for (let asked = 0; ; asked++) {
    const left = await countLeft(run.cloud.outputs);
    if (left === 0) return;
    if (left !== before) [before, changed] = [left, performance.now()];
    if (performance.now() - changed > 180_000) return run.say(`for 180 s ${left} are left: they count as pending`);
    if (asked % 10 === 9) run.say(`${left} are left in the queues and the outbox`);
    await sleep(500);
  }
}

function report(collected: Collected, run: Run, load: Load, { seconds, quiet }: Times, seed: number) {
  const { total, answers, latencies } = load.progress();
  const { lost, unexpected, duplicated, pending, stock, repeatedTellings } = judge(collected, load.accepted());
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (q: number) => Math.round(sorted[Math.floor(sorted.length * q)] ?? 0);
  return {
    seed,
    orders: total,
    seconds: Math.round(seconds),
    /** From the start until the last queue was empty. */
    quietAfterSeconds: Math.round(quiet),
    ordersPerSecond: Math.round((total / seconds) * 10) / 10,
    post: { p50Ms: quantile(0.5), p99Ms: quantile(0.99), failedTries: answers.failed, repeatedKeys: answers.repeated },
    broken: { cloudKills: run.kills, snsOutages: run.snsOutages },
    statuses: Object.fromEntries(
      [...Map.groupBy(collected.orders, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    ),
    lost,
    unexpected: [...unexpected, ...answers.different],
    duplicated,
    pending,
    stock,
    repeatedTellings,
  };
}

interface Times {
  readonly seconds: number;
  readonly quiet: number;
}

type Report = ReturnType<typeof report>;

function tell(r: Report): string {
  const some = (ids: readonly string[]) =>
    ids.length === 0 ? "0" : `${ids.length}: ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? " ..." : ""}`;
  return columns([
    [
      "orders",
      `${r.orders} in ${r.seconds} s (${r.ordersPerSecond} a second), quiet after ${r.quietAfterSeconds} s, POST p50 ${r.post.p50Ms} ms, p99 ${r.post.p99Ms} ms`,
    ],
    ["clients", `${r.post.repeatedKeys} keys sent again, ${r.post.failedTries} tries failed and repeated`],
    ["broken", `the cloud killed ${r.broken.cloudKills} times, SNS down ${r.broken.snsOutages} times`],
    [
      "statuses",
      Object.entries(r.statuses)
        .map(([status, count]) => `${count} ${status}`)
        .join(", "),
    ],
    ["lost", some(r.lost)],
    ["unexpected", some(r.unexpected)],
    ["duplicated", some(r.duplicated)],
    ["pending", some(r.pending)],
    ["stock", r.stock.length === 0 ? "conserved" : r.stock.join("; ")],
    [
      "told again",
      `${r.repeatedTellings} e-mails and SMS, each after a death or an answer that came too late (at-least-once)`,
    ],
    ["seed", String(r.seed)],
  ]);
}

await main(usage, async () => {
  const { values } = readArguments({
    orders: { type: "string", default: "10000" },
    rate: { type: "string", default: "25" },
    clients: { type: "string", default: "24" },
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    json: { type: "boolean" },
  });
  const number = (name: "orders" | "rate" | "clients" | "kills" | "seed") => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 0)
      throw new CommandError(`--${name} ${values[name]}: a whole number is wanted.`, 2);
    return value;
  };
  const [orders, rate, clients, kills, seed] = [
    number("orders"),
    number("rate"),
    number("clients"),
    number("kills"),
    number("seed"),
  ];
  const began = performance.now();
  const say = (text: string) => {
    if (!values.json) console.log(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
  };
  say(`seed ${seed}: ${orders} orders, ${rate} a second from ${clients} clients`);

  const state = await mkdtemp(join(tmpdir(), "order-fanout-chaos-"));
  const port = await freePort(2);
  const cloud = await startLocalCloud({ state, port, configFile: "tests/stacks/Pulumi.chaos.yaml", speed: SPEED });
  const run: Run = { random: seeded(seed), say, state, port, cloud, kills: 0, snsOutages: 0 };
  try {
    await sellStock(cloud.outputs, orders);
    const load = createLoad({
      ordersUrl: cloud.outputs.ordersUrl,
      orders,
      rate,
      clients,
      random: seeded(seed + 1),
      run: hash(state),
    });
    await Promise.all([load.run(), breakThings(run, load, kills)]).finally(load.stop);
    const elapsed = () => (performance.now() - began) / 1_000;
    const seconds = elapsed();
    say(`all ${orders} orders are accepted: nothing is broken any more`);
    await settle(run);
    const times = { seconds, quiet: elapsed() };
    const result = report(await collect(run.cloud.outputs), run, load, times, seed);
    console.log(values.json ? JSON.stringify(result) : tell(result));
    const failed = [result.lost, result.unexpected, result.duplicated, result.pending, result.stock].some(
      ({ length }) => length > 0,
    );
    if (failed) process.exitCode = 1;
  } finally {
    await run.cloud.stop();
    await rm(state, { recursive: true, force: true });
  }
});

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
