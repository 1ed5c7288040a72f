import { fieldOf } from "../shared/json.ts";

/** What one call wants of one resource: an IAM action, and the resource's ARN, or `*`. */
export interface Ask {
  readonly action: string;
  readonly resource: string;
}

/** One call of an AWS API, with its input as the SDK names it. */
export interface ServiceCall {
  /** As a signature names it: `dynamodb`. */
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

/** Where the resources of a call are. */
export interface Place {
  /** `arn:aws:<service>:<region>:<account>:<resource>` */
  readonly arnOf: (service: string, resource: string) => string;
  /** The identities and the configuration set that an e-mail needs: which they are depends on what is verified. */
  readonly sendingResources: (input: unknown) => string[];
}

/** A phone number stands for itself on AWS; it is personal, so that no error and no record here has it. */
export const PHONE_NUMBER = "a phone number";

type Describe = (input: unknown, place: Place, operation: string) => Ask[] | undefined;

const textAt = (value: unknown, key: string): string | undefined => {
  const found = fieldOf(value, key);
  return typeof found === "string" ? found : undefined;
};
const listAt = (value: unknown, key: string): readonly unknown[] => {
  const found = fieldOf(value, key);
  return Array.isArray(found) ? found : [];
};
const keysAt = (value: unknown, key: string): string[] => Object.keys(fieldOf(value, key) ?? {});

/** The ARN of a table, which a call may name by either. */
const tableArn = (table: string, { arnOf }: Place): string =>
  table.startsWith("arn:") ? table : arnOf("dynamodb", `table/${table}`);

/** A call that names one table, or one of its indexes. */
const onTable: Describe = (input, place, operation) => {
  const table = textAt(input, "TableName");
  const index = textAt(input, "IndexName");
  if (table === undefined) return undefined;
  const resource = tableArn(table, place) + (index === undefined ? "" : `/index/${index}`);
  return [{ action: `dynamodb:${operation}`, resource }];
};

const onEachTable =
  (action: string): Describe =>
  (input, place) =>
    keysAt(input, "RequestItems").map((table) => ({ action, resource: tableArn(table, place) }));

/** The parts of a transaction, and the action that each asks for. */
const transactionParts = {
  ConditionCheck: "dynamodb:ConditionCheckItem",
  Delete: "dynamodb:DeleteItem",
  Get: "dynamodb:GetItem",
  Put: "dynamodb:PutItem",
  Update: "dynamodb:UpdateItem",
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
const inTransaction: Describe = (input, place) => {
  const asks = listAt(input, "TransactItems").map((item): Ask | undefined => {
    for (const [part, action] of Object.entries(transactionParts)) {
      const table = textAt(fieldOf(item, part), "TableName");
      if (table !== undefined) return { action, resource: tableArn(table, place) };
    }
    return undefined;
  });
  return asks.every((ask) => ask !== undefined) ? asks : undefined;
};

/** A publication, to a topic or by SMS: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html */
const publishing: Describe = (input) => {
  const topic = textAt(input, "TopicArn") ?? textAt(input, "TargetArn");
  const phone = textAt(input, "PhoneNumber") === undefined ? undefined : PHONE_NUMBER;
  const resource = topic ?? phone;
  return resource === undefined ? undefined : [{ action: "sns:Publish", resource }];
};

const onTopic: Describe = (input, _place, operation) => {
  const resource = textAt(input, "TopicArn") ?? textAt(input, "ResourceArn");
  return resource === undefined ? undefined : [{ action: `sns:${operation}`, resource }];
};

/** A batch asks for the action of its single messages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
const onQueue: Describe = (input, { arnOf }, operation) => {
  const queue = textAt(input, "QueueName") ?? textAt(input, "QueueUrl")?.split("/").at(-1);
  return queue === undefined
    ? undefined
    : [{ action: `sqs:${operation.replace(/Batch$/, "")}`, resource: arnOf("sqs", queue) }];
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const onObject =
  (action: string): Describe =>
  (input) => [{ action, resource: `arn:aws:s3:::${textAt(input, "Bucket")}/${textAt(input, "Key")}` }];
const onBucket =
  (action: string): Describe =>
  (input) => [{ action, resource: `arn:aws:s3:::${textAt(input, "Bucket")}` }];

const onFunction =
  (action: string): Describe =>
  (input, { arnOf }) => {
    const qualifier = textAt(input, "Qualifier");
    const name = textAt(input, "FunctionName") ?? "";
    const own = name.startsWith("arn:") ? name : arnOf("lambda", `function:${name}`);
    return [{ action, resource: qualifier === undefined ? own : `${own}:${qualifier}` }];
  };

const onAll =
  (action: string): Describe =>
  () => [{ action, resource: "*" }];

const onLogGroup: Describe = (input, { arnOf }, operation) => {
  const named = textAt(input, "logGroupName") ?? textAt(input, "logGroupIdentifier")?.split(":log-group:").at(-1) ?? "";
  return [{ action: `logs:${operation}`, resource: arnOf("logs", `log-group:${named}:log-stream:`) }];
};

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html */
const onParameter: Describe = (input, { arnOf }, operation) => {
  const name = textAt(input, "Name");
  return name === undefined
    ? undefined
    : [{ action: `ssm:${operation}`, resource: arnOf("ssm", `parameter/${name.replace(/^\//, "")}`) }];
};

/** What each operation asks for. `other` stands for those of a service that all ask alike. */
const described: Readonly<Record<string, Readonly<Record<string, Describe>>>> = {
  dynamodb: {
    BatchGetItem: onEachTable("dynamodb:BatchGetItem"),
    BatchWriteItem: onEachTable("dynamodb:BatchWriteItem"),
    ListTables: onAll("dynamodb:ListTables"),
    TransactGetItems: inTransaction,
    TransactWriteItems: inTransaction,
    other: onTable,
  },
  lambda: {
    GetFunction: onFunction("lambda:GetFunction"),
    Invoke: onFunction("lambda:InvokeFunction"),
    ListFunctions: onAll("lambda:ListFunctions"),
  },
  logs: { other: onLogGroup },
  s3: {
    AbortMultipartUpload: onObject("s3:AbortMultipartUpload"),
    CompleteMultipartUpload: onObject("s3:PutObject"),
    CreateBucket: onBucket("s3:CreateBucket"),
    CreateMultipartUpload: onObject("s3:PutObject"),
    DeleteBucket: onBucket("s3:DeleteBucket"),
    DeleteObject: onObject("s3:DeleteObject"),
    GetObject: onObject("s3:GetObject"),
    HeadBucket: onBucket("s3:ListBucket"),
    HeadObject: onObject("s3:GetObject"),
    ListBuckets: onAll("s3:ListAllMyBuckets"),
    ListObjects: onBucket("s3:ListBucket"),
    ListParts: onObject("s3:ListMultipartUploadParts"),
    PutObject: onObject("s3:PutObject"),
    UploadPart: onObject("s3:PutObject"),
  },
  ses: {
    SendEmail: (input, { sendingResources }) =>
      sendingResources(input).map((resource) => ({ action: "ses:SendEmail", resource })),
  },
  sns: {
    ListSubscriptions: onAll("sns:ListSubscriptions"),
    ListTopics: onAll("sns:ListTopics"),
    Publish: publishing,
    PublishBatch: publishing,
    other: onTopic,
  },
  ssm: { GetParameter: onParameter, PutParameter: onParameter },
  sqs: { ListQueues: onAll("sqs:ListQueues"), other: onQueue },
  // It needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
  sts: { GetCallerIdentity: () => [] },
};

/** What a call asks for, each once; undefined for a call of which it is not known here. */
export function asksOf({ service, operation, input }: ServiceCall, place: Place): Ask[] | undefined {
  const operations = described[service];
  const asks = (operations?.[operation] ?? operations?.["other"])?.(input, place, operation);
  if (asks === undefined || asks.length < 2) return asks;
  return asks.filter(
    ({ action, resource }, index) =>
      asks.findIndex((other) => other.action === action && other.resource === resource) === index,
  );
}
