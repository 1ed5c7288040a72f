import { expect } from "chai";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { checks } from "../conformance/checks.ts";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { runScript } from "../support/command.ts";
import { orderOf } from "../support/orders.ts";
import { Placed } from "../support/shop.ts";

const Results = z.array(z.object({ check: z.string(), ok: z.boolean(), text: z.string() }));
const configFile = "tests/stacks/Pulumi.conformance.yaml";

describe("npm start -- --auth", () => {
  let cloud: LocalCloud;
  before(async () => {
    cloud = await startLocalCloud({ configFile, speed: 120, auth: true });
  });
  after(() => cloud.stop());

  const token = (...words: string[]) => runScript("local/issuer/token.ts", ["--state", cloud.state, ...words]);
  const tokenOf = async (...words: string[]) => (await token(...words)).stdout.trimEnd();
  async function ask(
    method: string,
    path: string,
    bearer?: string,
    headers: Record<string, string> = {},
    body?: object,
  ) {
    const response = await fetch(`${cloud.outputs.apiUrl}${path}`, {
      method,
      headers: { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  it("answers a preflight, health and what no route takes without a token, and nothing else", async () => {
    const { status } = await ask("GET", "/health");
    const page = { origin: cloud.outputs.corsOrigins[0] ?? "", "access-control-request-method": "POST" };
    const preflight = await ask("OPTIONS", "/orders", undefined, page);
    expect([status, preflight.status]).to.deep.equal([204, 204]);
    expect(preflight.headers.get("access-control-allow-headers")).to.include("authorization");
    expect([(await ask("GET", "/nowhere")).status, (await ask("PUT", "/orders")).status]).to.deep.equal([404, 405]);
    for (const [method, path] of [
      ["POST", "/orders"],
      ["GET", "/orders/1"],
      ["POST", "/orders/1/cancel"],
    ] as const) {
      const { status: refused, headers, text } = await ask(method, path);
      expect([refused, headers.get("www-authenticate"), text]).to.deep.equal([
        401,
        "Bearer",
        '{"message":"Unauthorized"}',
      ]);
    }
  });

  it("has an issuer whose tokens npm run token prints, and a key for its user's eyes alone", async () => {
    const { code, stdout, stderr } = await token("--subject", "auth0|c-1", "--scope", "orders:read");
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect((await stat(join(cloud.state, "issuer-key.json"))).mode & 0o777).to.equal(0o600);
    expect((await ask("GET", "/orders/1", stdout.trimEnd())).status).to.equal(404);
    expect((await ask("POST", "/orders", stdout.trimEnd())).status).to.equal(403);
    for (const refused of [
      await tokenOf("--subject", "c-1", "--scope", "orders:read", "--audience", "another"),
      `${stdout.trimEnd().slice(0, -8)}AAAAAAAA`,
    ]) {
      expect((await ask("GET", "/orders/1", refused)).status).to.equal(401);
    }
  });

  it("keeps each customer's orders from the others: the same bytes as for an order that is not there", async () => {
    const [ada, grace] = await Promise.all(
      ["auth0|ada", "auth0|grace"].map((name) => tokenOf("--subject", name, "--scope", "orders:read orders:write")),
    );
    const json = { "content-type": "application/json" };
    const order = { ...orderOf(), customerId: undefined };
    const placed = await ask("POST", "/orders", ada, json, order);
    const { orderId } = Placed.parse(JSON.parse(placed.text));
    expect(JSON.parse(placed.text)).to.include({ customerId: "auth0|ada" });
    expect((await ask("POST", "/orders", grace, json, { ...order, customerId: "auth0|ada" })).status).to.equal(403);

    const unknown = "11111111-1111-4111-8111-111111111111";
    for (const [method, behind] of [
      ["GET", ""],
      ["POST", "/cancel"],
    ] as const) {
      const [others, none] = await Promise.all(
        [orderId, unknown].map(async (id) => {
          const { status, headers, text } = await ask(method, `/orders/${id}${behind}`, grace);
          const changing = ["apigw-requestid", "x-correlation-id", "date"];
          const kept = [...headers].filter(([name]) => !changing.includes(name));
          return { status, headers: kept, text: text.replace(id, "ID") };
        }),
      );
      expect(others).to.deep.equal(none);
      expect(others?.status).to.equal(404);
    }
    expect((await ask("GET", `/orders/${orderId}`, ada)).status).to.equal(200);
  });

  it("passes npm run smoke, which takes a service's token from the environment", async () => {
    const env = {
      ...process.env,
      ORDER_FANOUT_TOKEN: await tokenOf("--subject", "smoke", "--scope", "orders:service"),
    };
    const words = ["--state", cloud.state, "--json"];
    const { code, stdout } = await runScript("tests/conformance/smoke.ts", words, { env });
    const results = Results.parse(JSON.parse(stdout));
    expect(results.filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(results).to.have.length(checks.filter(({ risk }) => risk !== "poison").length + 1);
    expect(code).to.equal(0);
  });

  it("has npm run token say what to do where it cannot print one", async () => {
    const answers: [string[], number, string][] = [
      [[], 2, "Whose token? Name them, such as --subject c-1 (see --help)\n"],
      [
        ["--subject", "c-1", "--scope", "order:read"],
        2,
        "--scope order:read: no route asks for it; there are orders:read, orders:write, orders:service (see --help)\n",
      ],
      [
        ["--subject", "c-1", "--expires", "soon"],
        2,
        "--expires soon: a time is such as 30s, 15m, 1h or 7d (see --help)\n",
      ],
      [
        ["--subject", "c-1", "--state", "/nowhere"],
        1,
        "There is no running local cloud (/nowhere/outputs.json is not there). Start it with `npm start -- --auth`.\n",
      ],
    ];
    for (const [words, code, said] of answers) {
      expect(await token(...words)).to.deep.include({ code, stdout: "", stderr: said });
    }
  });
});
