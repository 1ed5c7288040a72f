/** The door of the runtime: all that a handler imports. What runs around it inside Lambda is in `lambda/`. */
export { consumer, type Consumer, type Delivered } from "./define/consumer.ts";
export type { Caller } from "../contracts/access.ts";
export { route, type Route, type RouteRequest, type RouteResponse } from "./define/route.ts";
export { scheduled, type Scheduled } from "./define/scheduled.ts";
export { bucket, email, https, ledger, owned, secret, sms, table, topic } from "./define/uses.ts";
export type { Log } from "./lambda/log.ts";
export type { Ports } from "./ports/index.ts";
