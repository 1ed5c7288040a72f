import { expect } from "chai";
import * as z from "zod";
import { evaluate, type Graph, type Resource } from "../support/evaluate.ts";
import { expectFile } from "../support/expected.ts";
import { ofType, sentence, statements } from "../support/graph.ts";

const STACK = "pulumi:pulumi:Stack";

/** Every type of the graph under the file that has its expected inputs, each read as a person would. */
const files: Record<string, Record<string, (resource: Resource) => unknown>> = {
  queues: {
    "aws:sqs/queue:Queue": parsed("redrivePolicy"),
    "aws:sqs/queuePolicy:QueuePolicy": withStatements,
    "aws:sns/topicSubscription:TopicSubscription": parsed("filterPolicy", "redrivePolicy"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": inputs,
  },
  topic: { "aws:sns/topic:Topic": inputs, "aws:sns/topicPolicy:TopicPolicy": withStatements },
  functions: {
    "aws:lambda/function:Function": withFileNames,
    "aws:lambda/alias:Alias": inputs,
    "aws:cloudwatch/logGroup:LogGroup": inputs,
  },
  roles: {
    "aws:iam/role:Role": ({ inputs: { assumeRolePolicy, ...rest }, ...role }) =>
      flat({ ...rest, assumedBy: statements({ ...role, inputs: { assumeRolePolicy } }, "assumeRolePolicy") }),
    "aws:iam/rolePolicy:RolePolicy": withStatements,
  },
  api: {
    "aws:apigatewayv2/api:Api": inputs,
    "aws:apigatewayv2/stage:Stage": inputs,
    "aws:apigatewayv2/route:Route": inputs,
    "aws:apigatewayv2/integration:Integration": inputs,
    "aws:lambda/permission:Permission": inputs,
  },
  store: {
    "aws:dynamodb/table:Table": inputs,
    "aws:s3/bucket:Bucket": inputs,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": inputs,
    "aws:s3/bucketPolicy:BucketPolicy": withStatements,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": inputs,
    "aws:athena/workgroup:Workgroup": inputs,
    "aws:glue/catalogDatabase:CatalogDatabase": inputs,
    "aws:glue/catalogTable:CatalogTable": decoded,
    "aws:scheduler/schedule:Schedule": inputs,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": inputs,
  },
  operations: {
    "aws:cloudwatch/metricAlarm:MetricAlarm": ({ inputs }) => alarmSentence(inputs),
    "aws:sesv2/configurationSet:ConfigurationSet": inputs,
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": inputs,
    "aws:cloudwatch/dashboard:Dashboard": parsed("dashboardBody"),
  },
};

describe("the dev stack", () => {
  let graph: Graph;
  before(async () => {
    graph = await evaluate("dev");
  });

  it("has exactly the resources that are expected, each under its parent", async () => {
    const table = [...graph.values()]
      .filter(({ type }) => type !== STACK)
      .map(({ type, name, parent }) => `${type}  ${name}  in ${parentOf(graph, parent)}`)
      .sort();
    await expectFile(table, new URL("./expected/resources.json", import.meta.url));
  });

  for (const [file, kinds] of Object.entries(files)) {
    it(`has the inputs of expected/${file}.json`, async () => {
      const value = Object.fromEntries(
        Object.entries(kinds).map(([type, read]) => [
          type,
          Object.fromEntries(
            ofType(graph, type)
              .map(([, resource]) => [resource.name, read(resource)] as const)
              .sort(([a], [b]) => (a < b ? -1 : 1)),
          ),
        ]),
      );
      await expectFile(value, new URL(`./expected/${file}.json`, import.meta.url));
    });
  }

  it("has no type of resource whose inputs are not expected somewhere", () => {
    const known = Object.values(files).flatMap((kinds) => Object.keys(kinds));
    const custom = [...graph.values()].filter((resource) => resource.custom).map(({ type }) => type);
    expect([...new Set(custom)].sort()).to.deep.equal(known.sort());
  });
});

function parentOf(graph: Graph, urn: string): string {
  const { type, name } = graph.get(urn) ?? { type: "nothing", name: "" };
  return type === STACK ? "the stack" : `${type} ${name}`;
}

function inputs({ inputs }: Resource): unknown {
  return inputs;
}

/** The inputs with the JSON in some of them parsed. */
function parsed(...keys: string[]) {
  return ({ inputs }: Resource): unknown =>
    Object.fromEntries(
      Object.entries(inputs).map(([key, value]) => {
        const inner: unknown = keys.includes(key) && typeof value === "string" ? JSON.parse(value) : value;
        return [key, inner];
      }),
    );
}

function withStatements(resource: Resource): unknown {
  return flat({ ...resource.inputs, policy: statements(resource) });
}

/** Statements as sentences, one a line. */
function flat<T extends Record<string, unknown>>(value: T): unknown {
  const [key, list] = Object.entries(value).find(([, inner]) => Array.isArray(inner)) ?? [];
  return key !== undefined && Array.isArray(list) ? { ...value, [key]: list.map(sentence) } : value;
}

/** Of the code the names alone: what is in it changes with each line of a handler. */
function withFileNames({ inputs: { code, ...rest } }: Resource): unknown {
  return { ...rest, code: typeof code === "object" && code !== null ? Object.keys(code) : code };
}

/** A view's text is JSON in base64. */
function decoded({ inputs }: Resource): unknown {
  const { viewOriginalText: text } = inputs;
  if (typeof text !== "string") return inputs;
  const base64 = /^\/\* Presto View: (.+) \*\/$/.exec(text)?.[1] ?? "";
  const view: unknown = JSON.parse(Buffer.from(base64, "base64").toString());
  return { ...inputs, viewOriginalText: view };
}

/** An alarm as a sentence: what is watched, over which threshold, and for how long. */
function alarmSentence(inputs: Resource["inputs"]): string {
  const { metricQueries = [], ...alarm } = Watched.parse(inputs);
  const expression = metricQueries.find((query) => query.expression !== undefined)?.expression;
  const name = ({ namespace, metricName, dimensions }: z.output<typeof Metric>) =>
    `${namespace} ${metricName} of ${Object.values(dimensions ?? {}).join(", ")}`;
  const over = metricQueries.flatMap(({ id, metric }) =>
    metric ? [`${id} = ${metric.stat} of ${name(metric)} in ${metric.period} s`] : [],
  );
  const watched = expression ?? `${alarm.statistic ?? alarm.extendedStatistic} of ${name(alarm)} in ${alarm.period} s`;
  return [`${watched} > ${alarm.threshold}, ${alarm.evaluationPeriods} x`, ...over].join("; ");
}

const Metric = z.object({
  namespace: z.string().optional(),
  metricName: z.string().optional(),
  dimensions: z.record(z.string(), z.string()).optional(),
});
const Watched = Metric.extend({
  statistic: z.string().optional(),
  extendedStatistic: z.string().optional(),
  period: z.number().optional(),
  threshold: z.number(),
  evaluationPeriods: z.number(),
  comparisonOperator: z.literal("GreaterThanThreshold"),
  metricQueries: z
    .array(
      z.object({
        id: z.string(),
        expression: z.string().optional(),
        metric: Metric.extend({ stat: z.string(), period: z.number() }).optional(),
      }),
    )
    .optional(),
});
