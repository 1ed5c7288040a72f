import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { until } from "../support/until.ts";
import { printed, refused, wrongCall, wrongly, type Shared } from "./shared.ts";

export function deadLettersSuite(shared: () => Shared): void {
  describe("dlq", () => {
    const orderId = randomUUID();
    let poison: string;
    let event: string;

    /** Sends a message to a consumer's queue, and gives its id. */
    async function send(consumer: string, body: string): Promise<string> {
      const { shop } = shared();
      const QueueUrl = shop.outputs.consumers[consumer]?.queueUrl;
      const { MessageId = "" } = await shop.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      return MessageId;
    }

    /** An event that no order has emitted. */
    const placed = (subject: string) =>
      JSON.stringify({
        specversion: "1.0",
        id: `${subject}/order.placed`,
        source: "/order-fanout/dev",
        type: "order.placed",
        subject,
        time: "2026-11-24T10:00:00.000Z",
        datacontenttype: "application/json",
        data: { customerId: "c-1", lines: [], total: { amount: 1, currency: "EUR" } },
      });

    before(async () => {
      poison = await send("notifications", "poison");
      event = await send("notifications", placed(orderId));
      const { shop } = shared();
      const dead = async () => (await shop.pending("deadLetterQueueUrl"))["notifications"] === 2;
      await until("both are dead letters", dead);
    });

    it("lists how many each consumer has, apart from those that somebody looks at", async () => {
      const { run } = shared();
      const list = await run("dlq", "list");
      const json: unknown = JSON.parse((await run("dlq", "list", "--json")).stdout);

      expect(list).to.deep.equal(
        printed(
          "CONSUMER       WAITING  IN FLIGHT",
          "inventory            0          0",
          "notifications        2          0",
          "shipment             0          0",
          "analytics            0          0",
          "audit                0          0",
        ),
      );
      expect(json).to.deep.include({ consumer: "notifications", waiting: 2, inFlight: 0 });
    });

    it("shows why each failed, and the same count of receives however often it is looked at", async () => {
      const { run } = shared();
      const shown = [
        await run("dlq", "show", "notifications"),
        await run("dlq", "show", "notifications"),
        await run("dlq", "show", "notifications"),
      ];
      const list = await run("dlq", "list");
      const json = await run("dlq", "show", "notifications", "--json");

      const name = (text: string) =>
        text
          .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
          .replace(/(\.ts):\d+:\d+/g, "$1:LINE:COLUMN")
          .replaceAll(poison, "POISON")
          .replaceAll(event, "EVENT")
          .replaceAll(orderId, "ORDER");
      const notFound = "OrderNotFound: order ORDER is not in the orders table at handlers/orders.ts:LINE:COLUMN";
      expect(name(shown[0]?.stdout ?? "").replace(/ {3,}/g, "  ")).to.equal(
        [
          "SENT  EVENT  ORDER  RECEIVES  MESSAGE",
          "TIME  unreadable  5  POISON",
          "  TIME  Error: the body is not JSON at contracts/cloud-event.ts:LINE:COLUMN",
          "TIME  order.placed  ORDER  5  EVENT",
          `  TIME  ${notFound}`,
          "",
        ].join("\n"),
      );
      expect(shown.map(({ stdout }) => stdout)).to.deep.equal(Array.from({ length: 3 }, () => shown[0]?.stdout));
      expect(list.stdout).to.match(/^notifications +2 +0$/m);
      expect(JSON.parse(name(json.stdout))).to.deep.equal([
        {
          messageId: "POISON",
          event: "unreadable",
          orderId: "",
          sentAt: "TIME",
          receives: 5,
          lastError: { at: "TIME", error: "Error: the body is not JSON at contracts/cloud-event.ts:LINE:COLUMN" },
        },
        {
          messageId: "EVENT",
          event: "order.placed",
          orderId: "ORDER",
          sentAt: "TIME",
          receives: 5,
          lastError: { at: "TIME", error: notFound },
        },
      ]);
    });

    it("says where the log has no error about a letter, and prints what it has harmlessly", async () => {
      const { shop, run } = shared();
      const QueueUrl = shop.outputs.consumers["audit"]?.deadLetterQueueUrl;
      const MessageBody = JSON.stringify({ type: "\u001b[31mred", subject: "by hand" });
      await shop.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
      const { stdout } = await run("dlq", "show", "audit");
      await run("dlq", "purge", "audit", "--yes");

      const [, letter = "", why] = stdout.split("\n");
      expect(letter.split("  ").slice(1, 3)).to.deep.equal(["\\u{1b}[31mred", "by hand"]);
      expect(why).to.equal("  no error found in the log");
    });

    it("shows the last error of a batch where the consumer takes events in batches", async () => {
      const { cloud, shop, run } = shared();
      const faults = (method: string, body?: object) =>
        cloud.local("faults", { method, ...(body && { body: JSON.stringify(body) }) });
      await faults("PUT", { throttle: 1 });
      await send("analytics", placed(randomUUID()));
      const dead = async () => (await shop.pending("deadLetterQueueUrl"))["analytics"] === 1;
      await until("it is a dead letter", dead);
      await faults("DELETE");
      const { stdout } = await run("dlq", "show", "analytics");

      expect(stdout.split("\n")[2]?.replace(/\S+Z/, "TIME")).to.equal(
        "  TIME  in a batch of 1: SlowDown: Please reduce your request rate.",
      );
    });

    it("says that there are none, whom it does not know, and that it asks before it deletes", async () => {
      const { run } = shared();
      const none = await run("dlq", "show", "inventory");
      const unknown = await run("dlq", "show", "notification");
      const unasked = await run("dlq", "purge", "notifications");

      expect(none).to.deep.equal(printed("inventory has no dead letters."));
      expect(unknown).to.deep.equal(
        refused(
          'There is no consumer "notification". Did you mean "notifications"? Known: inventory, notifications, shipment, analytics, audit.',
        ),
      );
      expect(wrongly(unasked)).to.deep.equal(wrongCall("Not a terminal: pass --yes to confirm."));
    });
  });
}
