import type { HostDefinition } from "../../../local/outside/define-host.ts";
import { expireHolds, relayOutbox } from "../../../handlers/index.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { runScheduled } from "../../../runtime/lambda/run-scheduled.ts";
import { serve, type Servable } from "../../../runtime/lambda/serve.ts";
import type { Call } from "../../../runtime/ports/calls.ts";
import { clock as remaining, httpEvent } from "../lambda.ts";
import { Clock } from "./clock.ts";
import type { Database } from "./database.ts";
import { die, live, seam } from "./lives.ts";
import { Outside, OutsideError } from "./outside.ts";
import { Providers } from "./providers.ts";
import { Queue, recordOf, type Message } from "./queues.ts";
import type { Stack } from "./stack.ts";

/** Around every call that a function makes: a test may die here, throttle, or lose the reply. */
export type Around = (handler: string, call: Call, perform: () => Promise<unknown>) => Promise<unknown>;

/** So much time is left in every invocation that no signal fires because the machine is slow. */
const context = { ...remaining(15 * 60_000), awsRequestId: "relay" };

/** A request to a route: what is left out is empty. */
interface Request {
  readonly pathParameters?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The claims of the caller's token. Default no token, as where the stack has no `auth`. */
  readonly claims?: Record<string, string> | undefined;
}

/** The functions of a stack, with their queues, the outbox's relay, the providers, and a time that stands still. */
export class System {
  readonly clock = new Clock();
  readonly queues: ReadonlyMap<string, Queue>;
  readonly providers: Providers;
  readonly outside: Outside;
  /** Every line that a function has written. */
  readonly logs: string[] = [];
  readonly database: Database;
  readonly stack: Stack;
  snsIsDown = false;
  /** Called in between: a test's own fault. */
  around: Around = (_handler, _call, perform) => perform();
  /** How far the next function's clock is off, in milliseconds. */
  skew = (): number => 0;
  #mistake: OutsideError | undefined;
  #relayAt: number;

  constructor(stack: Stack, database: Database, hosts: readonly HostDefinition[]) {
    this.stack = stack;
    this.database = database;
    this.queues = new Map([...stack.consumers].map(([name, { limits }]) => [name, new Queue(limits)]));
    this.outside = new Outside(hosts);
    this.providers = new Providers(this.outside, (messages) => this.#fanOut(messages));
    this.#relayAt = this.clock.now + stack.relay.intervalMs;
  }

  queue(consumer: string): Queue {
    const queue = this.queues.get(consumer);
    if (!queue) throw new Error(`no consumer "${consumer}" is here; there are ${[...this.queues.keys()].join(", ")}`);
    return queue;
  }

  /** Has a route's own handler answer a request. `around` takes the place of the test's own fault. */
  async request(key: string, route: Servable, { headers = {}, ...rest }: Request, around?: Around) {
    const environment = this.stack.routes.get(key);
    if (!environment) throw new Error(`the program has no route "${key}"`);
    const handle = serve(route, environment, seam);
    const event = httpEvent({ headers: { "content-type": "application/json", ...headers }, ...rest });
    const answer = await this.#live(key, () => handle(event, context), around);
    if (this.#mistake) throw this.#mistake;
    return answer;
  }

  /** The relay's next run on its schedule: the clock goes on to it. */
  async relay(): Promise<void> {
    this.clock.advanceTo(this.#relayAt);
    this.#relayAt = this.clock.now + this.stack.relay.intervalMs;
    const handle = runScheduled(relayOutbox, this.stack.relay.environment, seam);
    // What it throws, its next run makes good.
    await this.#live("relay", () => handle({}, context)).catch(() => undefined);
  }

  /** A run of what cancels orders that have been on hold for too long. */
  async expireHolds(): Promise<void> {
    const handle = runScheduled(expireHolds, this.stack.holds.environment, seam);
    await this.#live("holds", () => handle({}, context)).catch(() => undefined);
  }

  /**
   * Delivers a batch of a consumer's queue to a function, and gives its size; what the function does not report as
   * failed is deleted. A function that dies answers nothing, and all come again.
   */
  async deliver(consumer: string, most = this.#consumer(consumer).batchSize): Promise<number> {
    const { definition, environment } = this.#consumer(consumer);
    const queue = this.queue(consumer);
    const batch = queue.receive(this.clock.now, most);
    if (batch.length === 0) return 0;
    const handle = consume(definition, environment, seam);
    const answer = await this.#live(consumer, () => handle({ Records: batch.map(recordOf) }, context));
    const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    if (answer) queue.delete(batch.filter(({ id }) => !failed.has(id)));
    if (this.#mistake) throw this.#mistake;
    return batch.length;
  }

  /**
   * Delivers until the outbox and every queue, or those of some consumers, are empty. When nothing is visible the clock
   * goes on: to the next message that is, or to the relay's next run.
   */
  async settle(consumers: readonly string[] = [...this.queues.keys()]): Promise<void> {
    for (let round = 0; round < 2_000; round++) {
      let delivered = 0;
      for (const consumer of consumers) {
        for (let size; size !== 0; delivered += size) size = await this.deliver(consumer);
      }
      if (delivered === 0 && !(await this.#goOn(consumers))) return;
    }
    const left = consumers.map((consumer) => `${this.queue(consumer).messages.length} for ${consumer}`);
    throw new Error(`not quiet after 2,000 rounds: ${left.join(", ")}`);
  }

  /** Settles with one message at a time: of all that wait, the one whose event's type comes first in `order`. */
  async settleInOrder(order: readonly string[]): Promise<void> {
    const rank = ({ attributes }: Message) => order.indexOf(attributes["type"] ?? "");
    for (let step = 0; step < 200; step++) {
      const waiting = [...this.queues].flatMap(([consumer, { messages }]) =>
        messages.map((message) => ({ consumer, message, rank: rank(message) })),
      );
      const [next] = waiting.sort((a, b) => a.rank - b.rank);
      if (!next) return;
      this.clock.advanceTo(next.message.visibleAt);
      this.queue(next.consumer).toFront(next.message);
      await this.deliver(next.consumer, 1);
    }
    throw new Error("not quiet after 200 deliveries");
  }

  /** Ends the function that calls it: from `around`, which then never returns. */
  readonly dies = die;

  /** How many events are still marked as unpublished. */
  marks(): Promise<number> {
    return this.database.count(this.stack.outbox);
  }

  /** Whether there was something to wait for. */
  async #goOn(consumers: readonly string[]): Promise<boolean> {
    const visible = consumers.flatMap((consumer) => this.queue(consumer).nextVisibleAt() ?? []);
    const next = Math.min(...visible);
    if ((await this.marks()) > 0 && this.#relayAt <= next) await this.relay();
    else if (visible.length > 0) this.clock.advanceTo(next);
    else return false;
    return true;
  }

  #consumer(name: string) {
    const consumer = this.stack.consumers.get(name);
    if (!consumer) throw new Error(`no consumer "${name}" is here`);
    return consumer;
  }

  /** A function's life, a millisecond after the last one began: what it answers, or nothing when it dies. */
  #live<T>(handler: string, start: () => Promise<T>, around?: Around): Promise<T | undefined> {
    this.clock.advance(1);
    const skew = this.skew();
    const surroundings = {
      now: () => this.clock.now + skew,
      log: (line: string) => void this.logs.push(line),
      call: (call: Call, perform: () => Promise<unknown>) =>
        (around ?? this.around)(handler, call, call.service === "dynamodb" ? perform : async () => this.#play(call)),
    };
    return live(surroundings, start);
  }

  #play(call: Call): unknown {
    try {
      return this.providers.answer(call);
    } catch (error) {
      if (error instanceof OutsideError) this.#mistake ??= error;
      throw error;
    }
  }

  #fanOut(messages: readonly Pick<Message, "body" | "attributes">[]): void {
    if (this.snsIsDown) throw Object.assign(new Error("SNS is down"), { name: "TimeoutError" });
    for (const [name, { filter }] of this.stack.consumers) {
      const passes = ({ attributes }: Pick<Message, "attributes">) =>
        Object.entries(filter).every(([attribute, values]) => values.includes(attributes[attribute] ?? ""));
      for (const message of messages.filter(passes)) this.queue(name).send(message);
    }
  }
}
