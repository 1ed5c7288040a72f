import { estimate, type Demand, type Estimate } from "./estimate.ts";
import type { StackShape } from "./stack-shape.ts";
import type { Usage } from "./usage.ts";

/** A change of the stack's config, and what it saves. */
export interface Saving {
  readonly change: string;
  /** US dollars a month. */
  readonly usd: number;
}

/** The window that is tried: a message waits so long at most. */
const WINDOW_SECONDS = 10;
/** Less is not worth a line. */
const LEAST_USD = 0.5;

/** What the changes that a config allows would save each, the most first; those that save next to nothing are left out. */
export function savingsOf(stack: StackShape, usage: Usage, demand: Demand): Saving[] {
  const now = totalOf(estimate(stack, usage, demand));
  const savedBy = (changed: StackShape) => now - totalOf(estimate(changed, usage, demand));
  const windows = stack.consumers
    .filter(({ batchWindowSeconds }) => batchWindowSeconds < WINDOW_SECONDS)
    .map(({ name }) => ({
      change: `consumers.${name}.batchWindowSeconds: ${WINDOW_SECONDS}, with which a message waits so long at most`,
      usd: savedBy({
        ...stack,
        consumers: stack.consumers.map((one) =>
          one.name === name ? { ...one, batchWindowSeconds: WINDOW_SECONDS } : one,
        ),
      }),
    }));
  const network = {
    change: "network: public, without NAT gateways",
    usd: savedBy({ ...stack, natGateways: 0, endpointZones: 0 }),
  };
  const emails = {
    change: "an e-mail less for each order",
    usd:
      totalOf(estimate(stack, usage, { ...demand, emails: 1 })) -
      totalOf(estimate(stack, usage, { ...demand, emails: 0 })),
  };
  return [...windows, network, ...(demand.emails === 0 ? [] : [emails])]
    .filter(({ usd }) => usd >= LEAST_USD)
    .sort((a, b) => b.usd - a.usd);
}

/** US dollars a month. */
export const totalOf = ({ idle, orders }: Estimate): number =>
  [...idle, ...orders].reduce((sum, { usd }) => sum + usd, 0);
