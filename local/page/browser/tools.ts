// What a person does to the shop.
import { useMemo } from "preact/hooks";
import { change, faults, go, say } from "./state.ts";
import { empty, fieldsOf, html, mail, money, orderLink, table, useLoaded, type View } from "./ui.ts";
import type { FaultSwitch, MailView, StockView } from "../views.ts";

const customer = { name: ["Name", "Ada Lovelace"], email: ["E-mail", "ada@example.com"], phone: ["Phone", "+442071234567"] };
export const address = { line1: ["Street", "12 St James Square"], city: ["City", "London"], postalCode: ["Postal code", "SW1Y 4JH"], countryCode: ["Country code", "GB"] };

export function Try(): View {
  const stock = useLoaded<StockView[]>("stock") ?? [];
  const key = useMemo(() => crypto.randomUUID(), []);
  const place = async (event: SubmitEvent): Promise<void> => {
    const given = fieldsOf(event);
    const of = (names: object) => Object.fromEntries(Object.keys(names).map((name) => [name, given[name]]));
    const items = stock.map(({ sku }) => ({ sku, quantity: Number(given[`sku ${sku}`] ?? 0) })).filter(({ quantity }) => quantity > 0);
    const body = { customer: { ...of(customer), smsConsent: "smsConsent" in given }, shippingAddress: of(address), items };
    const placed = await change<{ orderId: string }>("POST", "orders", body, given["key"] && { "idempotency-key": given["key"] });
    if (placed) go(`orders/${placed.orderId}`);
  };
  const field = ([name, [label, value]]: [string, string[]]): View => html`<label>${label} <input name=${name} defaultValue=${value} /></label>`;
  return html`<h1>Try it</h1><form class="fields" onSubmit=${place}>
  <fieldset><legend>Items</legend>${stock.map(
    ({ sku, name, unitPrice: amount, currency, onHand }, at) =>
      html`<label>${name} <span class="dim">${sku}, ${money({ amount, currency })}, ${onHand} on hand</span> <input type="number" name="sku ${sku}" min="0" max="999" defaultValue=${at === 0 ? 1 : 0} /></label>`,
  )}</fieldset>
  <fieldset><legend>Customer</legend>${Object.entries(customer).map(field)}<label>Wants an SMS <input type="checkbox" name="smsConsent" defaultChecked /></label></fieldset>
  <fieldset><legend>Address</legend>${Object.entries(address).map(field)}<p class="dim">With postal code 00000, country DE, an order goes on hold.</p></fieldset>
  <label>Idempotency key <input name="key" defaultValue=${key} /></label>
  <button class="main">Place the order</button></form>`;
}

export function Faults(): View {
  const switches = useLoaded<FaultSwitch[]>("faults/switches") ?? [];
  const now = faults.value;
  const flip = async (setting: FaultSwitch["setting"], on: boolean): Promise<void> => {
    const rest = Object.fromEntries(Object.entries(now).filter(([name]) => !(name in setting)));
    faults.value = (await change<typeof now>("PUT", "faults", on ? { ...rest, ...setting } : rest)) ?? now;
  };
  return html`<h1>Faults</h1><p>They meet functions alone.</p>
  <ul>${switches.map(({ title, text, setting }) => {
    const on = Object.entries(setting).every(([name, value]) => JSON.stringify(now[name]) === JSON.stringify(value));
    return html`<li key=${title}><label class="tools"><input type="checkbox" role="switch" checked=${on} onChange=${() => flip(setting, !on)} /> <b>${title}</b> <span class="dim">${text}</span></label></li>`;
  })}</ul><button onClick=${endFaults} disabled=${Object.keys(now).length === 0}>End all faults</button>`;
}

export async function endFaults(): Promise<void> {
  if (await change("DELETE", "faults")) faults.value = {};
}

export function Mailbox(): View {
  const all = useLoaded<MailView[]>("mailbox") ?? [];
  const newest = all.slice(-200).reverse();
  return html`<h1>Mailbox</h1>${all.length === 0 && empty("No message yet.")}
  ${newest.map((one) => mail(one, one.orderId ? orderLink(one.orderId) : undefined))}`;
}

export function Stock(): View {
  const stock = useLoaded<StockView[]>("stock") ?? [];
  const set = async (event: SubmitEvent, { sku, onHand }: StockView): Promise<void> => {
    const count = Number(fieldsOf(event)["count"]);
    if (await change("PUT", `stock/${encodeURIComponent(sku)}`, { onHand: count, was: onHand })) say(`${sku}: ${count} on hand.`);
  };
  return html`<h1>Stock</h1>${table(
    "Stock",
    ["SKU", "Name", ">Price", "On hand"],
    stock.map(
      (item) => html`<tr key=${item.sku}><td><code>${item.sku}</code></td><td>${item.name}</td><td class="right">${money({ amount: item.unitPrice, currency: item.currency })}</td>
  <td><form class="tools" onSubmit=${(event: SubmitEvent) => set(event, item)}><input type="number" name="count" min="0" aria-label="${item.sku} on hand" key=${item.onHand} defaultValue=${item.onHand} /><button>Set</button></form></td></tr>`,
    ),
  )}`;
}
