import type { SQSEvent } from "aws-lambda";
import { createFaults } from "../../../local/endpoint/faults.ts";
import { start, type MappingArgs } from "../../../local/lambda/event-source-mapping.ts";
import type { Invocation } from "../../../local/lambda/execution-environment.ts";
import { createRequests } from "../../../local/lambda/requests.ts";
import type { Queue } from "../../../local/messaging/fauxqs.ts";
import type { Messaging } from "../../../local/messaging/server.ts";
import type { Part } from "../../../local/shared/parts.ts";
import { fakeFunctions } from "./functions.ts";
import { noHistory } from "./no-history.ts";
import { allAccess } from "./role.ts";

interface TestMapping extends Partial<MappingArgs> {
  /** Takes the place of the function: gives its answer to an event. */
  readonly invoke?: (event: SQSEvent) => Invocation;
}

const never = (): never => {
  throw new Error("this test has no function to invoke");
};

/** Starts a mapping from a queue, one batch at a time, to what takes its function's place. */
export const startTestMapping = (
  messaging: Messaging,
  queue: Queue,
  { invoke = never, ...over }: TestMapping,
): Promise<Part> =>
  start({
    queueArn: queue.arn,
    functionName: "consumer",
    batchSize: 10,
    windowSeconds: 0,
    reportBatchItemFailures: true,
    maximumConcurrency: 1,
    access: allAccess(),
    messaging,
    functions: fakeFunctions({ invoke: async (_name, event) => invoke(event as SQSEvent) }),
    requests: createRequests(),
    history: noHistory,
    deliveries: { entries: [], append: () => undefined },
    faults: createFaults(),
    trouble: () => undefined,
    region: "eu-west-1",
    speed: 1,
    ...over,
  });
