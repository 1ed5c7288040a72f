import { expect } from "chai";
import { evaluate } from "../support/evaluate.ts";
import { someOfType, statements } from "../support/graph.ts";

describe("the permission to send e-mail", () => {
  it("is for the address, its domain, each domain above it but the last, and the configuration set", async () => {
    const settings = { from: "orders@mail.shop.test", configurationSet: "shop-mail" };
    const graph = await evaluate("dev", { consumers: { notifications: { settings } } });
    const sending = someOfType(graph, "aws:iam/rolePolicy:RolePolicy")
      .flatMap(([, policy]) => statements(policy))
      .filter(({ Action }) => Action.some((action) => action.startsWith("ses:")));
    const arn = (resource: string) => `arn:aws:ses:eu-west-1:111122223333:${resource}`;
    expect(sending).to.deep.equal([
      {
        Effect: "Allow",
        Action: ["ses:SendEmail"],
        Resource: [
          arn("identity/orders@mail.shop.test"),
          arn("identity/mail.shop.test"),
          arn("identity/shop.test"),
          arn("configuration-set/shop-mail"),
        ],
      },
    ]);
  });
});
