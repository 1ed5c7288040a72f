import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parseJson } from "../shared/json.ts";
import { LocalCloudError } from "../shared/names.ts";
import { replaceFile } from "../shared/replace-file.ts";

const Parameter = z.object({ type: z.string(), value: z.string(), version: z.int(), modified: z.number() });
export type Parameter = z.output<typeof Parameter>;

/** The parameters of SSM's Parameter Store. */
export interface Parameters {
  get(name: string): Parameter | undefined;
  /** Writes a value; gives the parameter's new version. */
  put(name: string, parameter: Pick<Parameter, "type" | "value">): number;
}

/** Keeps the parameters in the state folder, in a file for its user alone. */
export function openParameters(state: string): Parameters {
  const file = join(state, "parameters.json");
  const { data } = z
    .record(z.string(), Parameter)
    .safeParse(existsSync(file) ? parseJson(readFileSync(file, "utf8")) : {});
  if (data === undefined)
    throw new LocalCloudError(`${file} cannot be read. Put back a copy, or delete it and set the secrets anew.`);
  const kept = new Map(Object.entries(data));
  return {
    get: (name) => kept.get(name),
    put: (name, { type, value }) => {
      const version = (kept.get(name)?.version ?? 0) + 1;
      const next = new Map(kept).set(name, { type, value, version, modified: Date.now() / 1_000 });
      replaceFile(file, JSON.stringify(Object.fromEntries(next)));
      kept.set(name, { type, value, version, modified: Date.now() / 1_000 });
      return version;
    },
  };
}
