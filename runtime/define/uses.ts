import type { TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Ports } from "../ports/index.ts";
import type { Opening, Scope } from "../ports/port.ts";
import type { Transactions } from "../ports/transact.ts";

type Item = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** One write of a transaction: what `transact` commits, and what it gives back when its condition did not hold. */
export interface Write {
  readonly item: Item;
  /** Called once the transaction has committed: an event's publication. */
  readonly committed?: () => Promise<void>;
}

export type Kind = keyof Ports;

/** What a handler uses: a kind of resource, and the verbs that become both its IAM actions and its methods. */
export interface Use<K extends Kind = Kind, V extends string = string> {
  readonly kind: K;
  readonly verbs: readonly V[];
  /** Of an owned table alone: the name of its key. */
  readonly key?: string;
  /** The code behind the kind: loaded inside Lambda, and bundled with none but the handlers that use it. */
  readonly load: () => Promise<PortModule<unknown>>;
}

interface PortModule<P> {
  open(opening: Opening): (scope: Scope) => P;
  readonly transactions?: Transactions;
}

const use =
  <K extends Kind>(kind: K, load: () => Promise<PortModule<Ports[K]>>) =>
  <const V extends keyof Ports[K] & string>(...verbs: V[]): Use<K, V> => ({ kind, verbs, load });

/** A DynamoDB table that the program offers under the name it is used by. */
export const table = /* @__PURE__ */ use("table", () => import("../ports/table.ts"));
/** An S3 bucket that the program offers under the name it is used by. */
export const bucket = /* @__PURE__ */ use("bucket", () => import("../ports/bucket.ts"));
/** The topic of the system's events, for whoever publishes what others have written: the relay. */
export const topic = /* @__PURE__ */ use("topic", () => import("../ports/topic.ts"));
/** The ledger of effects that have no idempotency key of their own: an e-mail, an SMS. */
export const ledger = /* @__PURE__ */ use("ledger", () => import("../ports/ledger.ts"));
/** E-mail by SES, from the address in the consumer's setting `from`; without one nothing is sent, and that is said. */
export const email = /* @__PURE__ */ use("email", () => import("../ports/email.ts"));
/** SMS by SNS, when the consumer's setting `sms` is true. */
export const sms = /* @__PURE__ */ use("sms", () => import("../ports/sms.ts"));
/** HTTPS to a host outside. */
export const https = /* @__PURE__ */ use("https", () => import("../ports/https.ts"));

/** A table that the consumer brings along: created, protected and named with it. `key` is its partition key. */
export const owned = <U extends Use<"table">>(use: U, key: string): U & { readonly key: string } => ({ ...use, key });

/** The kinds that a handler has from AWS or the world as such: the program need not offer them. */
type Ambient = "topic" | "email" | "sms" | "https";

/** The resources that the program must offer to a handler with the uses `U`: each name with its kind in a tuple. */
export type Shared<U> = {
  [N in keyof U as U[N] extends { readonly key: string } | Use<Ambient> ? never : N]: U[N] extends Use<infer K>
    ? readonly [K]
    : never;
};

/** The names that a context already gives a meaning to, and so no resource may have. */
export type Uses = Readonly<Record<string, Use>> & {
  [N in "emit" | "log" | "settings" | "signal" | "transact"]?: never;
};

/** What the uses `U` become in a handler's context: each name with its kind's methods, the declared verbs alone. */
export type Used<U> = {
  [N in keyof U]: U[N] extends Use<infer K, infer V> ? Pick<Ports[K], V & keyof Ports[K]> : never;
};

/** Whether a table is among the uses `U`: only then is there something to transact. */
export type HasTable<U> = "table" extends { [N in keyof U]: U[N] extends Use<infer K> ? K : never }[keyof U]
  ? true
  : false;
