import { expect } from "chai";
import { erasedText } from "../../commands/shared/erase-contact.ts";

describe("what `orders erase` prints", () => {
  it("counts the captured messages, one or more, with contact data or without", () => {
    const said = [true, false].flatMap((contact) =>
      [0, 1, 2].map((messages) => erasedText({ orderId: "o-1", contact, messages })),
    );

    expect(said).to.deep.equal([
      "The contact data of order o-1 are erased. Backups forget them within 35 days.",
      "The contact data and 1 captured message of order o-1 are erased. Backups forget them within 35 days.",
      "The contact data and 2 captured messages of order o-1 are erased. Backups forget them within 35 days.",
      "Order o-1 has no contact data any more.",
      "Order o-1 has no contact data any more; 1 captured message is erased.",
      "Order o-1 has no contact data any more; 2 captured messages are erased.",
    ]);
  });
});
