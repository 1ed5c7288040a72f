import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { QueueLimits } from "./components/queue-limits.ts";
import type { Consumer } from "./runtime/define/consumer.ts";
import type { Need, NeedsOf, TwoKinds } from "./runtime/define/types.ts";
import { check, isRecord, suggest } from "./config/check.ts";
import { surgeTable } from "./config/surge-table.ts";
import { surgeMistakes, surgesOf, surgeWarnings } from "./config/surges.ts";
import { reservedDomains } from "./config/reserved-domains.ts";
import { ConsumerEntry, nameMistakes, StackConfig, WINDOW } from "./config/schema.ts";

/** A consumer as the stack's config has it: its name, the handler that it runs, and its limits. */
export interface ConfiguredConsumer<N extends Need> extends QueueLimits {
  readonly name: string;
  readonly handler: Consumer<N>;
  readonly settings: unknown;
}

/** Every mistake of a stack's config, at once. */
export class ConfigError extends pulumi.RunError {
  constructor(stack: string, mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
    super(`Pulumi.${stack}.yaml has ${count}:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/**
 * Reads and checks the stack's config. An entry's `handler`, or else its name, becomes one of the handlers that the
 * program knows; several entries may have the same one. At preview, the surges are printed as a table.
 * @param known The handlers by name.
 * @param apiFunctions How many functions the API has, each with the reservation of `apiReservedConcurrency`. Default 1.
 * @throws ConfigError with every mistake.
 */
export function loadConfig<R extends Readonly<Record<string, Consumer>>>(
  // The second type says that each consumer is also one with the needs of them all, which the loop over the config gets.
  known: TwoKinds<NeedsOf<R>> & R & Readonly<Record<string, Consumer<NeedsOf<R>>>>,
  { apiFunctions = 1 }: { apiFunctions?: number } = {},
) {
  const mistakes: string[] = [];
  const sandboxed: string[] = [];
  const raw = readConfig();
  if (raw["local"] === true && pulumi.runtime.getEngine() !== undefined) {
    throw new ConfigError(pulumi.getStack(), [DEPLOYS_LOCAL]);
  }
  const stack = check(StackConfig, raw, "", mistakes);

  const consumers = Object.entries(isRecord(raw["consumers"]) ? raw["consumers"] : {}).flatMap(([name, value]) => {
    const at = `consumers.${name}`;
    mistakes.push(...nameMistakes(name).map((mistake) => `${at}: ${mistake}`));
    const entry: unknown = value ?? {};
    const handlerName = isRecord(entry) && typeof entry["handler"] === "string" ? entry["handler"] : undefined;
    const handler = Object.hasOwn(known, handlerName ?? name) ? known[handlerName ?? name] : undefined;
    if (!handler) {
      const names = Object.keys(known);
      mistakes.push(
        handlerName === undefined
          ? `${at}: there is no handler "${name}"; ${suggest(name, names)}. An entry of any other name says which is its \`handler\``
          : `${at}.handler: there is no handler "${handlerName}"; ${suggest(handlerName, names)}`,
      );
      return [];
    }
    const windowed = raw["local"] !== true && handler.handleBatch !== undefined ? inWindows(entry) : entry;
    const limits = check(ConsumerEntry, windowed, at, mistakes);
    const given = isRecord(entry) ? (entry["settings"] ?? {}) : {};
    const settings = check(handler.settings ?? z.strictObject({}), given, `${at}.settings`, mistakes);
    if (settings !== undefined) {
      // The settings have just been parsed by the schema that is the type of `sandboxed`.
      const sandbox = handler.sandboxed?.(settings as never);
      if (sandbox !== undefined) sandboxed.push(`${at}.settings: ${sandbox}`);
    }
    return limits ? [{ ...withPollers(limits), name, handler, settings }] : [];
  });

  if (stack)
    mistakes.push(
      ...surgeMistakes(consumers, { ...stack, reservedByApi: (stack.apiReservedConcurrency ?? 0) * apiFunctions }),
    );
  if (raw["local"] !== true) mistakes.push(...reservedDomains(raw));
  if (pulumi.runtime.getEngine() !== undefined) mistakes.push(...plainIssuer(raw));
  if (raw["production"] === true) mistakes.push(...unfitForProduction(raw, sandboxed));
  if (mistakes.length > 0 || !stack) throw new ConfigError(pulumi.getStack(), mistakes);
  const surges = surgesOf(consumers, stack);
  const open = stack.auth || stack.local ? [] : [`auth: ${ANYBODY}`];
  for (const warning of [...sandboxed, ...open, ...surgeWarnings(surges)]) void pulumi.log.warn(warning);
  if (pulumi.runtime.isDryRun()) void pulumi.log.info(surgeTable(surges));
  const configured: ConfiguredConsumer<NeedsOf<R>>[] = consumers;
  return { ...stack, consumers: configured, surges };
}

/** An entry that says nothing of batches, with those of a handler that does little for a message and much for a batch. */
const inWindows = (entry: unknown): unknown =>
  isRecord(entry) && entry["batchSize"] === undefined && entry["batchWindowSeconds"] === undefined
    ? { ...entry, ...WINDOW }
    : entry;

/** The limits with the default of `maxConcurrency`, which `provisioned` stands instead of. */
const withPollers = <L extends Pick<QueueLimits, "maxConcurrency" | "provisioned">>(limits: L): L =>
  limits.provisioned ? limits : { ...limits, maxConcurrency: limits.maxConcurrency ?? 10 };

/** What production must have, or must not. */
function unfitForProduction(raw: Readonly<Record<string, unknown>>, sandboxed: readonly string[]): string[] {
  const { local, corsOrigins, auth, alarms } = raw;
  return [
    ...(local === true ? ["local: a stack is local or production, not both. Take one of them out"] : []),
    ...sandboxed.map((sandbox) => `${sandbox} (this is production)`),
    ...(isRecord(alarms) && alarms["email"] !== undefined
      ? []
      : ["alarms.email: nobody is told of an alarm; set it to an address that somebody reads (this is production)"]),
    ...(Array.isArray(corsOrigins) && corsOrigins.length > 0
      ? []
      : ["corsOrigins: no browser may call the API; list the shop's origins (this is production)"]),
    ...(auth === undefined ? [`auth: ${ANYBODY} (this is production)`] : []),
  ];
}

/** A mistake for an issuer without TLS, which is a laptop's: AWS takes none. */
const plainIssuer = ({ auth }: Readonly<Record<string, unknown>>): string[] =>
  isRecord(auth) && typeof auth["issuer"] === "string" && /^http:/i.test(auth["issuer"])
    ? [`auth.issuer: must be an https URL; got "${auth["issuer"]}"`]
    : [];

const ANYBODY =
  "whoever has the URL may place orders, and read and cancel each whose id they know; set { issuer, audience } to your identity provider's";

const DEPLOYS_LOCAL =
  "local: this stack's mail, SMS and carrier are played on a laptop, so it is for `npm start` alone. Deploy another stack, such as dev: `npm run preview -- --stack dev`";

/** All that the stack's config says under the project's name; what is not JSON is text. */
function readConfig(): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const entries = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), parseValue(value)]));
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
