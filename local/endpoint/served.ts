import type { IncomingMessage } from "node:http";
import { logsOperations } from "./logs.ts";
import type { AwsCall, AwsError } from "./protocol.ts";
import { ssmOperations } from "../ssm/operations.ts";

/** What is served, by service as a signature names it. What DynamoDB serves, the local database knows. */
const served: Readonly<Record<string, readonly string[] | undefined>> = {
  dynamodb: undefined,
  lambda: ["GetFunction", "Invoke", "ListFunctions"],
  logs: Object.keys(logsOperations),
  s3: undefined,
  ses: ["SendEmail"],
  sns: [
    ...["CreateTopic", "DeleteTopic", "ListTopics", "GetTopicAttributes", "SetTopicAttributes"],
    ...["Subscribe", "Unsubscribe", "ConfirmSubscription", "ListSubscriptions", "ListSubscriptionsByTopic"],
    ...["GetSubscriptionAttributes", "SetSubscriptionAttributes", "Publish", "PublishBatch"],
    ...["TagResource", "UntagResource", "ListTagsForResource"],
  ],
  sqs: [
    ...["CreateQueue", "DeleteQueue", "GetQueueUrl", "ListQueues", "GetQueueAttributes", "SetQueueAttributes"],
    ...["PurgeQueue", "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"],
    ...["ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "TagQueue", "UntagQueue", "ListQueueTags"],
  ],
  ssm: Object.keys(ssmOperations),
  sts: ["GetCallerIdentity"],
};

/**
 * The 501 for a call that nothing here serves: it never reaches a service that would answer something else. Undefined for
 * a call that is served.
 */
export function refuseUnserved(call: AwsCall, request: IncomingMessage): AwsError | undefined {
  const { service, operation } = call;
  if (!(service in served)) return notImplemented(call, Object.keys(served));
  if (service === "s3") {
    const parameter = unservedS3(request);
    const called = `${request.method} with ${parameter}`;
    return parameter === undefined ? undefined : notImplemented({ service, operation: called }, servedS3);
  }
  const operations = served[service];
  return operations === undefined || operations.includes(operation) ? undefined : notImplemented(call, operations);
}

/** The error of a call that is not served, with what is. */
export const notImplemented = (
  { service, operation }: Pick<AwsCall, "service" | "operation">,
  instead?: readonly string[],
): AwsError => ({
  status: 501,
  code: "NotImplemented",
  message: `${service} ${operation} is not served by the local cloud${instead ? `; served are ${instead.join(", ")}` : ""}.`,
});

const servedS3 = ["buckets", "objects", "lifecycle", "multipart uploads"];
/** Parameters that choose an operation, with the methods for which it is served. */
const choosing: Readonly<Record<string, readonly string[]>> = {
  attributes: ["GET"],
  delete: ["POST"],
  lifecycle: ["GET", "PUT", "DELETE"],
  renameObject: ["PUT"],
  uploadId: ["PUT", "POST", "DELETE"],
  uploads: ["POST"],
};

/** The parameter that asks S3 for another operation than those on buckets and objects, such as `?versioning`. */
function unservedS3({ method = "", url = "" }: IncomingMessage): string | undefined {
  const parameters = [...new URLSearchParams(url.split("?")[1] ?? "")];
  const [name] = parameters.find(([key, value]) => {
    const methods = Object.hasOwn(choosing, key) ? choosing[key] : undefined;
    return methods ? !methods.includes(method) : key === "versionId" || (value === "" && !paging.has(key));
  }) ?? [undefined];
  return name;
}
/** Parameters of a listing that may be empty. */
const paging = new Set(["continuation-token", "delimiter", "fetch-owner", "marker", "prefix", "start-after"]);
