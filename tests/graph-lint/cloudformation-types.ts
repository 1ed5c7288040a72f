import * as z from "zod";

/** A resource's inputs, or its properties in CloudFormation. */
export type Values = Readonly<Record<string, unknown>>;
/** Makes the properties out of the inputs and the physical name. */
export type Convert = (inputs: Values, name: string) => Values;

/** Any account. */
export const ACCOUNT = "111122223333";

/** camelCase keys become PascalCase, at every depth. */
export function pascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascal);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.charAt(0).toUpperCase() + key.slice(1), pascal(inner)]),
  );
}

/** The same properties, their names in PascalCase. */
export const same = (inputs: Values): Values => object(pascal(inputs));
/** The same, with the physical name under `key`. */
export const named =
  (key: string): Convert =>
  (inputs, name) => ({ ...same(inputs), [key]: name });

export function authorizer({ identitySources, jwtConfiguration, ...inputs }: Values, name: string): Values {
  const { audiences, issuer } = object(jwtConfiguration);
  return {
    ...same(inputs),
    Name: name,
    IdentitySource: identitySources,
    JwtConfiguration: { Audience: audiences, Issuer: issuer },
  };
}

export function queue(inputs: Values, name: string): Values {
  const { messageRetentionSeconds, visibilityTimeoutSeconds, redrivePolicy, ...rest } = inputs;
  return {
    ...same(rest),
    QueueName: name,
    MessageRetentionPeriod: messageRetentionSeconds,
    VisibilityTimeout: visibilityTimeoutSeconds,
    RedrivePolicy: json(redrivePolicy),
  };
}

export function subscription({ topic, filterPolicy, redrivePolicy, ...inputs }: Values): Values {
  return { ...same(inputs), TopicArn: topic, FilterPolicy: json(filterPolicy), RedrivePolicy: json(redrivePolicy) };
}

const Keys = z.object({ hashKey: z.string(), rangeKey: z.string().optional() });
const Index = Keys.extend({ name: z.string(), projectionType: z.string() });
const Table = Keys.extend({
  attributes: z.array(z.object({ name: z.string(), type: z.string() })),
  billingMode: z.string(),
  deletionProtectionEnabled: z.boolean().optional(),
  globalSecondaryIndexes: z.array(Index).optional(),
  pointInTimeRecovery: z.object({ enabled: z.boolean() }),
  serverSideEncryption: z.object({ enabled: z.boolean() }).optional(),
  ttl: z.object({ attributeName: z.string(), enabled: z.boolean() }).optional(),
});

export function table(inputs: Values, name: string): Values {
  const { attributes, globalSecondaryIndexes, pointInTimeRecovery, serverSideEncryption, ttl, ...rest } =
    Table.parse(inputs);
  const schema = ({ hashKey, rangeKey }: z.output<typeof Keys>) => [
    { AttributeName: hashKey, KeyType: "HASH" },
    ...(rangeKey === undefined ? [] : [{ AttributeName: rangeKey, KeyType: "RANGE" }]),
  ];
  return {
    TableName: name,
    BillingMode: rest.billingMode,
    DeletionProtectionEnabled: rest.deletionProtectionEnabled,
    AttributeDefinitions: attributes.map((one) => ({ AttributeName: one.name, AttributeType: one.type })),
    KeySchema: schema(rest),
    GlobalSecondaryIndexes: globalSecondaryIndexes?.map((index) => ({
      IndexName: index.name,
      KeySchema: schema(index),
      Projection: { ProjectionType: index.projectionType },
    })),
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: pointInTimeRecovery.enabled },
    SSESpecification: serverSideEncryption && { SSEEnabled: serverSideEncryption.enabled },
    TimeToLiveSpecification: pascal(ttl),
  };
}

export function lambda({ environment, ...inputs }: Values, name: string): Values {
  return {
    ...same(without(inputs, "code", "publish")),
    FunctionName: name,
    Code: { S3Bucket: "some-bucket", S3Key: "code.zip" },
    Environment: { Variables: object(environment)["variables"] },
  };
}

export function alarm({ dimensions, metricQueries, okActions, ...inputs }: Values, name: string): Values {
  const pairs = (value: unknown) => Object.entries(object(value ?? {})).map(([Name, Value]) => ({ Name, Value }));
  const queries = z
    .array(z.looseObject({ metric: z.looseObject({}).optional() }))
    .optional()
    .parse(metricQueries);
  return {
    ...same(inputs),
    AlarmName: name,
    OKActions: okActions,
    Dimensions: dimensions === undefined ? undefined : pairs(dimensions),
    Metrics: queries?.map(({ metric, ...query }) => {
      if (!metric) return pascal(query);
      const { period, stat, dimensions: of, ...rest } = metric;
      return {
        ...same(query),
        MetricStat: { Metric: { ...same(rest), Dimensions: pairs(of) }, Period: period, Stat: stat },
      };
    }),
  };
}

export function role({ assumeRolePolicy }: Values, name: string): Values {
  return { RoleName: name, AssumeRolePolicyDocument: json(assumeRolePolicy) };
}

/** The provider ends a prefix by 26 digits of its own. */
export function logGroup({ namePrefix, ...inputs }: Values, name: string): Values {
  return { ...same(inputs), LogGroupName: typeof namePrefix === "string" ? `${namePrefix}${"0".repeat(26)}` : name };
}

export function lifecycle({ rules }: Values): Values {
  const converted = z.array(z.looseObject({ filter: z.looseObject({ prefix: z.string().optional() }) })).parse(rules);
  return {
    LifecycleConfiguration: {
      Rules: converted.map(({ filter, transitions, expiration, ...rule }) => ({
        ...same(rule),
        Prefix: filter.prefix,
        Transitions: z
          .array(z.object({ days: z.int(), storageClass: z.string() }))
          .optional()
          .parse(transitions)
          ?.map(({ days, storageClass }) => ({ TransitionInDays: days, StorageClass: storageClass })),
        ExpirationInDays: expiration === undefined ? undefined : object(expiration)["days"],
      })),
    },
  };
}

export function glueTable({ databaseName, parameters, storageDescriptor, ...inputs }: Values): Values {
  const { serDeInfo, ...descriptor } = object(storageDescriptor);
  const StorageDescriptor = { ...same(descriptor), SerdeInfo: pascal(serDeInfo) };
  const TableInput = { ...same(inputs), Parameters: parameters, StorageDescriptor };
  return { CatalogId: ACCOUNT, DatabaseName: databaseName, TableInput };
}

export function workGroup({ configuration }: Values, name: string): Values {
  const { enforceWorkgroupConfiguration, ...rest } = object(configuration);
  return {
    Name: name,
    WorkGroupConfiguration: { ...same(rest), EnforceWorkGroupConfiguration: enforceWorkgroupConfiguration },
  };
}

export function securityGroup({ description, egress, vpcId }: Values, name: string): Values {
  const rules = z.array(z.looseObject({ cidrBlocks: z.array(z.string()), protocol: z.string() })).parse(egress);
  return {
    GroupName: name,
    GroupDescription: description,
    VpcId: vpcId,
    SecurityGroupEgress: rules.flatMap(({ cidrBlocks, protocol, ...rule }) =>
      cidrBlocks.map((CidrIp) => ({ ...same(rule), CidrIp, IpProtocol: protocol })),
    ),
  };
}

/** A policy that an input has as JSON; undefined where there is none. */
export const json = (value: unknown): unknown => (typeof value === "string" ? JSON.parse(value) : undefined);
/** The inputs but for some. */
export const without = (values: Values, ...keys: readonly string[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
/** An input that is an object. */
export const object = (value: unknown): Values => z.record(z.string(), z.unknown()).parse(value);
const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
