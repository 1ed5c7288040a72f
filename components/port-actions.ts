import type { Ports } from "../runtime/index.ts";

/** For each method of each kind of port, the IAM actions of what it calls. */
export type ActionsOf<P> = { readonly [K in keyof P]: { readonly [V in keyof P[K]]: readonly string[] } };

/**
 * The IAM actions behind each verb. A method without its line does not compile, and a test takes out each action in turn.
 * A transaction asks for the actions of its writes, not for one of its own
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
 */
export const portActions = {
  table: {
    get: ["dynamodb:GetItem"],
    getMany: ["dynamodb:BatchGetItem"],
    putMany: ["dynamodb:BatchWriteItem"],
    query: ["dynamodb:Query"],
    queryIndex: ["dynamodb:Query"],
    put: ["dynamodb:PutItem"],
    update: ["dynamodb:UpdateItem"],
    remove: ["dynamodb:DeleteItem"],
    check: ["dynamodb:ConditionCheckItem"],
  },
  bucket: { put: ["s3:PutObject"] },
  topic: { publish: ["sns:Publish"] },
  ledger: { once: ["dynamodb:UpdateItem"], admits: ["dynamodb:UpdateItem"] },
  email: { send: ["ses:SendEmail"] },
  sms: { send: ["sns:Publish"] },
  /**
   * Its key is AWS's own, aws/ssm, which lets every principal of the account decrypt, so that this action alone decides:
   * https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-restrict-decryption.html.
   */
  secret: { get: ["ssm:GetParameter"] },
  /** What is not AWS's needs no permission. */
  https: { request: [] },
} as const satisfies ActionsOf<Ports>;

/** The actions behind `emit`: the event's item, the same without its mark, and the publication. */
export const emitActions = {
  outbox: ["dynamodb:PutItem", "dynamodb:BatchWriteItem"],
  topic: portActions.topic.publish,
} as const;

/** The actions behind some verbs of a kind. */
export function actionsOf(kind: keyof Ports, verbs: readonly string[]): string[] {
  const actions: Readonly<Record<string, readonly string[]>> = portActions[kind];
  return [...new Set(verbs.flatMap((verb) => actions[verb] ?? []))];
}
