import { expect } from "chai";
import { OrderPlaced } from "../../../contracts/events.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { consumer } from "../../../runtime/index.ts";
import { captured, quietly } from "../../support/captured.ts";
import { batchOf, clock, failures, placedBody, record, variables } from "../../support/lambda.ts";

const env = variables();
const on = [OrderPlaced];

describe("consume(), reading its messages,", () => {
  const unreadable: Record<string, string> = {
    "that is not JSON": "{",
    "that is empty": "",
    "that is no CloudEvent": "{}",
    "whose data is not what its type says": placedBody("o-1").replace('"quantity":2', '"quantity":0'),
    "without a subject": placedBody("o-1").replace('"subject":"o-1"', '"subject":""'),
    "of another version": placedBody("o-1").replace('"1.0"', '"2.0"'),
  };

  for (const [what, body] of Object.entries(unreadable)) {
    it(`gives back a message ${what}, and handles the rest`, async () => {
      const handled: string[] = [];
      const handler = consume(consumer({ on, handle: async ({ subject }) => void handled.push(subject) }), env);
      const { result, lines } = await captured(() =>
        handler({ Records: [record("m-0", body), ...batchOf(2).Records] }, clock()),
      );
      expect(result).to.deep.equal(failures("m-0"));
      expect(handled).to.deep.equal(["o-1", "o-2"]);
      expect(lines.map(({ level, message, messageId }) => ({ level, message, messageId }))).to.deep.equal([
        { level: "error", message: "unreadable message", messageId: "m-0" },
      ]);
    });
  }

  it("writes nothing of an unreadable message into the log", async () => {
    const handler = consume(consumer({ on, handle: async () => {} }), env);
    const bodies = [
      "ada@example.com",
      '"ada@example.com"',
      '{"ada@example.com":',
      placedBody("ada@example.com").slice(0, -1),
    ];
    const Records = bodies.map((body, index) => record(`m-${index}`, body));
    const { lines } = await captured(() => handler({ Records }, clock()));
    expect(lines).to.have.length(bodies.length);
    expect(lines.filter((line) => JSON.stringify(line).includes("ada@"))).to.deep.equal([]);
  });

  it("lets an attribute through that it does not know", async () => {
    const body = placedBody("o-1").replace("{", '{"extension":"new",');
    const handler = consume(consumer({ on, handle: async () => {} }), env);
    expect(await quietly(() => handler({ Records: [record("m-1", body)] }, clock()))).to.deep.equal(failures());
  });
});
