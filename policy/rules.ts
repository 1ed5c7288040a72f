import type { Rule } from "./rule.ts";
import { alarmRules } from "./rules/alarms.ts";
import { apiRules } from "./rules/api.ts";
import { deliveryRules } from "./rules/delivery.ts";
import { functionRules } from "./rules/functions.ts";
import { orderRules } from "./rules/order.ts";
import { permissionRules } from "./rules/permissions.ts";
import { queueRules } from "./rules/queues.ts";
import { storageRules } from "./rules/storage.ts";

/** What the rows of `docs/policy.md` are about. */
export const rows = [
  "visibility",
  "dead letters",
  "outages",
  "mappings",
  "subscriptions",
  "queues' and topics' policies",
  "encryption of messages",
  "roles",
  "functions",
  "tables and buckets",
  "the outbox",
  "the API",
  "alarms",
  "personal data",
  "secrets",
  "order of creation",
  "the way out",
] as const;

/** Every rule, by its row in `docs/policy.md`: for the tests, and for the policy pack. */
export const rules: readonly Rule[] = [
  ...queueRules,
  ...deliveryRules,
  ...permissionRules,
  ...functionRules,
  ...storageRules,
  ...apiRules,
  ...alarmRules,
  ...orderRules,
].sort((a, b) => a.row - b.row);
