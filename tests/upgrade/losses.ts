import { isDeepStrictEqual } from "node:util";
import type { Graph } from "../support/evaluate.ts";
import { holdsData } from "./holds-data.ts";

/** A resource of a release. */
export interface Recorded {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What an upgrade from a release to the program as it is would lose, each with what to do about it. */
export function losses(release: readonly Recorded[], head: Graph): string[] {
  const present = new Map(
    [...head].flatMap(([urn, resource]) => [urn, ...resource.formerUrns].map((one) => [one, resource] as const)),
  );
  return release.flatMap(({ urn, type, inputs }) => {
    const holder = holdsData[type];
    if (holder === undefined) return [];
    const now = present.get(urn);
    if (now === undefined) {
      return [
        `${urn} is gone: an upgrade would delete it with ${holder.what}. Put it back; if it was renamed or moved, give it an alias: { aliases: [{ name: "its old name" }] }`,
      ];
    }
    return ["region", ...holder.replacedBy]
      .filter((input) => !isDeepStrictEqual(inputs[input], now.inputs[input]))
      .map(
        (input) =>
          `${urn}: ${input} was ${shown(inputs[input])} and is ${shown(now.inputs[input])}, which replaces it: an upgrade would lose ${holder.what} (${holder.page}). Leave ${input} as it was, or add a resource beside it and move the data`,
      );
  });
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "absent";
