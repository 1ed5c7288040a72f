import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { Shop } from "../support/shop.ts";
import { callsSuite } from "./calls.ts";
import { deadLettersSuite } from "./dead-letters.ts";
import { logsSuite } from "./logs.ts";
import { ordersSuite } from "./orders.ts";
import { secretsSuite } from "./secrets.ts";
import { runOn, runWithOn, type Shared } from "./shared.ts";
import { stockSuite } from "./stock.ts";

describe("the commands", () => {
  let cloud: LocalCloud;
  let shop: Shop;

  // Messages become dead letters within seconds.
  before(async () => {
    cloud = await startLocalCloud({ configFile: "tests/stacks/Pulumi.commands.yaml", speed: 300 });
    shop = new Shop(cloud.outputs);
    await runWithOn(cloud, "token", "secret", ["set", "carrier"]);
  });
  after(() => cloud.stop());

  const shared = (): Shared => ({
    cloud,
    shop,
    run: (command, ...words) => runOn(cloud, command, words),
    runWith: (input, command, ...words) => runWithOn(cloud, input, command, words),
  });
  stockSuite(shared);
  ordersSuite(shared);
  logsSuite(shared);
  deadLettersSuite(shared);
  secretsSuite(shared);
  callsSuite(shared);
});
