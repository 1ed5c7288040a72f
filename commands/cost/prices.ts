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

/** @param path Of AWS's page, below https://aws.amazon.com/. */
function price(service: string, unit: string, usd: number, per: number, path: string, read: string): Price {
  return { service, unit, usd, per, page: `https://aws.amazon.com/${path}/pricing/`, read };
}

const UNREAD = "not read";
const READ = {
  sns: "awsnegotiations.com/sqs-sns-cost-optimization.html, 2026-11-27",
  sqs: "cloudburn.io/blog/amazon-sqs-pricing of 2026-03-14, 2026-11-27",
  cloudwatch: "factualminds.com, amazon-cloudwatch-pricing of 2026-06-13, 2026-11-27",
  nat: "cloudburn.io/blog/aws-nat-gateway-pricing of 2026-02-24, 2026-11-27",
  endpoint: "zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint of 2026-06-01, 2026-11-27",
};

/**
 * List prices in us-east-1 in the first tier, without free tiers, taxes and discounts. eu-west-1 is up to 14 % dearer.
 * AWS's own pages load their figures by script, and none of them was read with its figures.
 */
export const prices = {
  apiRequest: price("API Gateway", "request to the HTTP API", 1, MILLION, "api-gateway", UNREAD),
  invocation: price("Lambda", "invocation", 0.2, MILLION, "lambda", UNREAD),
  gbSecond: price("Lambda", "GB-second on arm64", 13.3334, MILLION, "lambda", UNREAD),
  writeUnit: price("DynamoDB", "write request unit", 0.625, MILLION, "dynamodb", UNREAD),
  readUnit: price("DynamoDB", "read request unit", 0.125, MILLION, "dynamodb", UNREAD),
  tableGb: price("DynamoDB", "GB-month, with point-in-time recovery", 0.45, 1, "dynamodb", UNREAD),
  publish: price("SNS", "publish; deliveries to SQS are free", 0.5, MILLION, "sns", READ.sns),
  queueRequest: price("SQS", "request", 0.4, MILLION, "sqs", READ.sqs),
  objectPut: price("S3", "PUT", 5, MILLION, "s3", UNREAD),
  logGb: price("CloudWatch", "GB of logs", 0.5, 1, "cloudwatch", READ.cloudwatch),
  customMetric: price("CloudWatch", "custom metric, a month", 0.3, 1, "cloudwatch", UNREAD),
  alarmMetric: price("CloudWatch", "metric of an alarm, a month", 0.1, 1, "cloudwatch", UNREAD),
  dashboard: price("CloudWatch", "dashboard, a month", 3, 1, "cloudwatch", READ.cloudwatch),
  schedule: price("EventBridge Scheduler", "run of a schedule", 1, MILLION, "eventbridge", UNREAD),
  natHour: price("VPC", "hour of a NAT gateway", 0.045, 1, "vpc", READ.nat),
  natGb: price("VPC", "GB through a NAT gateway", 0.045, 1, "vpc", READ.nat),
  addressHour: price("VPC", "hour of a public IPv4 address", 0.005, 1, "vpc", READ.nat),
  endpointHour: price("VPC", "hour of an interface endpoint in a zone", 0.01, 1, "privatelink", READ.endpoint),
  email: price("SES", "e-mail", 100, MILLION, "ses", UNREAD),
} satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;

/**
 * An SMS by country, in US dollars for one part of 160 letters. From memory, not read: countries' operators change them often.
 * https://aws.amazon.com/sns/sms-pricing/
 */
// prettier-ignore
export const smsPrices: Readonly<Record<string, number>> = {
  AT: 0.0786, BE: 0.0818, CH: 0.0552, DE: 0.0911, DK: 0.0416, ES: 0.0681, FI: 0.0749, FR: 0.0624, GB: 0.0418,
  IE: 0.0604, IT: 0.0717, NL: 0.0866, NO: 0.0569, PL: 0.0327, PT: 0.0355, SE: 0.0528, US: 0.00645,
};
