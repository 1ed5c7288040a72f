import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { contactKey } from "../../contracts/orders-table.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { canaries, canaryOrder, found } from "../support/canaries.ts";
import type { Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

/**
 * Where contact data may be: the table of the orders, which is looked into by its items, the captured messages, and the
 * history, which has each request and each call with what it carried.
 */
const ALLOWED = /^(dynamodb\.db.*|mailbox\.jsonl|history\.db.*)$/;

/** Whether an order's personal data stays where it belongs, on the whole way of an order. */
export function canariesSuite(shared: () => { cloud: LocalCloud; shop: Shop }): void {
  describe("personal data", () => {
    it("is in the contact item and the mailbox, and nowhere else that an order or a request leaves a trace", async () => {
      const { cloud, shop } = shared();
      await shop.sells("CANARY", 8);
      await shop.sells("CANARY-SHORT", 0);
      const refusedByCarrier = { ...canaryOrder.shippingAddress, postalCode: "00000", countryCode: "US" };
      const shipped = await shop.place(canaryOrder, {
        authorization: `Bearer ${canaries.token}`,
        cookie: canaries.token,
      });
      const held = await shop.place({ ...canaryOrder, shippingAddress: refusedByCarrier });
      const rejected = await shop.place({ ...canaryOrder, items: [{ sku: "CANARY-SHORT", quantity: 1 }] });
      const bounced = { ...canaryOrder.customer, email: `bounce@${canaries.email.split("@")[1]}` };
      const unmailed = await shop.place({ ...canaryOrder, customer: bounced });
      const cancelled = await shop.place(canaryOrder);
      await shop.cancel(cancelled);
      const answers = await badRequests(shop);

      const ends = [shipped, held, rejected, unmailed].map((orderId, index) =>
        shop.reaches(orderId, ["shipping", "on-hold", "rejected", "shipping"][index] ?? ""),
      );
      const views = await Promise.all(ends);
      await until("the customer of the shipped order is told", async () => (await shop.told(shipped)).length === 3);
      await shop.quiet();

      const { contact, others } = await itemsOf(shop);
      expect(found(JSON.stringify(contact)), "where it must be, or nothing is tested").to.deep.equal(NAMES);
      expect(found(JSON.stringify(await shop.mails()))).to.deep.equal(["email", "name", "phone"]);
      expect(found(JSON.stringify(others)), "the other items").to.deep.equal([]);
      expect(found(JSON.stringify(views)), "the API").to.deep.equal([]);
      expect(found(cloud.lines.join("\n")), "the terminal").to.deep.equal([]);
      expect(answers).to.deep.equal([400, 422, 422, 404, 404]);
      expect(await foundInFiles(cloud.state)).to.deep.equal({});
      const kept = ["history.db", "history.db-wal"].map((name) => readFile(join(cloud.state, name), "latin1"));
      expect(found((await Promise.all(kept)).join("")), "credentials are not kept").to.deep.equal(NAMES);
    });
  });
}

const NAMES = Object.keys(canaries)
  .filter((name) => name !== "token")
  .sort();

/** The statuses of requests that are refused, with personal data where it does not belong. */
async function badRequests(shop: Shop): Promise<number[]> {
  const { customer, shippingAddress } = canaryOrder;
  const path = encodeURIComponent(`${canaries.email} ${canaries.token}`);
  const answers = await Promise.all([
    shop.post(JSON.stringify(canaryOrder).slice(0, -1)),
    shop.post({ ...canaryOrder, [canaries.name]: canaries.email, items: [{ sku: canaries.phone, quantity: 1 }] }),
    shop.post({
      ...canaryOrder,
      customer: { ...customer, phone: canaries.email },
      shippingAddress: { shippingAddress },
    }),
    fetch(`${shop.outputs.ordersUrl}/${path}?${path}`),
    fetch(`${shop.outputs.apiUrl}/${path}`, { headers: { "x-canary": canaries.token } }),
  ]);
  return answers.map(({ status }) => status);
}

/** Every item of every table: contacts, and all others. */
async function itemsOf({ documents, outputs }: Shop) {
  const pages = await Promise.all(
    Object.values(outputs.tables).map((TableName) => documents.send(new ScanCommand({ TableName }))),
  );
  const items = pages.flatMap(({ Items = [] }) => Items);
  const isContact = ({ entry }: Record<string, unknown>) => entry === contactKey("").entry;
  return { contact: items.filter(isContact), others: items.filter((item) => !isContact(item)) };
}

/** The canaries in the files of the state folder, by file: logs, queues, the lake, journals. */
async function foundInFiles(state: string): Promise<Record<string, string[]>> {
  const entries = await readdir(state, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const looked = files.map((file) => relative(state, file)).filter((file) => !ALLOWED.test(file));
  expect(looked).to.include("fauxqs.db");
  expect(looked.some((file) => file.startsWith("logs/"))).to.equal(true);
  const all = await Promise.all(
    looked.map(async (file) => [file, found(await readFile(join(state, file), "latin1"))] as const),
  );
  return Object.fromEntries(all.filter(([, names]) => names.length > 0));
}
