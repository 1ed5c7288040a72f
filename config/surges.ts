import { mostBatches, RETENTION_SECONDS, type QueueLimits } from "../components/queue-limits.ts";
import { eventsPerRequest } from "../contracts/journeys.ts";
import { DEFAULT_CONCURRENCY, type Consumer } from "../runtime/define/consumer.ts";
import { add, placingUnits, times, unitsPerMessage, type WriteUnits } from "./write-units.ts";

/** How a consumer stands a surge: the API's full rate, hour after hour. */
export interface Surge {
  /** How long a message takes, or with `handleBatch` a batch, in milliseconds. */
  readonly milliseconds: number;
  /** Whether that is assumed: its entry does not say it. */
  readonly assumed: boolean;
  /** Messages a second that it can take, in full batches: a backlog fills them before their window has passed. */
  readonly sustains: number;
  /** Messages that one request to the API causes at most. */
  readonly perRequest: number;
  /** Messages a second at the API's full rate. */
  readonly arriving: number;
  /** Minutes to drain one hour of that with nothing more arriving. */
  readonly drainMinutes: number;
  /** Lambda executions at the same time. */
  readonly concurrency: number;
  /** DynamoDB write units a second at the API's full rate, of all tables. */
  readonly writeUnits: number;
}

/** All consumers in a surge, and the DynamoDB tables that they and `POST /orders` write to. */
export interface Surges {
  /** Requests a second: the API's throttle. */
  readonly rate: number;
  /** The account's quota of Lambda executions at the same time. */
  readonly accountConcurrency: number;
  readonly consumers: Readonly<Record<string, Surge>>;
  /** Write units a second at the API's full rate, by table. */
  readonly writeUnits: WriteUnits;
}

/** A consumer's entry, as far as a surge is concerned. */
export interface Surging extends QueueLimits {
  readonly name: string;
  readonly handler: Consumer;
  readonly expectedMilliseconds?: number | undefined;
}

/** The API's limits and the account's. */
export interface SurgeLimits {
  readonly throttle: { readonly rate: number };
  readonly accountConcurrency: number;
}

const ASSUMED_MILLISECONDS = 100;

/** Computes what each consumer sustains, and what the API's full rate asks of it. */
export function surgesOf(
  consumers: readonly Surging[],
  { throttle: { rate }, accountConcurrency }: SurgeLimits,
): Surges {
  const surges = consumers.map((consumer) => {
    const { name, handler, batchSize, expectedMilliseconds } = consumer;
    const concurrency = Math.min(mostBatches(consumer), accountConcurrency);
    const sustains = (concurrency * batchSize * 1_000) / batchMilliseconds(consumer);
    const perRequest = eventsPerRequest(handler.on);
    const units = times(rate * perRequest, unitsPerMessage(name, handler));
    const surge: Surge = {
      milliseconds: expectedMilliseconds ?? ASSUMED_MILLISECONDS,
      assumed: expectedMilliseconds === undefined,
      sustains,
      perRequest,
      arriving: rate * perRequest,
      drainMinutes: (60 * rate * perRequest) / sustains,
      concurrency,
      writeUnits: Object.values(units).reduce((sum, count) => sum + count, 0),
    };
    return { name, surge, units };
  });
  return {
    rate,
    accountConcurrency,
    consumers: Object.fromEntries(surges.map(({ name, surge }) => [name, surge])),
    writeUnits: add(times(rate, placingUnits), ...surges.map(({ units }) => units)),
  };
}

/** How long a full batch takes: the messages that are handled at the same time count as one. */
function batchMilliseconds({ handler, batchSize, expectedMilliseconds = ASSUMED_MILLISECONDS }: Surging): number {
  const rounds = handler.handleBatch ? 1 : Math.ceil(batchSize / (handler.concurrency ?? DEFAULT_CONCURRENCY));
  return rounds * expectedMilliseconds;
}

const DAY_MINUTES = 24 * 60;

/** A backlog must be gone a day before its queue forgets it: somebody has to see it first. */
const MOST_DRAIN_MINUTES = RETENTION_SECONDS / 60 - DAY_MINUTES;

/** Executions that Lambda keeps for functions without a reservation (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html). */
const UNRESERVED = 100;

/** Each limit under which messages would be lost in a surge, or which AWS refuses. */
export function surgeMistakes(
  consumers: readonly Surging[],
  limits: SurgeLimits & { reservedByApi: number },
): string[] {
  const surges = surgesOf(consumers, limits);
  const each = consumers.flatMap((consumer) => {
    const { name, batchSize, timeoutSeconds, reservedConcurrency } = consumer;
    const { drainMinutes } = surges.consumers[name] ?? { drainMinutes: 0 };
    const batch = batchMilliseconds(consumer);
    const most = mostBatches(consumer);
    return [
      ...(batch > 1_000 * timeoutSeconds
        ? [
            `consumers.${name}.batchSize: a batch of ${batchSize} takes ${batch / 1_000} s and the function ends after ${timeoutSeconds} s, so that messages never begun would become dead letters. Make batchSize smaller or timeoutSeconds longer, or say expectedMilliseconds`,
          ]
        : []),
      ...(drainMinutes > MOST_DRAIN_MINUTES
        ? [
            `consumers.${name}: an hour of ${surges.rate} requests a second takes ${shown(drainMinutes / 60)} hours to drain, and its queue forgets messages after ${RETENTION_SECONDS / 3_600}. Raise maxConcurrency, or lower throttle.rate`,
          ]
        : []),
      ...(reservedConcurrency !== undefined && reservedConcurrency < most
        ? [
            `consumers.${name}.reservedConcurrency: is below the ${most} batches that it works on at the same time; got ${reservedConcurrency}. Lambda would throttle batches, and each throttle uses up a receive`,
          ]
        : []),
    ];
  });
  const reserved = consumers.reduce((sum, one) => sum + (one.reservedConcurrency ?? 0), limits.reservedByApi);
  const reservable = limits.accountConcurrency - UNRESERVED;
  return reserved > Math.max(0, reservable)
    ? [
        ...each,
        `accountConcurrency: ${reserved} executions are reserved, and Lambda keeps ${UNRESERVED} of the account's ${limits.accountConcurrency} unreserved. Reserve at most ${Math.max(0, reservable)}, or ask AWS for a larger quota`,
      ]
    : each;
}

/** A sentence for each consumer that the API's full rate outruns. */
export const surgeWarnings = ({ rate, consumers }: Surges): string[] =>
  Object.entries(consumers)
    .filter(([, { arriving, sustains }]) => arriving > sustains)
    .map(
      ([name, { arriving, sustains }]) =>
        `consumers.${name}: ${rate} requests a second bring ${shown(arriving)} messages a second, and it sustains ${shown(sustains)}: a backlog would grow. Raise maxConcurrency, or lower throttle.rate`,
    );

/** At most one digit behind the point. */
export const shown = (value: number): string =>
  (Math.round(value * 10) / 10).toLocaleString("en-GB", { maximumFractionDigits: 1 });
