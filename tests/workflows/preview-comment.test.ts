import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { surgeTable } from "../../config/surge-table.ts";
import { runCommand } from "../support/command.ts";
import { listening } from "../support/listening.ts";

const bot = { type: "Bot" };
const chatter = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ id, body: "Nice.", user: { type: "User" } }));

describe("the comment of a preview", () => {
  let folder: string;
  let server: Server;
  let api: string;
  let pages: object[][];
  let answer: number;
  let asked: { call: string; authorization: string | undefined; body: string | undefined }[];

  before(async () => {
    const started = await listening((request, response) => {
      void text(request).then((body) => {
        const { method = "", url = "", headers } = request;
        const sent = body === "" ? undefined : z.object({ body: z.string() }).parse(JSON.parse(body)).body;
        asked.push({ call: `${method} ${url}`, authorization: headers.authorization, body: sent });
        const page = Number(new URL(url, "http://github").searchParams.get("page"));
        response.statusCode = answer;
        response.end(JSON.stringify(method === "GET" ? (pages[page - 1] ?? []) : {}));
      });
    });
    ({ server, url: api } = started);
    folder = await mkdtemp(join(tmpdir(), "order-fanout-comment-"));
    const event = { pull_request: { number: 7, head: { sha: "0a1b2c3" } } };
    await writeFile(join(folder, "event.json"), JSON.stringify(event));
  });
  beforeEach(() => {
    asked = [];
    pages = [];
    answer = 200;
  });
  after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  async function comment(output: string, outcome = "success") {
    await writeFile(join(folder, "preview.txt"), output);
    return runCommand("preview-comment", [join(folder, "preview.txt")], {
      ...process.env,
      GITHUB_API_URL: api,
      GITHUB_EVENT_PATH: join(folder, "event.json"),
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_RUN_ID: "99",
      GITHUB_SERVER_URL: "https://github.example",
      GITHUB_TOKEN: "ghs_token",
      PREVIEW_OUTCOME: outcome,
      PULUMI_STACK: "prod",
    });
  }

  it("is made once, with the whole output folded", async () => {
    const ran = await comment("+ aws:sqs/queue:Queue: (create)\n");

    expect(ran).to.deep.equal({ code: 0, stdout: "The comment of pull request 7 is made.\n", stderr: "" });
    expect(asked).to.deep.equal([
      {
        call: "GET /repos/acme/shop/issues/7/comments?per_page=100&page=1",
        authorization: "Bearer ghs_token",
        body: undefined,
      },
      {
        call: "POST /repos/acme/shop/issues/7/comments",
        authorization: "Bearer ghs_token",
        body: [
          "<!-- order-fanout: preview of prod -->",
          "**Preview of `prod` succeeded** at 0a1b2c3 ([run](https://github.example/acme/shop/actions/runs/99))",
          "",
          "<details><summary>All that it wrote</summary>",
          "",
          "```",
          "+ aws:sqs/queue:Queue: (create)",
          "```",
          "",
          "</details>",
        ].join("\n"),
      },
    ]);
  });

  it("shows the table of surges unfolded, however Pulumi indents it", async () => {
    const table = surgeTable({
      rate: 50,
      accountConcurrency: 1_000,
      consumers: {
        inventory: {
          milliseconds: 100,
          assumed: true,
          sustains: 200,
          perRequest: 1,
          arriving: 50,
          drainMinutes: 15,
          concurrency: 20,
          writeUnits: 150,
        },
      },
      writeUnits: { orders: 750 },
    });
    await comment(`info: ${table}\n+ create`);
    await comment(`Diagnostics:\n    ${table.replaceAll("\n", "\n    ")}\n\n+ create`);
    const shown = asked.filter(({ body }) => body !== undefined).map(({ body }) => body?.split("\n").slice(3, -1));

    expect(shown.map((lines) => lines?.slice(0, 7).join("\n"))).to.deep.equal(
      Array.from({ length: 2 }, () => `\`\`\`\n${table}\n\`\`\``),
    );
  });

  it("is edited from then on, however many comments came before, and says when the preview failed", async () => {
    const marked = "<!-- order-fanout: preview of prod -->\nold";
    const forged = { id: 500, body: marked, user: { type: "User" } };
    pages = [
      [...chatter(99), forged],
      [
        { id: 501, body: "<!-- order-fanout: preview of dev -->", user: bot },
        { id: 502, body: marked, user: bot },
      ],
    ];
    const ran = await comment("error: Pulumi.prod.yaml has a mistake", "failure");

    expect(ran.stdout).to.equal("The comment of pull request 7 is current.\n");
    expect(asked.map(({ call }) => call)).to.deep.equal([
      "GET /repos/acme/shop/issues/7/comments?per_page=100&page=1",
      "GET /repos/acme/shop/issues/7/comments?per_page=100&page=2",
      "PATCH /repos/acme/shop/issues/comments/502",
    ]);
    expect(asked[2]?.body).to.match(
      /\*\*Preview of `prod` failed\*\* at 0a1b2c3 [^]*```\nerror: Pulumi\.prod\.yaml has a mistake\n```/,
    );
  });

  it("keeps the beginning and the end of an output that GitHub would refuse, and no output ends its fence", async () => {
    await comment(`begin ${"`".repeat(5)} ${"x".repeat(70_000)} end`);
    const body = asked[1]?.body ?? "";

    expect(body.length).to.be.below(65_536);
    expect(body).to.match(/\n`{6}\nbegin `{5} x+\n\.\.\. 6016 characters: see the run \.\.\.\nx+ end\n`{6}\n/);
  });

  it("fails when GitHub refuses it, with the permission that it needs", async () => {
    answer = 403;
    expect(await comment("")).to.deep.equal({
      code: 1,
      stdout: "",
      stderr:
        "GitHub answered GET issues/7/comments?per_page=100&page=1 with 403: []. The job needs the permission `pull-requests: write`.\n",
    });
  });
});
