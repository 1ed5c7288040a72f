import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import * as z from "zod";
import { until } from "../support/until.ts";
import { refused, wrongCall, wrongly, type Shared } from "./shared.ts";

const Line = z.object({
  timestamp: z.string(),
  function: z.string(),
  log: z.looseObject({ message: z.string() }).optional(),
  line: z.string().optional(),
});
const parse = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Line.parse(JSON.parse(line)));

export function logsSuite(shared: () => Shared): void {
  describe("logs", () => {
    let orderId: string;

    before(async () => {
      const { shop, run } = shared();
      await shop.sells("LOGS-1", 5, 1_000);
      orderId = await shop.place({ items: [{ sku: "LOGS-1", quantity: 2 }] });
      await shop.reaches(orderId, "shipping");
      await until("its last lines are in the logs", async () => {
        const { stdout } = await run("logs", "--order", orderId);
        return /notifications .*SMS sent/.test(stdout) && /analytics .*shipment\.booked/.test(stdout);
      });
    });

    it("prints an order's lines across functions as `npm start` does, oldest first", async () => {
      const { run, cloud } = shared();
      const { stdout, stderr } = await run("logs", "--order", orderId.slice(0, 8));
      const json = parse((await run("logs", "--order", orderId, "--json")).stdout);

      // An event may be delivered twice: each line counts once, and a second delivery's does not.
      const lines = stdout
        .split("\n")
        .filter((line) => line !== "" && !line.includes("nothing to do"))
        .map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d\d\d /, "TIME ").replace(/SE\d{10}/, "NUMBER"));
      const width = Math.max(...Object.keys(cloud.outputs.functions).map((name) => name.length));
      const line = (name: string, rest: string) => `TIME  ${name.padEnd(width)}  ${orderId.slice(0, 8)}  ${rest}`;
      expect(stderr).to.equal("");
      expect([...new Set(lines)]).to.have.members([
        line("POST /orders", "placed lines=1 total=2000 currency=EUR"),
        line("audit", "audited event=order.placed lines=1 total=2000"),
        line("inventory", "confirmed event=order.placed lines=1"),
        line("shipment", "booked event=order.confirmed carrier=Sandbox Express trackingNumber=NUMBER"),
        line("notifications", "e-mail sent event=order.placed"),
        line("notifications", "e-mail sent event=shipment.booked"),
        line("notifications", "SMS sent event=shipment.booked"),
        line("analytics", "stored event=order.placed"),
        line("analytics", "stored event=order.confirmed"),
        line("analytics", "stored event=shipment.booked"),
      ]);
      const times = json.map(({ timestamp }) => timestamp);
      expect(times).to.deep.equal([...times].sort());
      expect(json.every(({ log }) => log?.["orderId"] === orderId)).to.equal(true);
    });

    it("prints the lines of one function, by its name in the log or by the function's own", async () => {
      const { run, cloud } = shared();
      const { functionName = "" } = cloud.outputs.functions["POST /orders"] ?? {};
      const names = async (...words: string[]) => [
        ...new Set(parse((await run("logs", ...words, "--json")).stdout).map((line) => line.function)),
      ];
      const unknown = await run("logs", "inventry");

      expect(await names("inventory")).to.deep.equal(["inventory"]);
      expect(await names("POST /orders", "--order", orderId)).to.deep.equal(["POST /orders"]);
      expect(await names(functionName, "--order", orderId)).to.deep.equal(["POST /orders"]);
      expect(await names("relay", "--order", orderId)).to.deep.equal([]);
      expect(unknown).to.deep.equal(
        refused(
          `There is no function "inventry". Did you mean "inventory"? Known: ${Object.keys(cloud.outputs.functions).join(", ")}.`,
        ),
      );
    });

    it("goes as far back as it is told", async () => {
      const { run } = shared();
      const hour = await run("logs", "POST /orders", "--since", "1h", "--json");
      const nothing = await run("logs", "POST /orders", "--since", "0s");
      const wrong = await Promise.all(["10", "m", "1w", "-5m"].map((since) => run("logs", `--since=${since}`)));

      expect(parse(hour.stdout).filter(({ log }) => log?.["orderId"] === orderId)).to.have.length(1);
      expect(nothing).to.deep.equal({ code: 0, stdout: "", stderr: "No lines. Look further back: --since 1d.\n" });
      expect(wrong.map(wrongly)).to.deep.equal(
        ["10", "m", "1w", "-5m"].map((since) =>
          wrongCall(`--since is a number and s, m, h or d, such as 10m; got "${since}".`),
        ),
      );
    });

    it("follows: prints each new line once, until it is interrupted", async () => {
      const { shop, cloud } = shared();
      const words = ["commands/logs.ts", "audit", "--follow", "--json", "--since", "1h", "--state", cloud.state];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
      const lines: string[] = [];
      createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
      const of = (id: string) => lines.filter((line) => line.includes(id));
      try {
        await until("the old line is printed", async () => of(orderId).length > 0);
        const next = await shop.place();
        await until("the new line is printed", async () => of(next).length > 0);
        const last = await shop.place();
        await until("the last line is printed", async () => of(last).length > 0);
      } finally {
        child.kill("SIGINT");
      }
      const [code] = z
        .tuple([z.number().nullable()])
        .rest(z.unknown())
        .parse(await once(child, "exit"));

      expect(code).to.equal(0);
      expect(new Set(lines).size).to.equal(lines.length);
    });
  });
}
