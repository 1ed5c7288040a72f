import * as z from "zod";
import { arn } from "../shared/names.ts";
import type { Settings } from "../shared/services.ts";
import { nameOf, read, unsupported } from "../shared/inputs.ts";
import type { ProgramResource, Provisioned } from "../program/protocol.ts";
import { DynamoDbError, type DynamoDb } from "./server.ts";

const Index = z.object({
  name: z.string(),
  hashKey: z.string().optional(),
  rangeKey: z.string().optional(),
  keySchemas: z.array(z.object({ attributeName: z.string(), keyType: z.string() })).optional(),
  projectionType: z.string(),
  nonKeyAttributes: z.array(z.string()).optional(),
});

const Table = z.object({
  hashKey: z.string(),
  rangeKey: z.string().optional(),
  attributes: z.array(z.object({ name: z.string(), type: z.string() })),
  globalSecondaryIndexes: z.array(Index).default([]),
  localSecondaryIndexes: z.array(z.unknown()).default([]),
  ttl: z.object({ attributeName: z.string().optional(), enabled: z.boolean().optional() }).optional(),
  streamEnabled: z.boolean().optional(),
});

const Described = z.object({
  Table: z.object({
    KeySchema: z.unknown(),
    GlobalSecondaryIndexes: z.array(z.looseObject({ IndexName: z.string(), KeySchema: z.unknown() })).default([]),
  }),
});

function keySchema(hash: string | undefined, range: string | undefined): { AttributeName: string; KeyType: string }[] {
  const hashes = hash === undefined ? [] : [{ AttributeName: hash, KeyType: "HASH" }];
  return range === undefined ? hashes : [...hashes, { AttributeName: range, KeyType: "RANGE" }];
}

const Ttl = z.object({ TimeToLiveDescription: z.object({ TimeToLiveStatus: z.string() }) });

/** Has items deleted after the time in their attribute, also in a table that an earlier run made without. */
async function expire(call: DynamoDb["call"], TableName: string, AttributeName: string): Promise<void> {
  const { TimeToLiveDescription: found } = Ttl.parse(await call("DescribeTimeToLive", { TableName }));
  if (found.TimeToLiveStatus === "ENABLED") return;
  await call("UpdateTimeToLive", { TableName, TimeToLiveSpecification: { AttributeName, Enabled: true } });
}

async function describeTable(call: DynamoDb["call"], name: string): Promise<unknown> {
  try {
    return await call("DescribeTable", { TableName: name });
  } catch (error) {
    if (error instanceof DynamoDbError && error.type === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

/** A DynamoDB table. One that is there from an earlier run is kept, when its keys are the same. */
export async function table(
  resource: ProgramResource,
  { dynamodb, settings }: { dynamodb: Promise<Pick<DynamoDb, "call">>; settings: Pick<Settings, "region"> },
): Promise<Provisioned> {
  const inputs = read(Table, resource);
  if (inputs.streamEnabled) throw unsupported(resource, "streams are not emulated");
  if (inputs.localSecondaryIndexes.length > 0) throw unsupported(resource, "local secondary indexes are not emulated");
  const name = nameOf(resource);
  const indexes = inputs.globalSecondaryIndexes.map((index) => ({
    IndexName: index.name,
    KeySchema: index.keySchemas
      ? index.keySchemas.map(({ attributeName, keyType }) => ({ AttributeName: attributeName, KeyType: keyType }))
      : keySchema(index.hashKey, index.rangeKey),
    Projection: {
      ProjectionType: index.projectionType,
      ...(index.nonKeyAttributes ? { NonKeyAttributes: index.nonKeyAttributes } : {}),
    },
  }));
  const keys = keySchema(inputs.hashKey, inputs.rangeKey);
  const { call } = await dynamodb;
  const existing = await describeTable(call, name);
  if (existing === undefined) {
    await call("CreateTable", {
      TableName: name,
      KeySchema: keys,
      AttributeDefinitions: inputs.attributes.map((one) => ({ AttributeName: one.name, AttributeType: one.type })),
      BillingMode: "PAY_PER_REQUEST",
      ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes } : {}),
    });
  } else {
    const { Table: found } = Described.parse(existing);
    const shape = (key: unknown, gsis: readonly { IndexName: string; KeySchema: unknown }[]) =>
      JSON.stringify([key, gsis.map(({ IndexName, KeySchema }) => [IndexName, KeySchema]).sort()]);
    if (shape(found.KeySchema, found.GlobalSecondaryIndexes) !== shape(keys, indexes)) {
      throw unsupported(resource, "the table kept from an earlier run has other keys. Start with --fresh.");
    }
  }
  if (inputs.ttl?.attributeName && inputs.ttl.enabled !== false) await expire(call, name, inputs.ttl.attributeName);
  const tableArn = arn("dynamodb", settings.region, `table/${name}`);
  return { id: name, outputs: { name, arn: tableArn, streamArn: "", streamLabel: "", region: settings.region } };
}
