import { expect } from "chai";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { refused, printed, wrongly, wrongCall, type Shared } from "./shared.ts";
import { until } from "../support/until.ts";
import * as z from "zod";

const Failed = z.object({ level: z.literal("error"), orderId: z.string() });

export function secretsSuite(shared: () => Shared): void {
  describe("secret", () => {
    const set = (value: string) => shared().runWith(value, "secret", "set", "carrier");
    /** Has the carrier want this credential from now on. */
    const wants = (credential: string) =>
      shared().cloud.local("internet/carrier.test/v1/credential", {
        method: "POST",
        headers: { "x-local-url": "https://carrier.test/v1/credential", "x-local-method": "PUT" },
        body: credential,
      });
    const isSet = printed("carrier is set. Functions use it within 5 minutes.");

    it("rotates without a restart: a shipment that the carrier refuses reads it again, once at once and then by redelivery", async () => {
      const { cloud, shop } = shared();
      expect(await set("canary-1\n")).to.deep.equal(isSet);
      await wants("canary-1");
      await shop.reaches(await shop.place(), "shipping");
      await wants("canary-2");
      expect(await set("canary-2")).to.deep.equal(isSet);
      await shop.reaches(await shop.place(), "shipping");

      await wants("canary-3");
      const orderId = await shop.place();
      await until("the carrier refuses", () =>
        cloud.logged("shipment").some(({ log }) => Failed.safeParse(log).data?.orderId === orderId),
      );
      expect(await set("canary-3")).to.deep.equal(isSet);
      await shop.reaches(orderId, "shipping");

      const holding = readdirSync(cloud.state, { recursive: true, encoding: "utf8" }).filter((file) => {
        const path = join(cloud.state, file);
        return statSync(path).isFile() && /canary-\d/.test(readFileSync(path, "latin1"));
      });
      expect(holding).to.deep.equal(["parameters.json"]);
      expect(cloud.lines.filter((line) => /canary-\d/.test(line))).to.deep.equal([]);
    });

    it("names the secrets, and takes a value from nowhere but standard input", async () => {
      const { run, runWith } = shared();
      expect(await run("secret", "list")).to.deep.equal(printed("carrier"));
      expect(wrongly(await run("secret", "set", "carrier", "hunter2"))).to.deep.equal(
        wrongCall("A value is never given on the command line. Pass it on standard input, or be asked."),
      );
      expect(await runWith("x", "secret", "set", "carier")).to.deep.equal(
        refused('There is no secret "carier". Did you mean "carrier"? Known: carrier.'),
      );
      expect(await set("\n")).to.deep.equal(refused("A value has 1 to 4096 bytes; got 0. Nothing was set."));
      expect(await set("x".repeat(4_097))).to.deep.equal(
        refused("A value has 1 to 4096 bytes; got 4097. Nothing was set."),
      );
    });
  });
}
