import type * as aws from "@pulumi/aws";
import type { Kind } from "../runtime/define/uses.ts";

/** The table of the effects ledger: a kind of its own, so that no handler can write to it past the ledger. */
export interface EffectLedger {
  readonly ledger: aws.dynamodb.Table;
}

interface Provided {
  table: aws.dynamodb.Table;
  bucket: aws.s3.Bucket;
  ledger: EffectLedger;
}

/** What a program must offer to a handler that needs `N`; a name that is used as two kinds can be offered by nothing. */
export type Resources<N> = {
  readonly [K in keyof N]: N[K] extends readonly [Kind & keyof Provided] ? Provided[N[K][0]] : never;
};

/** Any resource that a program offers. */
export type Resource = Provided[keyof Provided];

/** Proven by `Resources<N>` where the program is compiled; a mapped type is no record to the compiler in a component. */
export const toRecord = (resources: object): Record<string, Resource> => ({ ...resources });
