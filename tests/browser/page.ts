import { SendMessageCommand } from "@aws-sdk/client-sqs";
import axe from "axe-core";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import * as z from "zod";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { orderOf } from "../support/orders.ts";
import { Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";
import { launchChromium } from "./chromium.ts";

/** What a name is that is markup, wherever it is not taken for text. */
const HOSTILE = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>"'>`;
const Found = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/** The local page, as a developer clicks through it. */
describe("the local page in a browser", () => {
  let cloud: LocalCloud;
  let shop: Shop;
  let browser: Browser;
  /** Every request that any page made, and what it complained of. */
  const requests: string[] = [];
  const complaints: string[] = [];

  before(async () => {
    cloud = await startLocalCloud({ configFile: "tests/stacks/Pulumi.page.yaml", speed: 60 });
    shop = new Shop(cloud.outputs);
    await shop.sells("PAGE-1", 500);
    browser = await launchChromium([], Number(new URL(cloud.outputs.local.endpoint).port));
  });
  after(async () => {
    await browser.close();
    await cloud.stop();
  });

  const opened = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => void dialog.accept());
    await page.goto(`${cloud.outputs.local.endpoint}/_local/${path}`);
    await page.getByText("● live").waitFor();
    return page;
  };
  const status = (page: Page, orderId: string) =>
    page.locator(`h1:has-text("${orderId.slice(0, 8)}") .badge`).textContent();
  const items = [{ sku: "PAGE-1", quantity: 1 }];

  it("is clicked through from the printed address: an order is placed by the form and watched until it ships", async () => {
    const page = await opened("");
    await page.getByRole("link", { name: "Try it" }).click();
    await page.getByLabel(/PAGE-1/).fill("2");
    await page.getByRole("button", { name: "Place the order" }).click();
    await page.waitForURL(/\/_local\/orders\/[0-9a-f-]{36}$/);
    const orderId = page.url().split("/").at(-1) ?? "";
    await until("the page shows that it ships", async () => (await status(page, orderId)) === "shipping");
    const rows = page.locator(".run");
    await until("it shows each run", async () => (await rows.count()) === 9);
    await rows.filter({ hasText: "shipment order.confirmed" }).locator("summary").first().click();
    const call = rows
      .filter({ hasText: "shipment order.confirmed" })
      .locator("details", { hasText: "TransactWriteItems" });
    await call.locator("summary").click();
    expect(await call.locator("ul").textContent()).to.include("by the statement shipment-policy");
    expect(await call.locator("pre").first().textContent()).to.include('"TransactItems"');
    await page.reload();
    await until("it shows each run again", async () => (await rows.count()) === 9);
    await page.getByRole("link", { name: "Topology" }).click();
    await until("the topology counts the order's runs", async () =>
      /[1-9]\d* runs/.test((await page.getByRole("button", { name: /^shipment \d+ runs/ }).textContent()) ?? ""),
    );
    await page.getByRole("link", { name: "Mailbox" }).click();
    await page
      .getByText(`Your order ${orderId.slice(0, 8).toUpperCase()} is on its way`)
      .first()
      .waitFor();
  });

  it("lets an order go that is on hold, to another address", async () => {
    const shippingAddress = { ...orderOf().shippingAddress, postalCode: "00000", countryCode: "US" };
    const orderId = await shop.place({ items, shippingAddress });
    await shop.reaches(orderId, "on-hold");
    const page = await opened("orders");
    await page.getByLabel("Status").selectOption("on-hold");
    await page.getByRole("link", { name: orderId.slice(0, 8) }).click();
    for (const [label, value] of [
      ["Street", "1 Main St"],
      ["City", "Springfield"],
      ["Postal code", "62701"],
      ["Country", "US"],
    ] as const)
      await page.getByLabel(label).fill(value);
    await page.getByRole("button", { name: "Release" }).click();
    await until("the page shows that it ships", async () => (await status(page, orderId)) === "shipping");
  });

  it("has a dead letter edited, with a diff, and retried until its order ships", async () => {
    const page = await opened("faults");
    await page.getByRole("switch", { name: /carrier.test is down/ }).check();
    await page.getByText("Faults are on: hostsDown.").waitFor();
    const orderId = await shop.place({ items });
    await page.getByRole("link", { name: "Queues" }).click();
    await page.getByRole("link", { name: "shipment" }).click();
    await page.getByRole("heading", { name: /the carrier answered 503/ }).waitFor({ timeout: 120_000 });
    const body = await page.locator("details details + pre").first().textContent();
    await page.getByRole("button", { name: "Purge…" }).click();
    await page.getByText("The dead letters of shipment are deleted.").waitFor();
    await page.getByRole("button", { name: "End them" }).click();
    const event = z.looseObject({ data: z.unknown() }).parse(JSON.parse(body ?? ""));
    const QueueUrl = cloud.outputs.consumers["shipment"]?.deadLetterQueueUrl;
    await shop.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ ...event, data: "broken" }) }),
    );
    const letter = page.locator("main > details", { hasText: '"broken"' });
    await letter.locator("summary").first().click();
    await letter.getByText("Edit and send again").click();
    const text = await page.getByLabel("Body").inputValue();
    await page.getByLabel("Body").fill(text.replace('"broken"', JSON.stringify(event.data)));
    expect(await page.locator(".line.bad").textContent()).to.include('"broken"');
    await page.getByRole("button", { name: "Send as a new message" }).click();
    await page.getByText("Sent to shipment as a new message").waitFor();
    await page.goto(`${cloud.outputs.local.endpoint}/_local/orders/${orderId}`);
    await until("the page shows that it ships", async () => (await status(page, orderId)) === "shipping");
  });

  it("shows what comes from outside as text, never as markup", async () => {
    const { customer } = orderOf();
    await shop.sells("PAGE-2", 5, 1_299, HOSTILE);
    const orderId = await shop.place({
      customer: { ...customer, name: "Eve img onerror" },
      items: [{ sku: "PAGE-2", quantity: 1 }],
    });
    await shop.reaches(orderId, "shipping");
    const QueueUrl = cloud.outputs.consumers["audit"]?.deadLetterQueueUrl;
    const MessageBody = JSON.stringify({ type: HOSTILE, subject: HOSTILE, id: HOSTILE });
    await shop.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const page = await opened(`orders/${orderId}`);
    for (const path of [
      `orders/${orderId}`,
      "stock",
      "try",
      "mailbox",
      "queues/audit",
      `queues/${encodeURIComponent(HOSTILE)}`,
    ]) {
      await page.goto(`${cloud.outputs.local.endpoint}/_local/${path}`);
      await page.locator("h1").waitFor();
      await page.getByText("onerror").first().waitFor({ state: "attached" });
      const made = await page.evaluate(`[document.querySelectorAll("img, main script").length, "hit" in window]`);
      expect(made, path).to.deep.equal([0, false]);
    }
  });

  it("scrolls 10,000 orders with at most 100 rows, and finds one by its text", async () => {
    const page = await opened("orders");
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      id: `${String(index).padStart(8, "0")}-0000-4000-8000-000000000000`,
      ...{
        placedAt: new Date().toISOString(),
        status: "placed",
        customerId: "c-1",
        items: "1 × PAGE-1",
        consumers: {},
      },
    }));
    await page.route("**/_local/orders", (route) =>
      route.request().resourceType() === "document" ? route.continue() : route.fulfill({ json: { orders: many } }),
    );
    await page.reload();
    await page.getByText("10000 of 10000").waitFor();
    const list = page.getByRole("table", { name: "Orders" });
    for (const part of [0, 0.33, 0.5, 1]) {
      await list.evaluate(
        (box: { scrollTop: number; scrollHeight: number }, share) => void (box.scrollTop = share * box.scrollHeight),
        part,
      );
      const index = Math.min(9_999, Math.round(part * 10_000));
      await page.locator(`[aria-rowindex="${Math.max(2, index - 2)}"]`).waitFor();
      expect(await page.locator(".row").count()).to.be.within(10, 100);
    }
    await list.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/orders\/00000001-/);
    await page.goBack();
    await page.getByLabel("Text").fill("00004711");
    await page.getByText("1 of 10000").waitFor();
  });

  it("keeps nobody out: axe finds nothing, in light and dark, wide and narrow", async () => {
    const orderId = await shop.place({ items });
    await shop.reaches(orderId, "shipping");
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [1280, 390]) {
        const page = await opened("", { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
        for (const path of [
          "topology",
          "orders",
          `orders/${orderId}`,
          "queues",
          "queues/shipment",
          "try",
          "faults",
          "mailbox",
          "stock",
        ]) {
          await page.goto(`${cloud.outputs.local.endpoint}/_local/${path}`);
          await page.getByText("● live").waitFor();
          await page.waitForLoadState("networkidle");
          await page.evaluate(axe.source);
          const { violations } = Found.parse(await page.evaluate("axe.run()"));
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
          expect(found, `${path}, ${colorScheme}, ${width} px`).to.deep.equal([]);
          const wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect(wider, `${path} is wider than ${width} px`).to.be.at.most(0);
        }
        await page.context().close();
      }
  });

  it("renders the API's documentation, and asks nobody but its own origin for anything", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`${cloud.outputs.local.endpoint}/_local/api`);
    await page.getByText("Place an order").first().waitFor();
    await page.waitForLoadState("networkidle");
    const foreign = requests.filter(
      (url) => !url.startsWith("data:") && new URL(url).origin !== cloud.outputs.local.endpoint,
    );
    expect(requests).to.have.length.above(100);
    expect(foreign).to.deep.equal([]);
    expect(requests.some((url) => new URL(url).pathname.startsWith("/orders"))).to.equal(false);
    expect(complaints).to.deep.equal([]);
  });
});
