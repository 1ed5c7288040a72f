import * as z from "zod";
import { createFaults } from "../../../local/endpoint/faults.ts";
import { start as startHttpApi, type ApiDefinition } from "../../../local/http-api/server.ts";
import { start as startMapping } from "../../../local/lambda/event-source-mapping.ts";
import { createRequests } from "../../../local/lambda/requests.ts";
import type { ProgramResource } from "../../../local/program/protocol.ts";
import { provision } from "../../../local/provision.ts";
import { createScheduler } from "../../../local/scheduler/scheduler.ts";
import { freePort } from "../../../local/shared/free-port.ts";
import type { Services } from "../../../local/shared/services.ts";
import { fakeFunctions } from "../../local/support/functions.ts";
import type { StartedMessaging } from "../../local/support/messaging.ts";
import { noHistory } from "../../local/support/no-history.ts";
import type { Graph } from "../evaluate.ts";
import { until } from "../until.ts";
import { PublishCommand } from "@aws-sdk/client-sns";
import { resourcesOf, type Granted } from "./granted.ts";

const region = "eu-west-1";
const Mapping = z.object({ eventSourceArn: z.string(), functionName: z.string() });
const Subscription = z.object({
  topic: z.string(),
  endpoint: z.string(),
  filterPolicy: z.string(),
  redrivePolicy: z.string(),
});
const Filter = z.object({ type: z.array(z.string()) });
const Redrive = z.object({ deadLetterTargetArn: z.string() });
const Schedule = z.object({ target: z.object({ arn: z.string(), roleArn: z.string() }) });
const Role = z.object({ role: z.string() });
const Route = z.object({ routeKey: z.string(), target: z.string() });
const Integration = z.object({ integrationUri: z.string() });
const Permission = z.object({ function: z.string(), sourceArn: z.string() });

/** Takes a permission out of the parts of the local cloud that no handler calls: gives whether it is missed. */
export type Attempt = (granted: Granted) => Promise<boolean>;

/** What each of these parts does without a permission, by its type, on the services that have the graph's policies. */
export function attemptsOf(graph: Graph, services: Services, messaging: StartedMessaging): Record<string, Attempt> {
  const { access } = services;
  const rejects = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => false,
      () => true,
    );

  /** Lambda polls a queue by its function's role. */
  const polling: Attempt = async ({ resource }) => {
    const { role } = Role.parse(resource.inputs);
    const queueArn = mappingsOf(graph).get(role) ?? "";
    const mapping = startMapping({
      ...{ access, queueArn, functionName: role, batchSize: 10, windowSeconds: 0, reportBatchItemFailures: true },
      ...{ maximumConcurrency: 1, messaging: messaging.messaging, region, speed: 1, faults: createFaults() },
      functions: fakeFunctions({ find: () => fakeConfig(role) }),
      requests: createRequests(),
      history: noHistory,
      deliveries: { entries: [], append: () => undefined },
      trouble: () => undefined,
    });
    void mapping.then(
      (part) => part.stop(),
      () => undefined,
    );
    return rejects(mapping);
  };

  /** The scheduler runs a function by a role of its own. */
  const scheduled: Attempt = async ({ resource }) => {
    const { role } = Role.parse(resource.inputs);
    let invoked = false;
    let refused = false;
    const schedules = resourcesOf(graph, "aws:scheduler/schedule:Schedule")
      .map(({ name, inputs }) => {
        const { arn: functionArn, roleArn } = Schedule.parse(inputs).target;
        return { name, everyMs: 1, functionArn, roleArn, event: {} };
      })
      .filter(({ roleArn }) => roleArn.endsWith(`:role/${role}`));
    const functions = fakeFunctions({
      invoke: async () => {
        invoked = true;
        return { ok: true, payload: "null" };
      },
    });
    const running = createScheduler({
      functions,
      access,
      history: noHistory,
      note: () => (refused = true),
      speed: 1,
    });
    running.update(schedules);
    await until("the schedule's first run", () => invoked || refused);
    await running.stop();
    return refused && !invoked;
  };

  /** Lambda and the scheduler assume their roles when what uses them is made. */
  const trusted: Attempt = async ({ resource }) => {
    const users = [
      ...resourcesOf(graph, "aws:lambda/function:Function").map((one) => {
        const code = { assets: {} };
        return { ...one, inputs: { ...one.inputs, code } };
      }),
      ...resourcesOf(graph, "aws:scheduler/schedule:Schedule"),
    ].filter(({ inputs }) => JSON.stringify(inputs).includes(`:role/${resource.name}"`));
    return (
      users.length > 0 && (await Promise.all(users.map((user) => rejects(provision(user, services))))).every(Boolean)
    );
  };

  /** SNS sends to a queue, and where that refuses to its dead letters. */
  const delivered: Attempt = async ({ resource }) => {
    const subscription = resourcesOf(graph, "aws:sns/topicSubscription:TopicSubscription")
      .filter(({ inputs }) => inputs["protocol"] === "sqs")
      .map(({ inputs }) => Subscription.parse(inputs))
      .map((one) => ({ ...one, dead: Redrive.parse(JSON.parse(one.redrivePolicy)).deadLetterTargetArn }))
      .find(({ endpoint, dead }) => [endpoint, dead].some((arn) => arn.endsWith(`:${queueOf(resource)}`)));
    if (subscription === undefined) return false;
    const { endpoint, dead, topic: TopicArn, filterPolicy } = subscription;
    const [type = ""] = Filter.parse(JSON.parse(filterPolicy)).type;
    const asked = dead.endsWith(`:${queueOf(resource)}`);
    // The dead letters' queue is asked only where the queue itself refuses.
    if (asked) messaging.messaging.putQueuePolicy(endpoint, "");
    const target = messaging.messaging.sqs.getQueueByArn(asked ? dead : endpoint);
    const before = target?.messages.length;
    const MessageAttributes = { type: { DataType: "String", StringValue: type } };
    await messaging.sns.send(new PublishCommand({ TopicArn, Message: "m", MessageAttributes }));
    const after = target?.messages.length;
    if (asked) await restore(graph, services, endpoint);
    return before === after;
  };

  /** API Gateway invokes a route's function. */
  const invoked: Attempt = async ({ resource }) => {
    const { function: name, sourceArn } = Permission.parse(resource.inputs);
    const api: ApiDefinition = {
      ...{ id: "api", executionArn: sourceArn.split("/")[0] ?? "", authorizers: new Map() },
      routes: resourcesOf(graph, "aws:apigatewayv2/route:Route").map(({ inputs }) => {
        const { routeKey: key, target } = Route.parse(inputs);
        return { key, target: target.replace(/-id$/, "") };
      }),
      integrations: new Map(
        resourcesOf(graph, "aws:apigatewayv2/integration:Integration").map(
          ({ name: integration, inputs }) =>
            [integration, { uri: Integration.parse(inputs).integrationUri, timeoutMs: 30_000 }] as const,
        ),
      ),
      stage: { name: "$default", routeThrottles: new Map() },
    };
    const port = await freePort();
    const functions = fakeFunctions({ invoke: async () => ({ ok: true, payload: '{"statusCode":200}' }) });
    const server = await startHttpApi({
      port,
      api,
      functions,
      requests: createRequests(),
      access,
      history: noHistory,
      open: Promise.resolve(),
      graceMs: 0,
    });
    const key = api.routes.find(({ target }) =>
      api.integrations.get(target.split("/")[1] ?? "")?.uri.includes(`:${name}:`),
    )?.key;
    const [method = "GET", path = "/nowhere"] = key === "$default" ? [] : (key ?? "").split(" ");
    const { status } = await fetch(`http://127.0.0.1:${port}${path.replace(/\{[^}]+\}/g, "x")}`, { method });
    await server.stop();
    return status === 500;
  };

  return {
    "aws:iam/role:Role": trusted,
    "aws:iam/rolePolicy:RolePolicy": (granted) =>
      granted.action.startsWith("sqs:") ? polling(granted) : scheduled(granted),
    "aws:sqs/queuePolicy:QueuePolicy": delivered,
    "aws:lambda/permission:Permission": invoked,
  };
}

/** The queue that each function's role polls. */
function mappingsOf(graph: Graph): Map<string, string> {
  return new Map(
    resourcesOf(graph, "aws:lambda/eventSourceMapping:EventSourceMapping").map(({ inputs }) => {
      const { eventSourceArn, functionName } = Mapping.parse(inputs);
      return [`${functionName.split(":")[6]}-role`, eventSourceArn];
    }),
  );
}

const queueOf = ({ inputs }: ProgramResource): string => String(inputs["queueUrl"]).split("/").at(-1) ?? "";

/** Writes a queue's own policy again. */
async function restore(graph: Graph, services: Services, queueArn: string): Promise<void> {
  for (const resource of resourcesOf(graph, "aws:sqs/queuePolicy:QueuePolicy"))
    if (queueArn.endsWith(`:${queueOf(resource)}`)) await provision(resource, services);
}

const fakeConfig = (name: string) => ({
  ...{ name, arn: name, version: "1", runtime: "nodejs24.x", role: `arn:aws:iam::000000000000:role/${name}` },
  ...{ folder: "", handler: "index.handler", memorySize: 128, timeoutSeconds: 1, logGroup: name, environment: {} },
});
