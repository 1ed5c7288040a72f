import { setTimeout as sleepFor } from "node:timers/promises";
import { subjectOf, type Delivery } from "./deliveries.ts";
import type { Faults } from "../endpoint/faults.ts";
import type { History } from "../history/history.ts";
import { invokeTimed } from "../history/timed.ts";
import type { Access } from "../iam/access.ts";
import { requirePolling } from "../iam/at-start.ts";
import type { Message } from "../messaging/fauxqs.ts";
import { THROTTLED, type Functions } from "./functions.ts";
import type { Requests } from "./requests.ts";
import { hastenRetries, receive, visibilityMs } from "./batch.ts";
import { causeOf, failuresOf, recordOf } from "./sqs-event.ts";
import type { Messaging } from "../messaging/server.ts";
import type { Journal } from "../outside/journal.ts";
import type { DiskTrouble } from "../shared/disk.ts";
import type { Part } from "../shared/parts.ts";

/** An event source mapping from a queue to a function. */
export interface MappingConfig {
  readonly queueArn: string;
  /** The function's name or ARN, with a version or an alias perhaps. */
  readonly functionName: string;
  /** The most messages in a batch. */
  readonly batchSize: number;
  /** How long a batch may wait to be filled. */
  readonly windowSeconds: number;
  /** Whether the function's answer names the messages that failed; otherwise all of a batch succeed or fail. */
  readonly reportBatchItemFailures: boolean;
  /** The most batches at the same time. */
  readonly maximumConcurrency: number;
}

/** A mapping, and the services that it connects. */
export interface MappingArgs extends MappingConfig {
  readonly access: Access;
  readonly messaging: Messaging;
  readonly functions: Functions;
  /** What its batches give way to. */
  readonly requests: Requests;
  readonly deliveries: Journal<Delivery>;
  /** Takes each invocation. */
  readonly history: Pick<History, "invoked">;
  readonly faults: Faults;
  /** Takes failures to write the queue's database. */
  readonly trouble: DiskTrouble;
  readonly region: string;
  /** Divides the window and the visibility timeout. */
  readonly speed: number;
}

/** How long a waiting message leaves the batches under way the chance to take it, before another one begins. */
const patienceMs = 25;
/** How long it waits before it asks again whether the queue's database can be written. */
const troubledMs = 1_000;
/** A throttled batch tries again no sooner, however high the speed. */
const leastBackoffMs = 25;

/**
 * Polls one queue, woken by a message that arrives or becomes visible again; nothing runs while it is idle. Stopping
 * takes no further batch; the messages of a batch under way are still deleted when its function succeeds.
 * @throws LocalCloudError where the function's role may not poll the queue.
 */
export async function start(args: MappingArgs): Promise<Part> {
  const { messaging, functions, requests, faults, trouble, speed, batchSize } = args;
  const queue = messaging.sqs.getQueueByArn(args.queueArn);
  if (queue === undefined) throw new Error(`there is no queue ${args.queueArn}`);
  requirePolling(args.access, { queueArn: args.queueArn, role: functions.find(args.functionName)?.role ?? "" });
  const windowMs = (args.windowSeconds * 1000) / speed;
  let running = 0;
  /** The batches at the same time that are allocated now. */
  let allocated = args.maximumConcurrency;
  let stopped = false;
  let scheduled = false;
  let pumping = false;
  let firstReadyAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Whether the last write failed. Meanwhile nothing is received: each receive would count. */
  let troubled = false;
  const database = "fauxqs.db";

  /** Does what writes the queue's database. A failure is said; what it is about stays in the queue. */
  const write = (act: () => void): void => {
    try {
      act();
      troubled = false;
    } catch (error) {
      troubled = true;
      trouble(database, error);
    }
  };

  const wake = (): void => {
    if (scheduled || stopped) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (!stopped) pump();
    });
  };

  const pump = (): void => {
    pumping = true;
    if (troubled) write(() => messaging.persistence.db.exec("UPDATE sqs_queues SET tags = tags"));
    if (!troubled) write(receiveAll);
    pumping = false;
    if (!troubled) return;
    clearTimeout(timer);
    timer = setTimeout(pump, troubledMs);
  };

  /** Whether a batch waits for an execution environment already: then the next one fills, until one is done. */
  const isHeld = (): boolean => running > 0 && functions.waiting(args.functionName) > 0;

  /** How long a batch that is not full waits, from when its first message was ready. */
  const waitMs = (): number => Math.max(windowMs, running > 0 ? patienceMs : 0, requests.giveWayMs());

  const receiveAll = (): void => {
    queue.processTimers();
    const now = performance.now(); // a clock that is set back holds no batch up
    firstReadyAt = queue.messages.length === 0 ? undefined : (firstReadyAt ?? now);
    while (queue.messages.length > 0 && running < allocated) {
      const full = queue.messages.length >= batchSize;
      if (!full && (isHeld() || now - (firstReadyAt ?? now) < waitMs())) break;
      const batch = receive(queue, batchSize, messaging);
      if (batch.size > 0) void deliver(batch);
    }
    if (queue.messages.length === 0) firstReadyAt = undefined;
    sleep(now);
  };

  /** Sleeps until a batch has waited long enough, or a message in flight becomes visible again. */
  const sleep = (now: number): void => {
    clearTimeout(timer);
    let wait = Infinity;
    if (firstReadyAt !== undefined && running < allocated && !isHeld()) wait = firstReadyAt + waitMs() - now;
    const clock = Date.now();
    for (const { visibilityDeadline } of queue.inflightMessages.values())
      wait = Math.min(wait, visibilityDeadline - clock);
    for (const { delayUntil } of queue.delayedMessages) wait = Math.min(wait, (delayUntil ?? Infinity) - clock);
    if (wait !== Infinity) timer = setTimeout(pump, Math.min(Math.max(wait, 0) + 1, 2 ** 31 - 1));
  };

  const deliver = async (batch: Map<string, Message>): Promise<void> => {
    running += 1;
    const received = performance.now();
    const records = [...batch].map(([handle, message]) => recordOf(handle, message, args));
    const failed = await invokeAdmitted(batch, records, received);
    running -= 1;
    const done = [...batch.keys()].filter((handle) => !failed.has(handle));
    // A throttled batch may outlast the cloud: then there is nothing to delete, and no database.
    if (done.length > 0)
      write(() => messaging.persistence.transaction(() => done.forEach((handle) => queue.deleteMessage(handle))));
    if (stopped) return;
    // Only now: functions are never faster, and a shortened timeout that ended while one runs would deliver twice.
    if (speed !== 1) write(() => hastenRetries(queue, failed, received, speed));
    if (done.length > 0) {
      for (const delay of faults.repeats()) {
        setTimeout(() => void (stopped || invoke(batch, faults.shuffle(records))), delay);
      }
    }
    wake();
  };

  /**
   * Invokes again while the function is throttled, until the batch's visibility timeout is over: then it is dropped, and
   * has used up a receive. Meanwhile fewer batches are allocated.
   * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-backoff-strategy
   */
  const invokeAdmitted = async (
    batch: Map<string, Message>,
    records: readonly object[],
    received: number,
  ): Promise<Set<string>> => {
    const until = received + visibilityMs(queue, speed);
    for (let attempt = 0; ; attempt++) {
      const failed = await invoke(batch, records);
      if (failed !== THROTTLED) {
        allocated = Math.min(args.maximumConcurrency, allocated + 1);
        return failed;
      }
      allocated = Math.max(1, Math.floor(allocated / 2));
      const wait = Math.max(leastBackoffMs, Math.min(1_000, 100 * 2 ** attempt) / speed);
      if (stopped || performance.now() + wait >= until) return new Set(batch.keys());
      await sleepFor(wait);
    }
  };

  /** Gives the receipt handles that are not done. */
  const invoke = async (batch: Map<string, Message>, Records: readonly object[]) => {
    const { invocation, ended } = await invokeTimed(functions, args.functionName, { Records });
    if (!invocation.ok && invocation.errorType === THROTTLED) return THROTTLED;
    const failed = failuresOf(invocation, batch, args.reportBatchItemFailures);
    args.history.invoked({ ...ended, cause: causeOf(queue.name, batch, failed) });
    if (!invocation.ok) return failed;
    const undone = [...batch].filter(([handle]) => failed.has(handle)).map(([, message]) => subjectOf(message));
    try {
      args.deliveries.append({ requestId: ended.requestId, undone });
    } catch (error) {
      trouble("deliveries.jsonl", error); // the record is for looking at alone
    }
    return failed;
  };

  const notify = queue.notifyWaiters.bind(queue);
  const notifyAndWake = (): void => {
    notify();
    if (!pumping) wake(); // looking at the queue notifies too, whenever a message waits
  };
  queue.notifyWaiters = notifyAndWake;
  const ignoreQuiet = requests.onQuiet(() => queue.messages.length > 0 && wake());
  wake();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      ignoreQuiet();
      if (queue.notifyWaiters === notifyAndWake) Reflect.deleteProperty(queue, "notifyWaiters");
    },
  };
}
