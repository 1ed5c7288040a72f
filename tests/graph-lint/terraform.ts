import type { Resource } from "../../evaluation/evaluated.ts";

type Values = Readonly<Record<string, unknown>>;

/** Maps, whose keys are data and not names of the provider's. */
const MAPS = new Set(["variables", "parameters", "dimensions", "tags"]);

/** Lists of blocks, which Pulumi names in the plural and Terraform in the singular. */
const SINGULAR: Readonly<Record<string, string>> = {
  attributes: "attribute",
  global_secondary_indexes: "global_secondary_index",
  rules: "rule",
  transitions: "transition",
};

/** Inputs that have another name in Terraform, by the resource's type there. */
const RENAMED: Readonly<Record<string, string>> = {
  "aws_apigatewayv2_authorizer.jwt_configuration.audiences": "audience",
  "aws_glue_catalog_table.storage_descriptor.ser_de_info": "ser_de_info",
  "aws_lambda_permission.function": "function_name",
  "aws_sns_topic_subscription.topic": "topic_arn",
};

/** The name that Pulumi makes up, where Terraform's checkers want to see one. */
const NAMED: Readonly<Record<string, string>> = {
  aws_apigatewayv2_api: "name",
  aws_apigatewayv2_authorizer: "name",
  aws_cloudwatch_log_group: "name",
  aws_cloudwatch_metric_alarm: "alarmName",
  aws_dynamodb_table: "name",
  aws_iam_role: "name",
  aws_iam_role_policy: "name",
  aws_lambda_function: "functionName",
  aws_s3_bucket: "bucket",
  aws_scheduler_schedule: "name",
  aws_sns_topic: "name",
  aws_sqs_queue: "name",
};

const snake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();

/** `aws:sqs/queue:Queue` is `aws_sqs_queue`; EC2's resources go without their service's name. */
export function terraformType(type: string): string {
  const [, path = "", kind = ""] = type.split(":");
  const module = path.split("/")[0] ?? "";
  return `aws_${module === "ec2" ? "" : `${module}_`}${snake(kind)}`;
}

const label = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, "_");

/** A resource's address in Terraform, such as `aws_sqs_queue.inventory-queue`: acceptances name it so. */
export const addressOf = ({ type, name }: Resource): string => `${terraformType(type)}.${label(name)}`;

/** The resources as Terraform's language, for checkers that read nothing else. */
export function terraform(resources: readonly Resource[]): string {
  const buckets = new Set(resources.filter(({ type }) => type === "aws:s3/bucket:Bucket").map(({ name }) => name));
  return resources.map((resource) => block(resource, buckets)).join("\n");
}

function block(resource: Resource, buckets: ReadonlySet<string>): string {
  const { name, inputs, protect } = resource;
  const type = terraformType(resource.type);
  const nameKey = NAMED[type];
  const { code, ...rest } = inputs;
  const values: Values = {
    ...(nameKey !== undefined && !(`${nameKey}Prefix` in rest) && { [nameKey]: name }),
    ...(code !== undefined && { filename: "code.zip" }),
    ...rest,
  };
  const lines = [
    `resource "${type}" "${label(name)}" {`,
    ...body(type, values, "  ", type === "aws_s3_bucket" ? new Set() : buckets),
    ...(protect ? ["  lifecycle {", "    prevent_destroy = true", "  }"] : []),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** The lines of a block: an object is a block of its own, unless its keys are data. `at` is where it is. */
function body(at: string, values: Values, indent: string, buckets: ReadonlySet<string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const key = RENAMED[`${at}.${snake(name)}`] ?? SINGULAR[snake(name)] ?? snake(name);
    const nested = `${at}.${key}`;
    if (isObject(value) && MAPS.has(key)) {
      const entries = Object.entries(value).map(([inner, text]) => `${indent}  ${literal(inner)} = ${literal(text)}`);
      return [`${indent}${key} = {`, ...entries, `${indent}}`];
    }
    const blocks = (Array.isArray(value) ? value : [value]).filter(isObject);
    if (blocks.length > 0) {
      return blocks.flatMap((one) => [`${indent}${key} {`, ...body(nested, one, `${indent}  `, buckets), `${indent}}`]);
    }
    // Checks over a bucket and what belongs to it follow references.
    if (key === "bucket" && typeof value === "string" && buckets.has(value)) {
      return [`${indent}${key} = aws_s3_bucket.${label(value)}.id`];
    }
    return [`${indent}${key} = ${literal(value)}`];
  });
}

/** JSON's literals are Terraform's, but for its templates. */
const literal = (value: unknown): string =>
  (JSON.stringify(value) ?? "null").replaceAll("${", "$${").replaceAll("%{", "%%{");

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
