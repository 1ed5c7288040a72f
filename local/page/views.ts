// The JSON under /_local/, as the server gives it and the page in the browser reads it. Types alone: both strip them.
// Times are in ms since 1970 unless they are texts (ISO 8601).

/** An order in the list. */
export interface OrderRow {
  readonly id: string;
  readonly placedAt: string;
  readonly status: string;
  readonly customerId: string;
  readonly total?: { readonly amount: number; readonly currency: string };
  /** `2 × MUG-001, 1 × CAP-002` */
  readonly items: string;
  readonly trackingNumber?: string;
  /** Each consumer that got a message about it, and what became of the last one. */
  readonly consumers: Readonly<Record<string, "done" | "retrying" | "dead">>;
}

export interface OrderList {
  readonly orders: readonly OrderRow[];
  /** Orders that the history's bounds have cost. */
  readonly dropped?: { readonly orders: number; readonly until: number };
}

/** A call of a function, with what it carried. */
export interface CallView {
  readonly at: number;
  readonly durationMs: number;
  /** Where it begins and ends on the waterfall's line, 0 to 100. */
  readonly from: number;
  readonly to: number;
  readonly operation: string;
  readonly verdict: "allowed" | "denied";
  /** The resources' short names, the actions, and the statement that decided. */
  readonly asked: readonly { readonly action: string; readonly resource: string; readonly statement?: string }[];
  readonly status?: number;
  /** Null where it is not kept. */
  readonly request: string | null;
  readonly answer: string | null;
  /** Whether other orders had a part in it. */
  readonly shared: boolean;
}

/** A run of a function for an order. */
export interface RunView {
  readonly at: number;
  /** Left out while it is under way. */
  readonly durationMs?: number;
  /** Where it begins and ends on the waterfall's line, 0 to 100. */
  readonly from: number;
  readonly to: number;
  /** The pause before it, in ms, where the line has it shortened. */
  readonly pausedMs?: number;
  /** By the name of its log lines. */
  readonly function: string;
  readonly requestId: string;
  /** `POST /orders`, the event's type, or the schedule's name. */
  readonly what: string;
  readonly kind: "request" | "batch" | "schedule";
  readonly status?: number;
  /** The how-manieth receive, of a message. */
  readonly receives?: number;
  readonly failed: boolean;
  /** What Lambda reports, or what the function logged. */
  readonly error?: string;
  readonly request: string | null;
  readonly answer: string | null;
  readonly calls: readonly CallView[];
}

/** A message about an order that is in a queue now. */
export interface WaitingView extends MessageView {
  readonly consumer: string;
}

export interface MessageView {
  readonly messageId: string;
  readonly event: string;
  readonly orderId: string;
  readonly state: "ready" | "in flight" | "delayed" | "dead";
  readonly sentAt: number;
  readonly receives: number;
  readonly maxReceives: number;
  /** When it is received again, where it fails or waits; computed from the queue's limits. */
  readonly nextAttemptAt?: number;
  /** When it would be set aside, if it went on failing. */
  readonly setAsideAt?: number;
  /** The last error about it, of a dead letter. */
  readonly error?: string;
  readonly body: string;
}

export interface OrderDetails {
  readonly orderId: string;
  /** Left out where the table has no such order. */
  readonly order?: {
    readonly status: string;
    readonly customerId: string;
    readonly placedAt: string;
    readonly items: readonly { readonly sku: string; readonly name: string; readonly quantity: number }[];
    readonly total: { readonly amount: number; readonly currency: string };
    readonly shipment?: { readonly carrier: string; readonly trackingNumber: string };
    readonly attempt?: number;
    readonly onHoldSince?: string;
    /** Who refused its shipment and why, with the answer, where the history still has that. */
    readonly onHoldBecause?: string;
  };
  readonly timeline: readonly { id: string; type: string; at: string; published: boolean }[];
  readonly effects: readonly {
    readonly event: string;
    readonly effect: string;
    /** Left out while it is claimed and not known to be done. */
    readonly outcome?: string;
    readonly at?: string;
    readonly leaseUntil?: number;
  }[];
  readonly messages: readonly MailView[];
  readonly waiting: readonly WaitingView[];
  readonly runs: readonly RunView[];
}

export interface MailView {
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly orderId: string;
  readonly at: string;
}

/** A consumer's queue. */
export interface QueueView {
  readonly consumer: string;
  readonly name: string;
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dead: number;
  /** When the oldest message that is not dead was sent. */
  readonly oldestAt?: number;
  readonly visibilitySeconds: number;
  readonly maxReceives: number;
}

/** A queue's messages, at most 200 of each state, oldest first. */
export interface QueueDetails extends QueueView {
  readonly messages: readonly MessageView[];
  readonly deadLetters: readonly MessageView[];
}

export type NodeKind =
  "api" | "function" | "table" | "topic" | "queue" | "bucket" | "mail" | "sms" | "host" | "schedule";

export interface NodeView {
  readonly id: string;
  readonly kind: NodeKind;
  readonly label: string;
  /** The function whose runs are counted on it, or the consumer whose queue it is. */
  readonly counted?: string;
}

export interface EdgeView {
  readonly from: string;
  readonly to: string;
  /** The event types of a subscription, or a route. */
  readonly label?: string;
  /** The key of its count. */
  readonly counted?: string;
}

export interface Topology {
  readonly nodes: readonly NodeView[];
  readonly edges: readonly EdgeView[];
}

/** Since the start: how often, and how often it failed. */
export type Counts = Readonly<Record<string, readonly [count: number, failed: number]>>;

/** A node, opened. */
export interface NodeDetails {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly policies?: readonly unknown[];
  /** The newest lines of its log, oldest first. */
  readonly logs?: readonly string[];
  /** Runs in the last hour, a slot a minute: times in s, runs, failed runs, the median duration in ms. */
  readonly metrics?: readonly [at: number[], runs: number[], failed: number[], medianMs: (number | null)[]];
}

/** A fault to be switched on and off, as a part of the fault settings. */
export interface FaultSwitch {
  readonly title: string;
  readonly text: string;
  readonly setting: Readonly<Record<string, unknown>>;
}

export interface StockView {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly onHand: number;
}

/** What the server pushes, all of it or what has changed. */
export interface Pushed {
  readonly orders?: readonly OrderRow[];
  readonly queues?: readonly QueueView[];
  readonly counts?: Counts;
  readonly faults?: Readonly<Record<string, unknown>>;
  readonly mails?: number;
  /** Why saved code does not run, or is wrong in its types; empty where nothing is wrong. */
  readonly notice?: string;
}
