import { expect } from "chai";
import * as z from "zod";
import { send } from "../conformance/http.ts";
import type { CloudProcess } from "../support/cloud-process.ts";

/** The running cloud, a topic and a bucket of it. */
interface Shared {
  readonly cloud: CloudProcess;
  readonly topicArn: string;
  readonly bucketName: string;
}

const Started = z.looseObject({ local: z.object({ token: z.string() }) });
const evil = { origin: "https://evil.example" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const noPages = "AWS calls of web pages are refused: pages reach the HTTP API alone, where its CORS allows it.";
const noOthers = "Web pages of other origins are refused under /_local/.";
const noToken =
  'A change under /_local/ takes the token of this start: send it as x-local-token, from the file token of the state folder or from "local" in its outputs.json.';

/** What a web page in the developer's browser may reach: the API, as far as its CORS allows, and nothing else. */
export function webPagesSuite(shared: () => Shared): void {
  /** The status and the answer to a request on the AWS endpoint or on the API, as a browser or a client would send it. */
  const ask = async (
    base: "endpoint" | "apiUrl",
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<[number, unknown]> => {
    const { status, text } = await send(method, shared().cloud[base] + path, headers, body);
    return [status, text.startsWith("{") ? JSON.parse(text) : text.slice(0, 5)];
  };
  const refused = (message: string) => [403, { message }];
  const signed = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=local/20261101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  });
  const listTopics = (headers: Record<string, string>) =>
    ask("endpoint", "POST", "/", { ...form, ...signed("sns"), ...headers }, "Action=ListTopics&Version=2010-03-31");

  describe("a web page", () => {
    it("whose DNS name leads here is refused on both ports; the machine's own names are answered", async () => {
      const { port } = shared().cloud;
      const rebound = ["evil.example", `evil.example:${port}`, "127.0.0.1", `x.localhost:${port}`, `127.0.0.2:${port}`];
      const local = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`];
      const onApi = (host: string) => ask("apiUrl", "GET", "/context", { host });
      const onEndpoint = (host: string) =>
        ask("endpoint", "GET", "/_local/hosts", { host: host.replace(String(port), String(port + 1)) });
      const said = (of: number) => refused(`The Host header does not name this machine. Use http://127.0.0.1:${of}.`);

      for (const host of rebound) {
        expect(await onApi(host), host).to.deep.equal(said(port));
        expect(await onEndpoint(host), host).to.deep.equal(said(port + 1));
      }
      for (const host of local)
        expect([(await onApi(host))[0], (await onEndpoint(host))[0]], host).to.deep.equal([200, 200]);
      expect(await listTopics({ host: "evil.example" })).to.deep.equal(said(port + 1));
    });

    it("makes no AWS call, whatever kind of request its browser sends without asking", async () => {
      const { topicArn, bucketName } = shared();
      const forged = new URLSearchParams({ Action: "DeleteTopic", Version: "2010-03-31", TopicArn: topicArn });
      const key = (service: string) => `X-Amz-Credential=local/20261101/eu-west-1/${service}/aws4_request`;
      expect(await listTopics({})).to.deep.equal([200, "<List"]);
      expect(await listTopics(evil)).to.deep.equal(refused(noPages));
      expect(await listTopics({ origin: "null" })).to.deep.equal(refused(noPages));
      expect(await listTopics({ origin: shared().cloud.endpoint })).to.deep.equal(refused(noPages));
      expect(await listTopics({ "sec-fetch-site": "cross-site" })).to.deep.equal(refused(noPages));
      expect(await listTopics({ "sec-fetch-site": "same-site" })).to.deep.equal(refused(noPages));
      const asked = { ...evil, "access-control-request-method": "POST" };
      expect(await ask("endpoint", "OPTIONS", "/", asked)).to.deep.equal(refused(noPages));
      const picture = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" };
      expect(await ask("endpoint", "GET", `/${bucketName}?${key("s3")}`, picture)).to.deep.equal(refused(noPages));

      // Old browsers send neither header with a form: the key in its address counts for reading from S3 alone.
      const tried = [
        await ask("endpoint", "POST", `/?${key("x")}`, form, forged.toString()),
        await ask("endpoint", "POST", `/?${key("sns")}`, form, forged.toString()),
        await ask("endpoint", "GET", `/?${key("sns")}&${forged.toString()}`),
        await ask("endpoint", "PUT", `/${bucketName}/x?${key("s3")}`, {}, "x"),
        await ask("endpoint", "GET", `/${bucketName}?${key("s3")}`),
      ];
      expect(tried.map(([status]) => status)).to.deep.equal([403, 403, 403, 403, 200]);
      expect(
        (await send("POST", `${shared().cloud.endpoint}/`, { ...form, ...signed("sns") }, "Action=ListTopics")).text,
      ).to.include(topicArn);
    });

    it("of another origin sees nothing under /_local/, and nobody changes anything there without the token", async () => {
      const { cloud } = shared();
      const { token } = Started.parse(await cloud.ready).local;
      const get = (headers: Record<string, string> = {}) => ask("endpoint", "GET", "/_local/faults", headers);
      const change = (method: string, headers: Record<string, string> = {}, path = "faults") =>
        ask("endpoint", method, `/_local/${path}`, headers, /^P/.test(method) ? '{"throttle":1}' : undefined);
      const opened = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" };
      const answered = [await get(), await get({ origin: cloud.endpoint }), await get(opened)];
      expect(answered).to.deep.equal([
        [200, {}],
        [200, {}],
        [200, {}],
      ]);
      for (const headers of [
        evil,
        { origin: "null" },
        { origin: cloud.apiUrl },
        { "sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe" },
        { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" },
      ])
        expect(await get(headers), JSON.stringify(headers)).to.deep.equal(refused(noOthers));

      for (const method of ["PUT", "DELETE", "POST", "OPTIONS"])
        expect(await change(method), method).to.deep.equal(refused(noToken));
      const wrong = { "x-local-token": `${token}x` };
      const ofFunctions = { "x-local-url": "https://carrier.test/x", "x-local-method": "POST" };
      expect(await change("PUT", wrong)).to.deep.equal(refused(noToken));
      expect(await change("POST", ofFunctions, "internet/carrier.test/x")).to.deep.equal(refused(noToken));
      expect(await change("PUT", { ...evil, "x-local-token": token })).to.deep.equal(refused(noOthers));
      expect(await change("PUT", { ...opened, "x-local-token": token })).to.deep.equal(refused(noOthers));
      expect(await get()).to.deep.equal([200, {}]);
      const own = { origin: cloud.endpoint, "sec-fetch-site": "same-origin", "x-local-token": token };
      expect(await change("PUT", own)).to.deep.equal([200, { throttle: 1 }]);
      expect(await change("DELETE", own)).to.deep.equal([200, {}]);
    });

    it("that is allowed by the API's CORS calls the API as on AWS", async () => {
      const [status] = await ask("apiUrl", "GET", "/context", {
        origin: "https://shop.example",
        "sec-fetch-site": "cross-site",
      });
      expect(status).to.equal(200);
    });

    it("fills no memory: a body over 10 MB is refused by the endpoint, in the service's protocol", async () => {
      const { cloud, bucketName } = shared();
      const body = "x".repeat(10 * 1024 * 1024 + 1);
      const put = (content: string) => ask("endpoint", "PUT", `/${bucketName}/big`, signed("s3"), content);
      const { text } = await send("PUT", `${cloud.endpoint}/${bucketName}/big`, signed("s3"), body);
      expect(text).to.equal(
        '<?xml version="1.0" encoding="UTF-8"?><Error><Code>RequestEntityTooLarge</Code><Message>The local cloud takes bodies of at most 10 MB.</Message></Error>',
      );
      const statuses = [await put(body), await put(body.slice(1))].map(([status]) => status);
      expect(statuses).to.deep.equal([413, 200]);
    });
  });
}
