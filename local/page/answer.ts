/** What a path under /_local/ answers, as JSON. */
export interface PageAnswer {
  readonly status: number;
  readonly value: unknown;
}

export const ok = (value: unknown): PageAnswer => ({ status: 200, value });

/** An answer that is an error: what is wrong, and what to do. */
export const refused = (status: number, message: string): PageAnswer => ({ status, value: { message } });

/** The answer that there is nothing of this name. */
export const missing = (what: string): PageAnswer => refused(404, `there is no ${what}`);
