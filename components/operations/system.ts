import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** A function as operations see it. */
export interface WatchedFunction {
  /** The name of its component. */
  readonly name: string;
  readonly function: Pick<aws.lambda.Function, "name">;
  readonly timeoutSeconds: number;
}

/** A consumer as operations see it. */
export interface WatchedConsumer {
  readonly name: string;
  readonly queue: aws.sqs.Queue;
  readonly deadLetterQueue: aws.sqs.Queue;
  readonly visibilityTimeoutSeconds: number;
  readonly batchWindowSeconds: number;
  /** The SES configuration set of its e-mails; none where it sends none. */
  readonly configurationSet?: string | undefined;
  /** Whether it sends SMS. */
  readonly sendsSms: boolean;
}

/** The HTTP API as operations see it. */
export interface WatchedApi {
  readonly name: string;
  readonly apiId: pulumi.Output<string>;
  /** The timeout of its functions. */
  readonly timeoutSeconds: number;
}

/** All that is watched. */
export interface System {
  readonly topic: { readonly name: string; readonly topic: aws.sns.Topic; readonly types: readonly string[] };
  readonly api: WatchedApi;
  readonly consumers: readonly WatchedConsumer[];
  /** Every function: of the API, of the consumers, and the relay. */
  readonly functions: readonly WatchedFunction[];
}
