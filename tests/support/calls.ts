import { ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import type { Call, Calls } from "../../runtime/ports/calls.ts";

// Clients are built, and never asked: they want a region all the same.
process.env["AWS_REGION"] ??= "eu-west-1";

/** What a fake call answers: the command's output, or an error that is thrown. */
export type Answer = Record<string, unknown> | Error | (() => Promise<Record<string, unknown>>);

/**
 * A seam that answers each operation from a script, and remembers what was asked, and with which input. Nothing reaches
 * the network.
 */
export function scripted(script: Readonly<Record<string, readonly Answer[]>>) {
  const asked: string[] = [];
  const sent: { readonly name: string; readonly input: unknown }[] = [];
  const left = new Map(Object.entries(script).map(([operation, answers]) => [operation, [...answers]]));
  const calls: Calls = async <T>({ service, operation, input }: Call): Promise<T> => {
    const name = `${service}.${operation}`;
    asked.push(name);
    sent.push({ name, input });
    const answer = left.get(name)?.shift();
    if (answer === undefined) throw new Error(`${name} is not in the script, or was asked too often`);
    if (answer instanceof Error) throw answer;
    const output = typeof answer === "function" ? await answer() : answer;
    // The seam is generic over all calls; a command's middleware hands its output on in an envelope.
    if (service === "https") return output as T;
    return { output: { $metadata: {}, ...output }, response: {} } as T;
  };
  /** The inputs of an operation's calls, in their order. */
  const inputs = (of: string): unknown[] => sent.filter(({ name }) => name === of).map(({ input }) => input);
  return { calls, asked, inputs };
}

/** What DynamoDB throws when a condition does not hold, with the item that was there. */
export const conditionFailed = (item?: Record<string, unknown>): Error =>
  Object.assign(new ConditionalCheckFailedException({ message: "The conditional request failed", $metadata: {} }), {
    Item: item,
  });

/** What DynamoDB throws when a transaction is cancelled, with a code for each of its writes. */
export const cancelled = (...codes: string[]): Error =>
  new TransactionCanceledException({
    message: "Transaction cancelled",
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

/** A seam to a real DynamoDB, with time for a slow machine to answer; every other service answers from a script. */
export function onDatabase(script: Parameters<typeof scripted>[0] = {}) {
  const { calls: played, ...rest } = scripted(script);
  const calls: Calls = Object.assign(
    <T>(call: Call, perform: () => Promise<T>) => (call.service === "dynamodb" ? perform() : played(call, perform)),
    { patience: 1_000 },
  );
  return { calls, ...rest };
}
