import placeOrder from "../../handlers/place-order.ts";
import { serve } from "../../runtime/lambda/serve.ts";
import { scripted, type Answer } from "./calls.ts";
import { quietly } from "./captured.ts";
import { clock, emitting, httpEvent, variables } from "./lambda.ts";
import { mug } from "./orders.ts";

/** The environment of the function. */
export const placing = variables({ RESOURCES: '{"orders":"orders","stock":"stock"}', CONTACT_DAYS: "30", ...emitting });
export const [READ, PRICE, COMMIT, PUBLISH, CLEAR] = [
  "dynamodb.GetItem",
  "dynamodb.BatchGetItem",
  "dynamodb.TransactWriteItems",
  "sns.PublishBatch",
  "dynamodb.BatchWriteItem",
] as const;

/** The catalogue's answer. */
export const catalogue = (...items: object[]): Answer => ({ Responses: { stock: items } });

/** The answers by which an order is placed, and published. */
export const good: Record<string, Answer[]> = {
  [PRICE]: [catalogue(mug)],
  [COMMIT]: [{}],
  [PUBLISH]: [{ Successful: [{ Id: "0" }] }],
  [CLEAR]: [{}],
};

/** Posts an order to its handler: the answer, its body parsed, and the calls that were made. */
export async function post(body: unknown, script = good, headers: Record<string, string> = {}) {
  const { calls, asked, inputs } = scripted(script);
  const request = httpEvent({
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const answer = await quietly(() => serve(placeOrder, placing, calls)(request, clock()));
  const parsed: unknown = JSON.parse(answer.body ?? "null");
  const answered: Record<string, unknown> = answer.headers ?? {};
  return { statusCode: answer.statusCode, headers: answered, body: parsed, asked, inputs };
}

/** A field of an answer's body. */
export const field = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);

/** The pointers of the bad fields that a problem names. */
export const pointers = (body: unknown): unknown[] => {
  const errors = field(body, "errors");
  return Array.isArray(errors) ? errors.map((error) => field(error, "pointer")) : [];
};
