import { expect } from "chai";
import type { Server } from "node:http";
import type { Browser } from "playwright-core";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { listening } from "../support/listening.ts";
import { launchChromium } from "./chromium.ts";

/** A stranger's page, on a port of this machine as a local tool would be, so that Chromium lets it reach others. */
describe("a hostile page in a browser", () => {
  let cloud: LocalCloud;
  let pages: Server;
  let pageUrl: string;
  before(async () => {
    cloud = await startLocalCloud({ configFile: "tests/stacks/Pulumi.conformance.yaml", speed: 60 });
    const { server, url } = await listening((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Evil</title>");
    });
    pages = server;
    pageUrl = url;
  });
  after(async () => {
    pages.close();
    await cloud.stop();
  });

  async function withBrowser<T>(port: number, use: (browser: Browser) => Promise<T>): Promise<T> {
    const browser = await launchChromium(["evil.test"], port);
    try {
      return await use(browser);
    } finally {
      await browser.close();
    }
  }

  it("deletes no topic by a form, changes no setting, reads no mailbox", async () => {
    const { endpoint, mailboxUrl } = cloud.outputs.local;
    await withBrowser(Number(new URL(pageUrl).port), async (browser) => {
      const page = await browser.newPage();
      await page.goto(pageUrl);
      const { topicArn } = cloud.outputs;
      const seen = await page.evaluate(
        async ({ endpoint, mailboxUrl, topicArn }) => {
          const read = (url: string, init?: RequestInit) =>
            fetch(url, init).then(
              (response) => response.text(),
              (error: unknown) => String(error),
            );
          const key = "X-Amz-Credential=local/20261101/eu-west-1/sns/aws4_request";
          const body = new URLSearchParams({ Action: "DeleteTopic", Version: "2010-03-31", TopicArn: topicArn });
          const blind = { method: "POST", mode: "no-cors", body } as const;
          return [
            await read(mailboxUrl),
            await read(`${endpoint}/_local/faults`, { method: "PUT", body: "{}" }),
            await read(`${endpoint}/?${key}`, blind),
            await read(`${endpoint}/?Action=DeleteTopic&Version=2010-03-31&TopicArn=${topicArn}&${key}`, {
              mode: "no-cors",
            }),
          ];
        },
        { endpoint, mailboxUrl, topicArn },
      );
      // What the browser lets through blindly has an empty answer; what it did is looked at below.
      expect(seen).to.deep.equal(["TypeError: Failed to fetch", "TypeError: Failed to fetch", "", ""]);
      const action = `${endpoint}/?X-Amz-Credential=local/x`;
      await page.setContent(`<form method="post" action="${action}"><button>Win</button></form>`);
      await page.click("button");
      await page.waitForURL(/X-Amz-Credential/);
      expect(await page.textContent("body")).to.include("AWS calls of web pages are refused");
      await page.goto(mailboxUrl);
      await page.getByText("No message yet.").waitFor();
    });
    const listed = await fetch(`${endpoint}/`, {
      method: "POST",
      headers: {
        authorization:
          "AWS4-HMAC-SHA256 Credential=local/20261101/eu-west-1/sns/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: new URLSearchParams({ Action: "ListTopics", Version: "2010-03-31" }),
    });
    expect(await listed.text()).to.include(cloud.outputs.topicArn);
  });

  it("whose name is led here (DNS rebinding) is told that the Host is wrong", async () => {
    for (const url of [cloud.outputs.apiUrl, cloud.outputs.local.endpoint]) {
      const { port } = new URL(url);
      const said = await withBrowser(Number(port), async (browser) => {
        const page = await browser.newPage();
        await page.goto(`http://evil.test:${port}/_local/mailbox`);
        return page.textContent("body");
      });
      expect(said).to.include(`The Host header does not name this machine. Use http://127.0.0.1:${port}.`);
    }
  });
});
