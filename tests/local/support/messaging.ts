import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start, type Messaging } from "../../../local/messaging/server.ts";
import { listening } from "../../support/listening.ts";

/** SNS and SQS of the local cloud, without the cloud. */
export interface StartedMessaging {
  readonly messaging: Messaging;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  stop(): Promise<void>;
}

/** Starts SNS and SQS with a state of their own. */
export async function startMessaging(region: string): Promise<StartedMessaging> {
  const state = await mkdtemp(join(tmpdir(), "order-fanout-messaging-"));
  const messaging = await start({ state, stack: "test", region, endpointPort: 1 });
  const { server, url } = await listening((request, response) => messaging.app.routing(request, response));
  const client = { region, endpoint: url, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const [sns, sqs] = [new SNSClient(client), new SQSClient(client)];
  return {
    messaging,
    sns,
    sqs,
    stop: async () => {
      sns.destroy();
      sqs.destroy();
      server.close();
      await messaging.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}
