import { expect } from "chai";
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { defineHost } from "../../local/outside/define-host.ts";
import type { CloudProcess } from "../support/cloud-process.ts";
import { until } from "../support/until.ts";
import { programFile, Project } from "./support/project.ts";

const outside = join(import.meta.dirname, "../../local/outside");
const folder = "local/outside/hosts";
const carrier = `export { default } from "${outside}/hosts/carrier.ts";`;
const host = (code: string) => `import { defineHost } from "${outside}/define-host.ts"; export default ${code};`;
const fraud = `
  import * as z from "zod";
  import { defineHost } from "${outside}/define-host.ts";
  export default defineHost({
    host: "fraud.test:8443",
    entry: z.string(),
    routes: {
      "PUT /v2/checks/{orderId}/{part}": ({ pathParameters, headers, body, text, url, journal }) => {
        journal.append(text);
        const { "x-key": key } = headers;
        return { status: 202, headers: { "x-seen": String(journal.entries.length) }, body: { pathParameters, key, body, query: url.search } };
      },
      "GET /broken": () => { throw new Error("no such check"); },
    },
  });`;

describe("The outside of the local cloud", () => {
  let project: Project;
  let cloud: CloudProcess;
  before(async () => {
    project = new Project(programFile("program.ts"), {
      [`${folder}/carrier.ts`]: carrier,
      [`${folder}/fraud.ts`]: fraud,
    });
    cloud = await project.start();
  });
  after(() => project.remove());

  /** What a function gets for a request, and the lines that are logged for it. */
  async function request(method: string, url: string, init = {}, lines = 0): Promise<[unknown, unknown[]]> {
    const act = JSON.stringify({ act: "fetch", url, init: { method, ...init } });
    const from = cloud.logged("api").length;
    const answer: unknown = await (await fetch(`${cloud.apiUrl}/act`, { method: "POST", body: act })).json();
    const logged = await until("the log", () => {
      const now = cloud.logged("api").slice(from);
      return now.length >= lines ? now : undefined;
    });
    const Lines = z.array(z.looseObject({ log: z.object({ level: z.string(), message: z.string() }) }));
    return [answer, Lines.parse(logged).map(({ log }) => `${log.level}: ${log.message}`)];
  }

  it("is the carrier, which books each key once and refuses a postal code", async () => {
    const book = async (key: string, body: object) => {
      const init = { headers: { "idempotency-key": key }, body: JSON.stringify(body) };
      const [answer] = await request("POST", "https://carrier.test/v1/shipments", init);
      return z.object({ status: z.number(), body: z.string() }).parse(answer);
    };
    const first = await book("k1", { orderId: "o1" });
    expect(first.status).to.equal(201);
    expect(await book("k1", { orderId: "o1" })).to.deep.equal({ status: 200, body: first.body });
    expect(await book("k2", { orderId: "o2", address: { postalCode: "00000" } })).to.include({ status: 422 });
    const cancel = () => request("DELETE", "https://carrier.test/v1/shipments/o1");
    expect([await cancel(), await cancel()]).to.deep.equal([
      [{ status: 204, body: "" }, []],
      [{ status: 404, body: '{"detail":"no shipment for order o1"}' }, []],
    ]);
    const booked = z.object({ carrier: z.string(), trackingNumber: z.string().regex(/^SE\d{10}$/) });
    const { trackingNumber } = booked.parse(JSON.parse(first.body));
    const shipment = { key: "k1", orderId: "o1", trackingNumber };
    expect(await cloud.local("hosts"))
      .to.have.property("carrier.test")
      .that.deep.equals([
        { ...shipment, cancelled: false },
        { ...shipment, cancelled: true },
      ]);
  });

  it("is each file of the folder: parameters, headers and JSON go in, status, headers and JSON come out, and what it keeps survives a restart", async () => {
    const check = () =>
      request("PUT", "https://fraud.test:8443/v2/checks/o%2F1/lines?deep=1", {
        headers: { "X-Key": "k" },
        body: '{"total":12}',
      });
    const body = { pathParameters: { orderId: "o/1", part: "lines" }, key: "k", body: { total: 12 }, query: "?deep=1" };
    expect(await check()).to.deep.equal([{ status: 202, body: JSON.stringify(body) }, []]);
    expect(await cloud.local("hosts"))
      .to.have.property("fraud.test:8443")
      .that.deep.equals(['{"total":12}']);
    await cloud.kill();
    cloud = await project.start();
    await check();
    expect(await cloud.local("hosts"))
      .to.have.property("fraud.test:8443")
      .with.length(2);
  });

  it("has no host that is not played: the request fails as to an unknown host, and the log says how to play it", async () => {
    const failed = { thrown: "TypeError", message: "fetch failed", code: "ENOTFOUND" };
    expect(await request("GET", "https://api.shop.test/v1", {}, 1)).to.deep.equal([
      failed,
      [
        "error: https://api.shop.test is not played here: add local/outside/hosts/api-shop.ts (carrier.ts there shows how), then start again",
      ],
    ]);
    expect(await request("GET", "http://carrier.test/v1", {}, 1)).to.deep.equal([
      failed,
      ["error: http://carrier.test is not played here: only https is"],
    ]);
  });

  it("answers 404 where a played host plays no such path, 500 where its own code fails, and says so", async () => {
    const missing = "carrier.test plays no GET /v1/rates: add it in local/outside/hosts/carrier.ts, then start again";
    expect(await request("GET", "https://carrier.test/v1/rates", {}, 1)).to.deep.equal([
      { status: 404, body: JSON.stringify({ detail: missing }) },
      [`error: ${missing}`],
    ]);
    const broken = "local/outside/hosts/fraud.ts failed at GET /broken: no such check";
    expect(await request("GET", "https://fraud.test:8443/broken", {}, 1)).to.deep.equal([
      { status: 500, body: JSON.stringify({ detail: broken }) },
      [`error: ${broken}`],
    ]);
  });

  it("is out of service where the faults say so", async () => {
    await cloud.local("faults", { method: "PUT", body: JSON.stringify({ hostsDown: ["carrier.test"] }) });
    const [down] = await request("DELETE", "https://carrier.test/v1/shipments/o9");
    const [up] = await request("GET", "https://fraud.test:8443/broken", {}, 1);
    await cloud.local("faults", { method: "DELETE" });
    expect([down, up]).to.deep.equal([
      { status: 503, body: '{"detail":"out of service"}' },
      { status: 500, body: '{"detail":"local/outside/hosts/fraud.ts failed at GET /broken: no such check"}' },
    ]);
  });
});

describe("A host's definition", () => {
  let project: Project;
  before(() => (project = new Project("export {};")));
  after(() => project.remove());

  const mistakes: [string, Record<string, string>, string][] = [
    [
      "that exports no host",
      { "a.ts": "export default { host: 1 };" },
      "a.ts: its default export must be made by defineHost(); got object.",
    ],
    [
      "with a syntax error",
      { "a.ts": "\nconst x = ;" },
      "a.ts cannot be loaded: local/outside/hosts/a.ts:2:11: Expression expected\n    \n    const x = ;\n              ^",
    ],
    [
      "that throws",
      { "a.ts": "\nthrow new Error('no');" },
      "a.ts cannot be loaded: no\n    at local/outside/hosts/a.ts:2:7",
    ],
    [
      "of a host that another file plays",
      { "a.ts": carrier, "b.ts": host(`defineHost({ host: "carrier.test", routes: {} })`) },
      "b.ts: carrier.test is played by local/outside/hosts/a.ts already. Play it in one file.",
    ],
  ];
  for (const [what, files, message] of mistakes) {
    it(`${what} is an error of the start that names its file`, async () => {
      rmSync(join(project.folder, folder), { recursive: true, force: true });
      project.write(Object.fromEntries(Object.entries(files).map(([name, code]) => [`${folder}/${name}`, code])));
      const { code, output } = await (await project.launch()).ended;
      const error = { event: "error", message: `${folder}/${message}` };
      expect([code, JSON.parse(output.trim().split("\n").at(-1) ?? "")]).to.deep.equal([1, error]);
    });
  }

  it("says which host or route is not well formed", () => {
    const answer = () => ({ status: 200 });
    for (const wrong of ["https://carrier.test", "carrier.test/v1", "Carrier.test", ""]) {
      expect(() => defineHost({ host: wrong, routes: {} })).to.throw(
        `the host must be a name in lower case; got "${wrong}". Write it as in "carrier.test".`,
      );
    }
    for (const wrong of ["/shipments", "post /shipments", "POST shipments", "GET /{a b}", "GET /a?b"]) {
      expect(() => defineHost({ host: "a.test", routes: { "GET /": answer, [wrong]: answer } })).to.throw(
        `a route must be a method and a path; got "${wrong}". Write it as in "DELETE /shipments/{orderId}".`,
      );
    }
  });
});
