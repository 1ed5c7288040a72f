import * as z from "zod";

/** Every problem that the API's functions answer with (RFC 9457): its title and HTTP status. */
export const problemTypes = {
  "malformed-request": { status: 400, title: "The request cannot be read" },
  "invalid-idempotency-key": { status: 400, title: "The Idempotency-Key is not valid" },
  forbidden: { status: 403, title: "The caller may not do this" },
  "not-found": { status: 404, title: "There is nothing here" },
  "method-not-allowed": { status: 405, title: "The method is not allowed here" },
  conflict: { status: 409, title: "The order is no longer in a state for this" },
  "too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body must be application/json, in UTF-8" },
  "invalid-request": { status: 422, title: "The request is not valid" },
  "price-mismatch": { status: 422, title: "The total is not what the client expected" },
  "idempotency-key-reused": { status: 422, title: "The Idempotency-Key was used with another body" },
  "internal-error": { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "The order service is not available right now" },
} as const;
export type ProblemType = keyof typeof problemTypes;

/** One bad field: where it is (a JSON Pointer as a URI fragment, RFC 6901), a code for programs, a message for people. */
export const FieldError = z.object({ pointer: z.string(), code: z.string(), message: z.string() });
export type FieldError = z.output<typeof FieldError>;

/** The body of every error that our functions answer, `application/problem+json`. */
export const ProblemBody = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(FieldError).optional(),
});
export type ProblemBody = z.output<typeof ProblemBody>;

/** An answer that is a problem: thrown by a handler, written by the route around it. */
export class Problem extends Error {
  readonly type: ProblemType;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: ProblemType,
    detail: string,
    more: { errors?: readonly FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.type = type;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return problemTypes[this.type].status;
  }

  body(instance: string): ProblemBody {
    return {
      type: `urn:order-fanout:problem:${this.type}`,
      title: problemTypes[this.type].title,
      status: this.status,
      detail: this.message,
      instance,
      ...(this.errors && { errors: [...this.errors] }),
    };
  }
}

/** The bad fields that a schema found, each by its pointer; an unknown field is pointed at itself. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          pointer: pointer([...issue.path, key]),
          code: "unknown_field",
          message: "is not a field of this request",
        }))
      : [{ pointer: pointer(issue.path), code: issue.code, message: issue.message }],
  );
}

/** A JSON Pointer in its URI fragment form (RFC 6901, section 6). */
function pointer(path: readonly PropertyKey[]): string {
  const tokens = path.map((token) => String(token).replaceAll("~", "~0").replaceAll("/", "~1"));
  return `#${tokens.map((token) => `/${encodeURIComponent(token.toWellFormed())}`).join("")}`;
}
