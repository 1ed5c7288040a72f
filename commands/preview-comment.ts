import { readFile } from "node:fs/promises";
import * as z from "zod";
import { CommandError, main, readArguments, wrongCall } from "./shared/console.ts";

const usage = `node commands/preview-comment.ts FILE   keeps one comment of the pull request current: what \`pulumi preview\` wrote to FILE

It runs in the workflow preview.yml, whose environment names the pull request, the stack and the step's outcome.`;

/** GitHub's variables (https://docs.github.com/en/actions/reference/workflows-and-actions/variables) and the workflow's own. */
const Environment = z.object({
  GITHUB_API_URL: z.string(),
  GITHUB_EVENT_PATH: z.string(),
  GITHUB_REPOSITORY: z.string(),
  GITHUB_RUN_ID: z.string(),
  GITHUB_SERVER_URL: z.string(),
  GITHUB_TOKEN: z.string(),
  PREVIEW_OUTCOME: z.enum(["success", "failure"]),
  PULUMI_STACK: z.string(),
});
type Environment = z.output<typeof Environment>;

const Event = z.object({ pull_request: z.object({ number: z.int(), head: z.object({ sha: z.string() }) }) });
const Comment = z.object({ id: z.int(), body: z.string().nullish(), user: z.object({ type: z.string() }).nullish() });

/** GitHub refuses a comment of more than 65,536 characters; the frame around the output needs a few hundred. */
const MOST_CHARACTERS = 64_000;
/** Of an output that is too long, so much of its beginning is kept: what changes first, and at the end the totals. */
const HEAD_CHARACTERS = 24_000;

/** The comment: a line to read, the table of surges and, folded, all that the preview wrote. */
function bodyOf(output: string, sha: string, env: Environment): string {
  const { PULUMI_STACK, PREVIEW_OUTCOME, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
  const surges = surgesIn(output);
  const run = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  return [
    marker(PULUMI_STACK),
    `**Preview of \`${PULUMI_STACK}\` ${PREVIEW_OUTCOME === "success" ? "succeeded" : "failed"}** at ${sha} ([run](${run}))`,
    "",
    ...(surges === "" ? [] : [fenced(surges), ""]),
    "<details><summary>All that it wrote</summary>",
    "",
    fenced(shorten(output.trim(), MOST_CHARACTERS - surges.length)),
    "",
    "</details>",
  ].join("\n");
}

/** Text as it is: in a fence longer than any in it, which it cannot end (https://spec.commonmark.org/0.31.2/#fenced-code-blocks). */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** The table that the program logs at preview (`config/surge-table.ts`); empty where the preview did not come so far. */
function surgesIn(output: string): string {
  const lines = output.split("\n");
  const first = lines.findIndex((line) => line.includes("A surge of "));
  const count = lines.slice(first).findIndex((line) => line.includes("Write units a second")) + 1;
  if (first < 0 || count === 0) return "";
  const [heading = "", ...table] = lines.slice(first, first + count);
  // Pulumi indents messages in its list of diagnostics, and puts their severity before them elsewhere.
  const indent = /^ */.exec(table[0] ?? "")?.[0].length ?? 0;
  return [heading.slice(heading.indexOf("A surge of ")), ...table.map((line) => line.slice(indent))].join("\n");
}

/** How the comment of a stack's preview is found again. */
const marker = (stack: string) => `<!-- order-fanout: preview of ${stack} -->`;

function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, HEAD_CHARACTERS);
  const tail = text.slice(text.length - (most - HEAD_CHARACTERS));
  return `${head}\n... ${text.length - head.length - tail.length} characters: see the run ...\n${tail}`;
}

/** One request of GitHub's REST API: https://docs.github.com/en/rest/issues/comments */
async function request(env: Environment, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${env.GITHUB_TOKEN}`,
      "x-github-api-version": "2022-11-28",
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (response.ok) return response.json();
  throw new CommandError(
    `GitHub answered ${method} ${path} with ${response.status}: ${await response.text()}. The job needs the permission \`pull-requests: write\`.`,
  );
}

const PAGE = 100;

async function findComment(env: Environment, pullRequest: number): Promise<number | undefined> {
  for (let page = 1; ; page++) {
    const path = `issues/${pullRequest}/comments?per_page=${PAGE}&page=${page}`;
    const comments = Comment.array().parse(await request(env, "GET", path));
    const found = comments.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(marker(env.PULUMI_STACK)));
    if (found) return found.id;
    if (comments.length < PAGE) return undefined;
  }
}

await main(usage, async () => {
  const { positionals } = readArguments({});
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw wrongCall(positionals);
  const env = Environment.parse(process.env);
  const { number, head } = Event.parse(JSON.parse(await readFile(env.GITHUB_EVENT_PATH, "utf8"))).pull_request;
  const body = bodyOf(await readFile(file, "utf8"), head.sha, env);
  const id = await findComment(env, number);
  if (id === undefined) await request(env, "POST", `issues/${number}/comments`, { body });
  else await request(env, "PATCH", `issues/comments/${id}`, { body });
  console.log(`The comment of pull request ${number} is ${id === undefined ? "made" : "current"}.`);
});
