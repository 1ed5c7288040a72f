import type { Rule } from "./rule.ts";
import { alarmRules } from "./rules/alarms.ts";
import { apiRules } from "./rules/api.ts";
import { deliveryRules } from "./rules/delivery.ts";
import { functionRules } from "./rules/functions.ts";
import { orderRules } from "./rules/order.ts";
import { permissionRules } from "./rules/permissions.ts";
import { queueRules } from "./rules/queues.ts";
import { storageRules } from "./rules/storage.ts";

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
