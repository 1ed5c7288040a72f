import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Calls } from "./calls.ts";
import { HttpHandler } from "./http-handler.ts";

/** Three attempts, each of so many milliseconds. */
const defaults = ({ patience = 1 }: Calls, requestTimeout = 2_000) => ({
  maxAttempts: 3,
  requestHandler: new HttpHandler({ connectionTimeout: 500 * patience, requestTimeout: requestTimeout * patience }),
});

/** One attempt, of so many milliseconds. */
const single = (calls: Calls, requestTimeout: number) => ({
  ...defaults(calls, requestTimeout),
  maxAttempts: 1,
});

interface Observable {
  middlewareStack: {
    add(middleware: Middleware, options: { step: "initialize"; name: string }): void;
    remove(name: string): boolean;
  };
}
type Handler<A, T> = (args: A) => Promise<T>;
type Middleware = <A extends { input: unknown }, T>(
  next: Handler<A, T>,
  context: { commandName?: string },
) => Handler<A, T>;

/**
 * What the SDK does at each call and nobody here looks at, a fifth of a hot call's CPU but for the transport: the fields of a
 * log line, even without a logger, and the user agent.
 */
const UNUSED = ["loggerMiddleware", "getUserAgentMiddleware"];

/** Sends every command of a client through `calls`: once a command, whatever the SDK retries inside it. */
function observed<C extends Observable>(client: C, service: string, calls: Calls): C {
  for (const name of UNUSED) client.middlewareStack.remove(name);
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        calls({ service, operation: (commandName ?? "unknown").replace(/Command$/, ""), input: args.input }, () =>
          next(args),
        ),
    { step: "initialize", name: "calls" },
  );
  return client;
}

/** Builds a client at its first use, and once for the same seam. */
function once<C>(build: (calls: Calls) => C): (calls: Calls) => C {
  const built = new WeakMap<Calls, C>();
  return (calls) => {
    const client = built.get(calls) ?? build(calls);
    built.set(calls, client);
    return client;
  };
}

export const documentClient = /* @__PURE__ */ once((calls) =>
  DynamoDBDocumentClient.from(observed(new DynamoDBClient(defaults(calls)), "dynamodb", calls), {
    marshallOptions: { removeUndefinedValues: true },
    // A number beyond 2^53 would be an error of the whole read; as a number, the schema of its item refuses it.
    unmarshallOptions: { wrapNumbers: Number },
  }),
);
export const snsClient = /* @__PURE__ */ once((calls) => observed(new SNSClient(defaults(calls)), "sns", calls));
/** For the first try at publishing a committed event: it must not hold up an answer, and the relay is its retry. */
export const shortTimeoutSnsClient = /* @__PURE__ */ once((calls) =>
  observed(new SNSClient(single(calls, 1_000)), "sns", calls),
);
/** An SMS or an e-mail has no idempotency key: a second attempt would be a second message. */
export const smsClient = /* @__PURE__ */ once((calls) => observed(new SNSClient(single(calls, 10_000)), "sns", calls));
export const sesClient = /* @__PURE__ */ once((calls) =>
  observed(new SESv2Client(single(calls, 10_000)), "ses", calls),
);
export const ssmClient = /* @__PURE__ */ once((calls) => observed(new SSMClient(defaults(calls)), "ssm", calls));
export const s3Client = /* @__PURE__ */ once((calls) => observed(new S3Client(defaults(calls)), "s3", calls));
