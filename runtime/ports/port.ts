import type { Calls } from "./calls.ts";
import type { FunctionEnvironment } from "../../contracts/environment.ts";
import type { Log } from "../lambda/log.ts";
import type { CommittedEvent } from "./publications.ts";

/** Everything that a port is opened with, once per container. */
export interface Opening {
  /** The resource's physical name, from the function's environment; empty for a kind that has none. */
  readonly resource: string;
  readonly calls: Calls;
  /** The consumer's settings from the stack's config. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: FunctionEnvironment;
}

/** The part that each event or request adds: its identity, its log, and its deadline. */
export interface Scope {
  readonly log: Log;
  /** Aborts shortly before Lambda would end the function. */
  readonly signal: AbortSignal;
  /** The event's id, or the request's. */
  readonly id: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Takes the committed events of a whole batch; without it each is published by itself, before anything else. */
  readonly publications?: { add(event: CommittedEvent): void } | undefined;
  /** Waits until this event of a batch may do more than read. Without it, it may at once. */
  readonly turn?: (() => Promise<void>) | undefined;
}
