import * as z from "zod";

/**
 * What a token lets its holder do. `orders:write` places and cancels one's own orders, `orders:read` reads them, and
 * `orders:service`, for the shop's own systems, does all of it with every customer's.
 */
export const AccessScope = z.enum(["orders:read", "orders:write", "orders:service"]);
export type AccessScope = z.output<typeof AccessScope>;
