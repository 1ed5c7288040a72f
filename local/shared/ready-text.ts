import { personKey } from "./names.ts";

/** What a person needs to know of a cloud that is ready. */
export interface ReadyArgs {
  readonly apiUrl: string;
  readonly endpoint: string;
  readonly region: string;
  /** A SKU for the ready-made order; without one none is printed. */
  readonly sku: string | undefined;
  /** A token for the ready-made order, where the API asks for one. */
  readonly bearer: string | undefined;
}

/** The lines that a start ends with. */
export function readyText({ apiUrl, endpoint, region, sku, bearer }: ReadyArgs): string[] {
  const order = {
    customer: { name: "Ada Lovelace", email: "ada@example.com", phone: "+442071234567", smsConsent: true },
    shippingAddress: { line1: "12 St James Square", city: "London", postalCode: "SW1Y 4JH", countryCode: "GB" },
    items: [{ sku, quantity: 1 }],
  };
  const token = bearer === undefined ? "" : ` -H 'authorization: Bearer ${bearer}'`;
  const curl = `curl -i ${apiUrl}/orders${token} -H 'content-type: application/json' -d '${JSON.stringify(order)}'`;
  const variables = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: personKey,
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_REGION: region,
  };
  const exported = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [
    "",
    `API            ${apiUrl}`,
    `AWS endpoint   ${endpoint}`,
    `Page           ${endpoint}/_local/`,
    "",
    "For the AWS CLI, or any AWS SDK:",
    `  export ${exported.join(" ")}`,
    ...(bearer === undefined
      ? []
      : ["", "Every call needs a token:", "  npm run token -- --subject c-1 --scope orders:write --scope orders:read"]),
    ...(sku === undefined ? [] : ["", "Place an order:", `  ${curl}`]),
    "",
  ];
}
