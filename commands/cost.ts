// `npm run cost`: what a stack costs on AWS in a month, from its resources and from what an order uses.
import * as z from "zod";
import { ASSUMED, estimate, type Demand, type Line } from "./cost/estimate.ts";
import { prices, smsPrices } from "./cost/prices.ts";
import { savingsOf, totalOf } from "./cost/savings.ts";
import { shapeOf } from "./cost/stack-shape.ts";
import { readUsage } from "./cost/usage.ts";
import { columns, CommandError, main, readArguments, unknownName, wrongCall } from "./shared/console.ts";
import { evaluateStack, stackOptions } from "./shared/stack-graph.ts";

const usage = `npm run cost -- --orders-per-month N    what a stack costs on AWS in a month, idle and for its orders

  --stack NAME         the stack whose Pulumi.NAME.yaml is read (default: dev)
  --set JSON           merged into the stack's config under \`order-fanout:\`, or the name of a file, as for \`npm run graph\`
  --emails N           e-mails an order (default: 2, those of an order that ships)
  --sms-share S        the share of orders with an SMS, from 0 to 1 (default: 0)
  --sms-country CC     where those customers are: ${Object.keys(smsPrices).join(", ")}
  --json               every line, with its unit price, its source and what is assumed

Prices are us-east-1's list without free tiers; commands/cost/prices.ts says where each comes from.`;

const options = {
  ...stackOptions,
  "orders-per-month": { type: "string" },
  emails: { type: "string" },
  "sms-share": { type: "string" },
  "sms-country": { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const Amount = z.coerce.number().min(0).max(1e12);
const Whole = Amount.int();
const Share = z.coerce.number().min(0).max(1);

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  if (positionals.length > 0) throw wrongCall(positionals);
  const demand = readDemand(values);
  const { config, project, resources } = await evaluateStack(values);
  const entries: unknown = JSON.parse(config[`${project}:consumers`] ?? "{}");
  const stack = shapeOf(resources.values(), entries);
  const used = await readUsage();
  const found = estimate(stack, used, demand);
  const savings = savingsOf(stack, used, demand);
  if (values.json) {
    const totals = { usdPerMonth: totalOf(found), usdIdle: totalOf({ ...found, orders: [] }) };
    console.log(JSON.stringify({ ...totals, demand, ...found, savings, prices, assumed: ASSUMED }, undefined, 2));
    return;
  }
  const millions = demand.ordersPerMonth / 1e6;
  const ofOrders = totalOf({ ...found, idle: [] });
  console.log(
    [
      `The stack ${values.stack} in a month, in US dollars`,
      "",
      table("idle", found.idle),
      "",
      table(`${demand.ordersPerMonth.toLocaleString("en-GB")} orders`, found.orders),
      "",
      columns([
        ["all", money(totalOf(found))],
        ["a million orders", millions === 0 ? "" : money(ofOrders / millions)],
      ]),
      "",
      "What would save most:",
      savings.length === 0
        ? "  nothing that the config can change"
        : columns(savings.slice(0, 5).map(({ change, usd }) => [`  ${change}`, money(usd)])),
    ].join("\n"),
  );
});

function money(usd: number): string {
  return usd.toFixed(2).padStart(10);
}

function table(title: string, lines: readonly Line[]): string {
  const rows = lines
    .toSorted((a, b) => b.usd - a.usd)
    .map(({ service, what, quantity, usd }) => [service, shownQuantity(quantity), what, money(usd)]);
  return columns([[title, "", "", money(lines.reduce((sum, { usd }) => sum + usd, 0))], ...rows]);
}

function shownQuantity(quantity: number): string {
  return quantity.toLocaleString("en-GB", { maximumFractionDigits: quantity < 100 ? 2 : 0 }).padStart(13);
}

type Given = { readonly [K in keyof typeof options]?: string | boolean | undefined };

/** @throws CommandError about a number that cannot be. */
function readDemand(values: Given): Demand {
  const orders = values["orders-per-month"];
  if (orders === undefined) throw new CommandError("How many orders? Say --orders-per-month N.", 2);
  const share = values["sms-share"];
  const country = values["sms-country"];
  const smsShare = share === undefined ? 0 : read("--sms-share", share, Share, "a number from 0 to 1");
  if (smsShare > 0 && typeof country !== "string") {
    throw new CommandError(
      "--sms-share needs --sms-country: an SMS costs 14 times as much in one country as in another.",
      2,
    );
  }
  const smsUsd = typeof country === "string" ? smsPrices[country] : 0;
  if (smsUsd === undefined)
    throw unknownName("price of an SMS for the country", String(country), Object.keys(smsPrices), 2);
  return {
    ordersPerMonth: read("--orders-per-month", orders, Whole, "a whole number"),
    ...(values.emails !== undefined && { emails: read("--emails", values.emails, Amount, "a number of 0 or more") }),
    smsShare,
    smsUsd,
  };
}

function read(flag: string, given: string | boolean, schema: z.ZodType<number>, rule: string): number {
  const { data } = schema.safeParse(given === "" ? undefined : given);
  if (data === undefined) throw new CommandError(`${flag} is ${rule}; got "${given}".`, 2);
  return data;
}
