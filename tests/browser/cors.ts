import { expect } from "chai";
import type { Server } from "node:http";
import type { Browser } from "playwright-core";
import * as z from "zod";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { listening } from "../support/listening.ts";
import { orderOf } from "../support/orders.ts";
import { Shop } from "../support/shop.ts";
import { launchChromium } from "./chromium.ts";

const ORIGIN = "http://shop.test:8080";
const STRANGER = "http://stranger.test:8080";
const order = orderOf({ items: [{ sku: "BROWSER-1", quantity: 1 }] });

/** What a page was answered, or why its browser refused. */
const Seen = z.union([
  z.object({ status: z.int(), location: z.string().nullable(), replayed: z.string().nullable() }),
  z.object({ refused: z.string() }),
]);

describe("a page in a browser", () => {
  let cloud: LocalCloud;
  let shop: Shop;
  let pages: Server;
  let browser: Browser;

  before(async () => {
    cloud = await startLocalCloud({ configFile: "tests/stacks/Pulumi.conformance.yaml", speed: 60 });
    shop = new Shop(cloud.outputs);
    await shop.sells("BROWSER-1", 5);
    const { server, url } = await listening((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Shop</title>");
    });
    pages = server;
    browser = await launchChromium(["shop.test", "stranger.test"], Number(new URL(url).port));
  });
  after(async () => {
    await browser.close();
    pages.close();
    await cloud.stop();
  });

  /** Opens a page of an origin, which places an order by `fetch`. */
  async function placeFrom(origin: string, key: string): Promise<z.output<typeof Seen>> {
    const page = await browser.newPage();
    await page.goto(`${origin}/`);
    const seen = await page.evaluate(
      async ({ url, body, key }) => {
        const headers = { "content-type": "application/json", "idempotency-key": key };
        try {
          const { status, headers: sent } = await fetch(url, { method: "POST", headers, body });
          return { status, location: sent.get("location"), replayed: sent.get("idempotency-replayed") };
        } catch (error) {
          return { refused: String(error) };
        }
      },
      {
        url: cloud.outputs.ordersUrl,
        body: JSON.stringify(order),
        key,
      },
    );
    await page.close();
    return Seen.parse(seen);
  }

  it("of the shop's origin places an order with a key, and reads where it is", async () => {
    const first = await placeFrom(ORIGIN, "browser-1");
    const again = await placeFrom(ORIGIN, "browser-1");
    const location = "location" in first ? first.location : null;

    expect(first).to.deep.equal({ status: 201, location, replayed: null });
    expect(location).to.match(/^\/orders\/[0-9a-f-]{36}$/);
    expect(again).to.deep.equal({ status: 201, location, replayed: "true" });
    await shop.reaches(z.string().parse(location).replace("/orders/", ""), "shipping");
  });

  it("of another origin is refused before anything is ordered", async () => {
    const seen = await placeFrom(STRANGER, "browser-2");
    const first = await shop.post(order, { "idempotency-key": "browser-2" });

    expect(seen).to.deep.equal({ refused: "TypeError: Failed to fetch" });
    expect([first.status, first.headers.get("idempotency-replayed")]).to.deep.equal([201, null]);
  });
});
