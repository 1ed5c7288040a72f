import analytics from "./analytics.ts";
import inventory from "./inventory.ts";
import loyalty from "./loyalty.ts";
import notifications from "./notifications.ts";
import shipment from "./shipment.ts";

export { default as cancelOrder } from "./cancel-order.ts";
export { default as expireHolds } from "./expire-holds.ts";
export { default as getOrder } from "./get-order.ts";
export { default as noRoute } from "./no-route.ts";
export { default as placeOrder } from "./place-order.ts";
export { default as relayOutbox } from "./relay-outbox.ts";
export { default as releaseOrder } from "./release-order.ts";

/** Every consumer that a stack's config can name. */
export const registry = { analytics, inventory, loyalty, notifications, shipment };
