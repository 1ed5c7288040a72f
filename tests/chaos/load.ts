import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { Random } from "../../local/shared/random.ts";

/** One order that a client wants, and in the end has. */
export interface Accepted {
  readonly orderId: string;
  readonly customerId: string;
  readonly sku: string;
  readonly quantity: number;
  /** Whether the customer wants an SMS. */
  readonly wantsSms: boolean;
}

export interface LoadArgs {
  readonly ordersUrl: string;
  readonly orders: number;
  /** Orders a second, by all clients together. */
  readonly rate: number;
  readonly clients: number;
  readonly random: Random;
  /** What makes the keys of this run its own. */
  readonly run: string;
}

export interface Load {
  /** Places every order; returns when each has its 201, and throws when an answer says that it never will. */
  run(): Promise<void>;
  /** Lets no client try again. */
  readonly stop: () => void;
  accepted(): readonly Accepted[];
  progress(): {
    readonly accepted: number;
    readonly total: number;
    readonly latencies: readonly number[];
    readonly answers: {
      /** Tries that had no 201, and were made again. */
      readonly failed: number;
      /** Keys that were sent once more on purpose. */
      readonly repeated: number;
      /** Keys that had two different answers: there must be none. */
      readonly different: readonly string[];
    };
  };
}

/** The SKUs of a run: plenty of most, few of one, so that orders are rejected too. */
export const SKUS = ["CHAOS-1", "CHAOS-2", "CHAOS-3", "CHAOS-4", "CHAOS-SCARCE"] as const;

const Placed = z.object({ orderId: z.string() });

/** Clients that place orders at a steady rate, each with a key, and ask again until they know. */
export function createLoad({ ordersUrl, orders, rate, clients, random, run }: LoadArgs): Load {
  const accepted: Accepted[] = [];
  const latencies: number[] = [];
  const different: string[] = [];
  let failed = 0;
  let repeated = 0;
  let next = 0;
  let stopped = false;

  async function placeOne(index: number): Promise<void> {
    const sku = SKUS[Math.floor(random() * SKUS.length)] ?? SKUS[0];
    const quantity = 1 + Math.floor(random() * 3);
    const customerId = `c-${index % 500}`;
    const wantsSms = index % 4 === 0;
    const body = JSON.stringify({
      customerId,
      customer: { name: "Chaos", email: "chaos@example.com", phone: "+442071234567", smsConsent: wantsSms },
      shippingAddress: { line1: "1 Main St", city: "London", postalCode: "SW1Y 4JH", countryCode: "GB" },
      items: [{ sku, quantity }],
    });
    const key = `${run}-${index}`;
    const again = random() < 0.2;
    if (again) repeated++;
    // Who repeats a key does so at once, as an impatient customer's second click does.
    const answers = await Promise.all((again ? [key, key] : [key]).map((same) => untilAccepted(same, body)));
    const ids = new Set(answers);
    if (ids.size > 1) different.push(`key ${key} has ${ids.size} orders`);
    for (const orderId of ids) accepted.push({ orderId, customerId, sku, quantity, wantsSms });
  }

  async function untilAccepted(key: string, body: string): Promise<string> {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    while (!stopped) {
      const began = performance.now();
      let text = "";
      let status = 0;
      try {
        const signal = AbortSignal.timeout(15_000);
        const response = await fetch(ordersUrl, { method: "POST", headers, body, signal });
        text = await response.text();
        status = response.status;
      } catch {
        // The cloud was killed, or is on its way back: the client does not know, and asks again.
      }
      if (status === 201) {
        latencies.push(performance.now() - began);
        return Placed.parse(JSON.parse(text)).orderId;
      }
      if (status >= 400 && status < 500 && status !== 429) throw new Error(`POST /orders answered ${status}: ${text}`);
      failed++;
      await sleep(100 + Math.random() * 400);
    }
    throw new Error("the run was stopped");
  }

  async function client(began: number): Promise<void> {
    while (next < orders && !stopped) {
      const index = next++;
      const due = began + (index / rate) * 1_000;
      await sleep(Math.max(0, due - performance.now()));
      await placeOne(index);
    }
  }

  return {
    run: async () => {
      const began = performance.now();
      await Promise.all(Array.from({ length: clients }, () => client(began)));
    },
    stop: () => {
      stopped = true;
    },
    accepted: () => accepted,
    progress: () => ({ accepted: accepted.length, total: orders, latencies, answers: { failed, repeated, different } }),
  };
}
