import { readFile } from "node:fs/promises";
import { json } from "../../contracts/json.ts";
import { ShippingAddress } from "../../contracts/order.ts";
import { ProblemBody } from "../../contracts/problems.ts";
import { CommandError, issues } from "./console.ts";
import type { Target } from "./target.ts";

/** The environment variable with the token for an API that asks who calls. */
const TOKEN = "ORDER_FANOUT_TOKEN";

/**
 * The address in a file.
 * @throws CommandError naming the fields that are wrong.
 */
export async function readAddress(file: string | undefined): Promise<ShippingAddress | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch(() => {
    throw new CommandError(`The file ${file} cannot be read. Name a JSON file with the address.`);
  });
  const { data, error } = json(ShippingAddress).safeParse(text);
  if (error) {
    throw new CommandError(`${file} has no address to ship to (${issues(error)}). Correct it.`);
  }
  return data;
}

/**
 * Releases an order from hold, by the stack's own API.
 * @throws CommandError with what the API says about it.
 */
export async function releaseOrder(
  { outputs }: Target,
  orderId: string,
  shippingAddress: ShippingAddress | undefined,
): Promise<unknown> {
  const token = process.env[TOKEN];
  const response = await fetch(`${outputs.apiUrl}/orders/${orderId}/release`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ shippingAddress }),
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  if (response.status === 401 || response.status === 403) {
    throw new CommandError(`The API wants a token with the scope orders:service. Set ${TOKEN} to one.`);
  }
  const { data: problem } = ProblemBody.safeParse(body);
  const fields = (problem?.errors ?? []).map(({ pointer, message }) => `\n  ${pointer}: ${message}`).join("");
  throw new CommandError(`${problem?.detail ?? `The API answered ${response.status}. Try again.`}${fields}`);
}
