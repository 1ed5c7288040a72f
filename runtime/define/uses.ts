import type { Ports } from "../ports/index.ts";
import type { Opening, Scope } from "../ports/port.ts";

export type Kind = keyof Ports;

/** What a handler uses: a kind of resource, and the verbs that become both its IAM actions and its methods. */
export interface Use<K extends Kind = Kind, V extends string = string> {
  readonly kind: K;
  readonly verbs: readonly V[];
  /** Of an owned table alone: the name of its key. */
  readonly key?: string;
  /** Loads the code behind the kind inside Lambda; only the handlers that use the kind have it in their bundle. */
  readonly load: () => Promise<PortModule<K>>;
}

/** The file of a kind: how its port is opened; a table also brings transactions and the outbox. */
type PortModule<K extends Kind> = { open(opening: Opening): (scope: Scope) => Ports[K] } & (K extends "table"
  ? Pick<typeof import("../ports/table.ts"), "emission" | "Publications" | "transact">
  : unknown);

/** The verbs of each kind. Made like this, and not by `keyof` alone, the compiler answers a misspelt one with them all. */
type Verbs = { readonly [K in Kind]: { [V in keyof Ports[K]]: V }[keyof Ports[K]] };

/** A DynamoDB table that the program offers under the name it is used by. */
export const table = <const V extends Verbs["table"]>(...verbs: V[]): Use<"table", V> => ({
  kind: "table",
  verbs,
  load: () => import("../ports/table.ts"),
});

/** An S3 bucket that the program offers under the name it is used by. */
export const bucket = <const V extends Verbs["bucket"]>(...verbs: V[]): Use<"bucket", V> => ({
  kind: "bucket",
  verbs,
  load: () => import("../ports/bucket.ts"),
});

/** The topic of the system's events, for the relay, which publishes the events that others have written. */
export const topic = <const V extends Verbs["topic"]>(...verbs: V[]): Use<"topic", V> => ({
  kind: "topic",
  verbs,
  load: () => import("../ports/topic.ts"),
});

/** The ledger of effects that have no idempotency key of their own: an e-mail, an SMS. */
export const ledger = <const V extends Verbs["ledger"]>(...verbs: V[]): Use<"ledger", V> => ({
  kind: "ledger",
  verbs,
  load: () => import("../ports/ledger.ts"),
});

/** E-mail by SES, from the address in the consumer's setting `from`; without one, each e-mail is recorded as not sent. */
export const email = <const V extends Verbs["email"]>(...verbs: V[]): Use<"email", V> => ({
  kind: "email",
  verbs,
  load: () => import("../ports/email.ts"),
});

/**
 * SMS by SNS to the countries of the consumer's setting `smsCountries`, when its setting `sms` is true; otherwise each SMS
 * is recorded as not sent.
 */
export const sms = <const V extends Verbs["sms"]>(...verbs: V[]): Use<"sms", V> => ({
  kind: "sms",
  verbs,
  load: () => import("../ports/sms.ts"),
});

/** HTTPS to a host outside. */
export const https = <const V extends Verbs["https"]>(...verbs: V[]): Use<"https", V> => ({
  kind: "https",
  verbs,
  load: () => import("../ports/https.ts"),
});

/**
 * A secret that a person sets, such as a credential: which one, the consumer's setting of the same name says. Without the
 * setting there is none.
 */
export const secret = <const V extends Verbs["secret"]>(...verbs: V[]): Use<"secret", V> => ({
  kind: "secret",
  verbs,
  load: () => import("../ports/secret.ts"),
});

/** A table that the consumer brings along: created, protected and named with it. `key` is its partition key. */
export const owned = <U extends Use<"table">>(use: U, key: string): U & { readonly key: string } => ({ ...use, key });
