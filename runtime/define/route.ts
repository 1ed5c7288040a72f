import type * as z from "zod";
import type { AccessScope, Caller } from "../../contracts/access.ts";
import type { EventType } from "../../contracts/cloud-event.ts";
import type { EnvironmentWith, VariableName } from "../../contracts/environment.ts";
import type { Context, InFile, Need, Needs, Unreserved, Uses } from "./types.ts";
import type { Use } from "./uses.ts";

/** A request as a route's handler gets it. */
export interface RouteRequest<B = undefined> {
  /** The body, parsed by the route's schema; without one, `undefined`. */
  readonly body: B;
  /** Whose token it came with; nobody's on a route for everybody, and where the stack has no `auth`. */
  readonly caller: Caller | undefined;
  /** By lower-case name; what came more than once is joined by commas (payload format 2.0). */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly method: string;
  readonly path: string;
  /** The API's route keys, such as `GET /orders/{orderId}`: for the `$default` route alone, empty elsewhere. */
  readonly routes: readonly string[];
}

/** An answer. A `body` is sent as JSON. An error is a `Problem`, thrown. */
export interface RouteResponse {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The scopes of which a caller's token must have one; `public` takes every caller, with a token or without. */
type RouteScopes = readonly [AccessScope, ...AccessScope[]] | "public";

/** What `OrderApi` takes for a route: one that needs `N` of its program. */
export interface Route<out N extends Need = Need> {
  readonly module?: ImportMeta;
  readonly scopes: RouteScopes;
  readonly emits?: readonly EventType[];
  readonly uses?: Readonly<Record<string, Use>>;
  readonly body?: z.ZodType;
  readonly variables?: readonly VariableName[];
  readonly handle: (request: never, context: never) => Promise<RouteResponse>;
  /** For the compiler alone. */
  readonly needs?: N;
}

interface Definition<B extends z.ZodType, M extends EventType, U, I, V extends VariableName> {
  /**
   * `import.meta` of the handler's own file, which is bundled. Without it, the handler is an inline callback:
   * serialized.
   */
  module?: I;
  /**
   * Who may call: the scopes of which a caller's token must have one, or `public`. API Gateway checks it where the
   * stack's config has `auth`:
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
   */
  scopes: RouteScopes;
  /** The events that it may emit, each in the transaction of the change that it announces. */
  emits?: readonly M[];
  /** The resources that it uses, by the name the program offers them under. */
  uses?: Unreserved<U>;
  /**
   * The schema of the JSON body, which may be left out where the schema takes `undefined`. With one, all that is
   * unreadable or invalid is answered before `handle` is called.
   */
  body?: InFile<I, B, "body">;
  /** The environment variables that it cannot do without. `OrderApi` says which it gives. */
  variables?: readonly V[];
  handle: (
    request: RouteRequest<z.output<B>>,
    context: Context<U, M, z.ZodUndefined> & { readonly env: EnvironmentWith<V> },
  ) => Promise<RouteResponse>;
}

/** Defines a route of the API. */
export function route<
  B extends z.ZodType = z.ZodUndefined,
  const M extends EventType = never,
  const U extends Uses = Record<never, never>,
  I extends ImportMeta = never,
  const V extends VariableName = never,
>(definition: Definition<B, M, U, I, V>): Route<Needs<U, never, M["type"]>>;
export function route(definition: Route): Route {
  return definition;
}
