import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { OutboxKey } from "../contracts/outbox.ts";
import type { Complaint, ResourceNeed, Who } from "../runtime/define/types.ts";
import type { Consumer, Route, Scheduled } from "../runtime/index.ts";

/** The table of the effects ledger: a kind of its own, so that no handler can write to it past the ledger. */
export interface EffectLedger {
  readonly ledger: aws.dynamodb.Table;
}

/** The table in which events wait for their publication, and how it names its key: what a handler that emits needs. */
export interface Outbox {
  readonly outbox: aws.dynamodb.Table;
  readonly key: OutboxKey;
}

interface Provided {
  secret: aws.ssm.Parameter;
  table: aws.dynamodb.Table;
  bucket: aws.s3.Bucket;
  ledger: EffectLedger;
  outbox: Outbox;
}

/** A complaint about each resource that is needed and not among the offered `R`, or is there as another kind. */
export type Unoffered<N, R> = Complaint<
  N extends ResourceNeed<infer Name, infer K, infer By>
    ? Name extends keyof R
      ? R[Name] extends Provided[K]
        ? never
        : `${Who<By>} needs the ${K} \`${Name}\`, but \`${Name}\` is another kind of resource: change the name or the kind in \`uses\``
      : `${Who<By>} needs the ${K} \`${Name}\`, which the program does not offer: add it to \`resources\``
    : never
>;

/** Any resource that a program offers. */
export type Resource = Provided[keyof Provided];

/** Proven by `Unoffered<N, R>` where the program is compiled; a mapped type is no record to the compiler in a component. */
export const toRecord = (resources: object): Record<string, Resource> => ({ ...resources });

/** Whether a definition emits events. */
export const emitsOf = (handler: Consumer | Route | Scheduled): boolean =>
  "emits" in handler && (handler.emits ?? []).length > 0;

/** The physical name of each resource that a definition uses, by the name that it uses. */
export function physicalNamesOf(
  { uses = {} }: Pick<Consumer, "uses">,
  resources: Readonly<Record<string, Resource>>,
): Record<string, pulumi.Output<string>> {
  const names = Object.keys(uses).sort();
  return Object.fromEntries(
    names.flatMap((name) => {
      const resource = resources[name];
      if (!resource) return [];
      return [
        [name, isLedger(resource) ? resource.ledger.name : isOutbox(resource) ? resource.outbox.name : resource.id],
      ];
    }),
  );
}

const is =
  <K extends keyof Provided>(kind: K) =>
  (resource: Resource | undefined): resource is Provided[K] =>
    kinds[kind](resource);
const kinds: { readonly [K in keyof Provided]: (resource: unknown) => boolean } = {
  secret: (resource) => aws.ssm.Parameter.isInstance(resource),
  table: (resource) => aws.dynamodb.Table.isInstance(resource),
  bucket: (resource) => aws.s3.Bucket.isInstance(resource),
  ledger: (resource) => typeof resource === "object" && resource !== null && "ledger" in resource,
  outbox: (resource) => typeof resource === "object" && resource !== null && "outbox" in resource,
};
const isLedger = is("ledger");
const isOutbox = is("outbox");

/**
 * The resource of a name, which must be of the kind.
 * @throws Error naming the function, the use, and what to do.
 */
export function requireResource<K extends keyof Provided>(
  name: string,
  use: string,
  kind: K,
  resources: Readonly<Record<string, Resource>>,
): Provided[K] {
  const resource = resources[use];
  if (is(kind)(resource)) return resource;
  throw new Error(
    `HandlerFunction "${name}": "${use}" is used and must be among the resources, as a ${kind}; ` +
      `got ${resource ? "another kind" : "nothing"}. Offer it in index.ts.`,
  );
}

/** The outbox, which every handler that emits needs. */
export const requireOutbox = (name: string, resources: Readonly<Record<string, Resource>>): Outbox =>
  requireResource(name, "outbox", "outbox", resources);
