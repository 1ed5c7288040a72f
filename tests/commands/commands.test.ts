import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { Shop } from "../support/shop.ts";
import { callsSuite } from "./calls.ts";
import { deadLettersSuite } from "./dead-letters.ts";
import { logsSuite } from "./logs.ts";
import { ordersSuite } from "./orders.ts";
import { runOn } from "./shared.ts";
import { stockSuite } from "./stock.ts";

describe("the commands", () => {
  let cloud: LocalCloud;
  let shop: Shop;

  // Messages become dead letters within seconds.
  before(async () => {
    cloud = await startLocalCloud({ speed: 300 });
    shop = new Shop(cloud.outputs);
  });
  after(() => cloud.stop());

  const shared = () => ({ cloud, shop, run: (command: string, ...words: string[]) => runOn(cloud, command, words) });
  stockSuite(shared);
  ordersSuite(shared);
  logsSuite(shared);
  deadLettersSuite(shared);
  callsSuite(shared);
});
