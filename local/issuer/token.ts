// `npm run token`: a token of the issuer of `npm start -- --auth`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { AccessScope } from "../../contracts/access.ts";
import { LocalCloudError } from "../shared/names.ts";
import { audience as defaultAudience, readKey } from "./issuer.ts";
import { mint } from "./mint.ts";

const usage = `npm run token -- --subject NAME [flags]    prints a token for the API of \`npm start -- --auth\`

  --subject NAME    whose token it is: the customer's id
  --scope SCOPE     ${AccessScope.options.join(", ")}; once for each, or several in quotes (default: none)
  --audience NAME   for whom it is (default: ${defaultAudience})
  --expires TIME    how long it lasts, such as 30s, 15m, 1h or 7d (default: 1h)
  --state DIR       the local cloud's folder (default: .local)
  --help            print this

  curl -i http://127.0.0.1:4000/orders/ID -H "authorization: Bearer $(npm run --silent token -- --subject c-1 --scope orders:read)"`;

/** A mistake of whoever calls, which ends with 2, or a state of things, which ends with 1. */
class TokenError extends Error {
  readonly code: 1 | 2;
  constructor(message: string, code: 1 | 2 = 1) {
    super(message);
    this.code = code;
  }
}

const Outputs = z.looseObject({ local: z.looseObject({ issuer: z.string().optional() }) });

function readFlags() {
  try {
    return parseArgs({
      options: {
        subject: { type: "string" },
        scope: { type: "string", multiple: true, default: [] },
        audience: { type: "string", default: defaultAudience },
        expires: { type: "string", default: "1h" },
        state: { type: "string", default: ".local" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new TokenError(`${error instanceof Error ? error.message.split("\n")[0] : String(error)} (see --help)`, 2);
  }
}

async function run(): Promise<string> {
  const { subject, scope, audience, expires, state, help } = readFlags();
  if (help) return usage;
  if (subject === undefined || subject === "")
    throw new TokenError("Whose token? Name them, such as --subject c-1 (see --help)", 2);
  const scopes = scope.flatMap((words) => words.split(/[ ,]+/)).filter((word) => word !== "");
  const unknown = scopes.filter((word) => !AccessScope.safeParse(word).success);
  if (unknown.length > 0) {
    const known = AccessScope.options.join(", ");
    throw new TokenError(`--scope ${unknown.join(" ")}: no route asks for it; there are ${known} (see --help)`, 2);
  }
  const expiresSeconds = secondsOf(expires);
  const issuer = issuerOf(state);
  const key = readKey(state);
  if (key === undefined)
    throw new TokenError(`${state} has no issuer-key.json any more. Start anew with \`npm start -- --auth\`.`);
  return mint(key, { issuer, audience, subject, scopes, expiresSeconds });
}

function secondsOf(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? NaN);
  if (!(seconds > 0)) throw new TokenError(`--expires ${text}: a time is such as 30s, 15m, 1h or 7d (see --help)`, 2);
  return seconds;
}

/** The issuer of the local cloud that runs. */
function issuerOf(state: string): string {
  let text: string;
  try {
    text = readFileSync(join(state, "outputs.json"), "utf8");
  } catch {
    throw new TokenError(
      `There is no running local cloud (${state}/outputs.json is not there). Start it with \`npm start -- --auth\`.`,
    );
  }
  const { issuer } = Outputs.parse(JSON.parse(text)).local;
  if (issuer === undefined)
    throw new TokenError("The local cloud runs without an issuer of its own. Start it with `npm start -- --auth`.");
  return issuer;
}

try {
  console.log(await run());
} catch (error) {
  if (!(error instanceof TokenError || error instanceof LocalCloudError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof TokenError ? error.code : 1;
}
