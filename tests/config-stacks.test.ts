import { expect } from "chai";
import { configOf, ownersValues, root } from "./support/evaluate.ts";
import { loadConfigs } from "./support/load-config.ts";

/** What only the owner of a shop has, taken out of production's config wherever somebody has filled it in. */
const withoutTheOwners = {
  alarms: null,
  corsOrigins: null,
  auth: null,
  consumers: { notifications: { settings: { from: null } }, shipment: { settings: { url: null } } },
};

/** The error of a stack of the project, if any; rules, so that its file may be edited. */
async function errorOf(stack: string, over: object = {}, byTheCli = true): Promise<string | undefined> {
  const [loaded] = await loadConfigs([await configOf({ stack, over, stacks: root })], { byTheCli });
  return loaded?.error;
}

describe("the project's stacks", () => {
  it("run the local one by npm start alone", async () => {
    expect(await errorOf("local", {}, false)).to.equal(undefined);
    expect(await errorOf("local")).to.match(
      /^ConfigError: Pulumi\.dev\.yaml has a mistake:\n {2}local: .*npm start.*$/,
    );
  });

  it("deploy dev as it is", async () => {
    expect(await errorOf("dev")).to.equal(undefined);
  });

  it("deploy prod once the owner's values are there, and name each that is absent", async () => {
    expect(await errorOf("prod", await ownersValues())).to.equal(undefined);
    const lines = ((await errorOf("prod", withoutTheOwners)) ?? "").split("\n").slice(1);
    expect(lines.map((line) => /^ {2}(\S+): /.exec(line)?.[1])).to.deep.equal([
      "consumers.notifications.settings",
      "consumers.shipment.settings",
      "alarms.email",
      "corsOrigins",
      "auth",
    ]);
  });
});
