/** A type of resource that holds data, or an address that others know. */
export interface DataHolder {
  /** What goes with the resource. */
  readonly what: string;
  /** The inputs whose change makes the provider replace it, which the mocks do not know. */
  readonly replacedBy: readonly string[];
  /** The provider's page of the type; the inputs are those that its source marks as `ForceNew`. */
  readonly page: string;
}

const page = (path: string) => `https://www.pulumi.com/registry/packages/aws/api-docs/${path}/`;

/** The types whose deletion or replacement loses something, besides each one's `region`. */
export const holdsData: Readonly<Record<string, DataHolder>> = {
  "aws:dynamodb/table:Table": {
    what: "its items",
    replacedBy: [
      "name",
      "hashKey",
      "rangeKey",
      "localSecondaryIndexes",
      "importTable",
      "restoreSourceName",
      "restoreSourceTableArn",
      "restoreDateTime",
      "restoreToLatestTime",
    ],
    page: page("dynamodb/table"),
  },
  "aws:sqs/queue:Queue": {
    what: "its messages",
    replacedBy: ["name", "namePrefix", "fifoQueue"],
    page: page("sqs/queue"),
  },
  "aws:s3/bucket:Bucket": {
    what: "its objects",
    replacedBy: ["bucket", "bucketPrefix", "objectLockEnabled"],
    page: page("s3/bucket"),
  },
  "aws:sns/topic:Topic": {
    what: "its subscriptions, and its ARN that others publish to",
    replacedBy: ["name", "namePrefix", "fifoTopic"],
    page: page("sns/topic"),
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    what: "its logs",
    replacedBy: ["name", "namePrefix", "logGroupClass"],
    page: page("cloudwatch/loggroup"),
  },
  "aws:kms/key:Key": {
    what: "everything that it encrypted",
    replacedBy: ["customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"],
    page: page("kms/key"),
  },
  "aws:apigatewayv2/api:Api": {
    what: "the URL that clients call",
    replacedBy: ["protocolType", "credentialsArn", "routeKey", "target"],
    page: page("apigatewayv2/api"),
  },
};
