/** A unit price of AWS. */
export interface Price {
  readonly service: string;
  /** What is paid for. */
  readonly unit: string;
  /** US dollars for `per` units. */
  readonly usd: number;
  readonly per: number;
  /** Where AWS publishes it. */
  readonly page: string;
  /** Where it was read and when: a page that quotes AWS; "not read" is from memory, and to be checked first. */
  readonly read: string;
}

const MILLION = 1_000_000;
const aws = (path: string): string => `https://aws.amazon.com/${path}/pricing/`;

/**
 * List prices in us-east-1 in the first tier, without free tiers, taxes and discounts. eu-west-1 is up to 14 % dearer.
 * AWS's own pages load their figures by script, and none of them was read with its figures.
 */
export const prices = {
  apiRequest: {
    ...{ service: "API Gateway", unit: "request to the HTTP API", usd: 1, per: MILLION, page: aws("api-gateway") },
    read: "not read",
  },
  invocation: {
    ...{ service: "Lambda", unit: "invocation", usd: 0.2, per: MILLION, page: aws("lambda") },
    read: "not read",
  },
  gbSecond: {
    ...{ service: "Lambda", unit: "GB-second on arm64", usd: 13.3334, per: MILLION, page: aws("lambda") },
    read: "not read",
  },
  writeUnit: {
    ...{ service: "DynamoDB", unit: "write request unit", usd: 0.625, per: MILLION, page: aws("dynamodb") },
    read: "not read",
  },
  readUnit: {
    ...{ service: "DynamoDB", unit: "read request unit", usd: 0.125, per: MILLION, page: aws("dynamodb") },
    read: "not read",
  },
  tableGb: {
    ...{ service: "DynamoDB", unit: "GB-month, with point-in-time recovery", usd: 0.45, per: 1, page: aws("dynamodb") },
    read: "not read",
  },
  publish: {
    ...{ service: "SNS", unit: "publish; deliveries to SQS are free", usd: 0.5, per: MILLION, page: aws("sns") },
    read: "awsnegotiations.com/sqs-sns-cost-optimization.html, 2026-11-27",
  },
  queueRequest: {
    ...{ service: "SQS", unit: "request", usd: 0.4, per: MILLION, page: aws("sqs") },
    read: "cloudburn.io/blog/amazon-sqs-pricing of 2026-03-14, 2026-11-27",
  },
  objectPut: {
    ...{ service: "S3", unit: "PUT", usd: 5, per: MILLION, page: aws("s3") },
    read: "not read",
  },
  logGb: {
    ...{ service: "CloudWatch", unit: "GB of logs", usd: 0.5, per: 1, page: aws("cloudwatch") },
    read: "factualminds.com, amazon-cloudwatch-pricing of 2026-06-13, 2026-11-27",
  },
  customMetric: {
    ...{ service: "CloudWatch", unit: "custom metric, a month", usd: 0.3, per: 1, page: aws("cloudwatch") },
    read: "not read",
  },
  alarmMetric: {
    ...{ service: "CloudWatch", unit: "metric of an alarm, a month", usd: 0.1, per: 1, page: aws("cloudwatch") },
    read: "not read",
  },
  dashboard: {
    ...{ service: "CloudWatch", unit: "dashboard, a month", usd: 3, per: 1, page: aws("cloudwatch") },
    read: "factualminds.com, amazon-cloudwatch-pricing of 2026-06-13, 2026-11-27",
  },
  schedule: {
    ...{ service: "EventBridge Scheduler", unit: "run of a schedule", usd: 1, per: MILLION, page: aws("eventbridge") },
    read: "not read",
  },
  natHour: {
    ...{ service: "VPC", unit: "hour of a NAT gateway", usd: 0.045, per: 1, page: aws("vpc") },
    read: "cloudburn.io/blog/aws-nat-gateway-pricing of 2026-02-24, 2026-11-27",
  },
  natGb: {
    ...{ service: "VPC", unit: "GB through a NAT gateway", usd: 0.045, per: 1, page: aws("vpc") },
    read: "cloudburn.io/blog/aws-nat-gateway-pricing of 2026-02-24, 2026-11-27",
  },
  addressHour: {
    ...{ service: "VPC", unit: "hour of a public IPv4 address", usd: 0.005, per: 1, page: aws("vpc") },
    read: "cloudburn.io/blog/aws-nat-gateway-pricing of 2026-02-24, 2026-11-27",
  },
  endpointHour: {
    ...{ service: "VPC", unit: "hour of an interface endpoint in a zone", usd: 0.01, per: 1, page: aws("privatelink") },
    read: "zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint of 2026-06-01, 2026-11-27",
  },
  email: {
    ...{ service: "SES", unit: "e-mail", usd: 100, per: MILLION, page: aws("ses") },
    read: "not read",
  },
} satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;

/**
 * An SMS by country, in US dollars for one part of 160 letters. From memory, not read: countries' operators change them often.
 * https://aws.amazon.com/sns/sms-pricing/
 */
export const smsPrices: Readonly<Record<string, number>> = {
  ...{ AT: 0.0786, BE: 0.0818, CH: 0.0552, DE: 0.0911, DK: 0.0416, ES: 0.0681, FI: 0.0749, FR: 0.0624, GB: 0.0418 },
  ...{ IE: 0.0604, IT: 0.0717, NL: 0.0866, NO: 0.0569, PL: 0.0327, PT: 0.0355, SE: 0.0528, US: 0.00645 },
};
