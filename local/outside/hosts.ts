import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Faults } from "../endpoint/faults.ts";
import { describeFailure } from "../program/failure.ts";
import { LocalCloudError, messageOf } from "../shared/names.ts";
import type { HostAnswer, HostDefinition, Incoming } from "./define-host.ts";
import { openJournal } from "./journal.ts";

/** Where hosts are defined, in the project's folder. */
const folder = "local/outside/hosts";

/** An answer of the outside. */
export interface Outcome {
  /** Undefined where no such host is played. */
  readonly answer?: HostAnswer;
  /** What a developer must know: nobody plays this, or the host's own code failed. */
  readonly note?: string;
}

/** The hosts of the outside that are played here. */
export interface Hosts {
  /** What each of them keeps, by host. */
  list(): Record<string, readonly unknown[]>;
  answer(request: Incoming): Outcome;
}

interface Host {
  readonly file: string;
  readonly answer: (request: Incoming) => HostAnswer | undefined;
  readonly entries: () => readonly unknown[];
}

/**
 * Loads every file of local/outside/hosts/.
 * @throws LocalCloudError naming the file that cannot be loaded, defines no host, or defines one a second time.
 */
export async function loadHosts({
  root,
  state,
  faults,
}: {
  root: string;
  state: string;
  faults: Faults;
}): Promise<Hosts> {
  const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  const hosts = new Map<string, Host>();
  for (const file of files.filter((name) => /\.[mc]?[jt]s$/.test(name))) {
    const { host, play } = await load(root, `${folder}/${file}`);
    const other = hosts.get(host);
    if (other)
      throw new LocalCloudError(`${folder}/${file}: ${host} is played by ${other.file} already. Play it in one file.`);
    let entries: readonly unknown[] = [];
    const answer = play((schema) => {
      const journal = openJournal(join(state, `host-${host.replace(":", "-")}.jsonl`), schema);
      entries = journal.entries;
      return journal;
    });
    hosts.set(host, { file: `${folder}/${file}`, answer, entries: () => entries });
  }
  return {
    list: () => Object.fromEntries([...hosts].map(([host, { entries }]) => [host, entries()])),
    answer: (request) => {
      const { host, protocol } = request.url;
      const played = hosts.get(host);
      if (protocol !== "https:" || !played)
        return { note: `${protocol}//${host} is not played here: ${advice(request.url)}` };
      if (faults.get().hostsDown?.includes(host))
        return { answer: { status: 503, body: { detail: "out of service" } } };
      return ask(played, request);
    },
  };
}

function ask({ file, answer }: Host, request: Incoming): Outcome {
  const { method, url } = request;
  const failed = (status: number, note: string): Outcome => ({ answer: { status, body: { detail: note } }, note });
  try {
    const given = answer(request);
    if (given) return { answer: given };
    return failed(404, `${url.host} plays no ${method} ${url.pathname}: add it in ${file}, then start again`);
  } catch (error) {
    return failed(500, `${file} failed at ${method} ${url.pathname}: ${messageOf(error)}`);
  }
}

/** The host is named as far as the last dot: `api.fraud.test` is played by `api-fraud.ts`. */
function advice({ protocol, hostname }: URL): string {
  if (protocol !== "https:") return "only https is";
  const name = hostname.replace(/\.[^.]*$/, "").replaceAll(".", "-");
  return `add ${folder}/${name}.ts (carrier.ts there shows how), then start again`;
}

async function load(root: string, file: string): Promise<HostDefinition> {
  const definition: unknown = await import(pathToFileURL(join(root, file)).href).then(
    (loaded: unknown): unknown => Reflect.get(Object(loaded), "default"),
    (error: unknown) => {
      throw new LocalCloudError(`${file} cannot be loaded: ${describeFailure(error, root)}`);
    },
  );
  if (!isHost(definition))
    throw new LocalCloudError(`${file}: its default export must be made by defineHost(); got ${typeof definition}.`);
  return definition;
}

const isHost = (value: unknown): value is HostDefinition =>
  typeof value === "object" && value !== null && "host" in value && "play" in value;
