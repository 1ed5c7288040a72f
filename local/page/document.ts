import { createHash } from "node:crypto";
import { importMap } from "./assets.ts";

/** A document and the headers that it is sent with. */
export interface PageDocument {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing is loaded from elsewhere, nothing is run that we did not write, and nobody frames it. */
const policy = (more: Readonly<Record<string, string>>): string =>
  Object.entries({
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    ...more,
  })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");

const headersWith = (more: Readonly<Record<string, string>>): Record<string, string> => ({
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": policy(more),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
});

const head = (title: string): string =>
  `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><link rel="icon" href="data:,">`;

/**
 * The page. It has the token of this start: a page of another origin can open it and not read it, and is refused where it
 * fetches or frames it (refuseControl).
 */
export const pageDocument = (token: string): PageDocument => ({
  html: `<!doctype html><html lang="en"><head>${head("order-fanout")}<meta name="local-token" content="${token}"><link rel="stylesheet" href="/_local/lib/uplot.css"><link rel="stylesheet" href="/_local/code/page.css"><script type="importmap">${importMap}</script><script defer src="/_local/lib/uplot.js"></script><script type="module" src="/_local/code/main.ts"></script></head><body><noscript>This page needs JavaScript. The same as JSON: GET any of its addresses with Accept: application/json.</noscript></body></html>`,
  headers: headersWith({
    "script-src": `'self' ${hashOf(importMap)}`,
    // What comes from outside cannot become markup or code, by whatever mistake of ours.
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
  }),
});

/** The API's documentation, a document of its own: redoc writes style elements. */
export const apiDocument = (): PageDocument => ({
  html: `<!doctype html><html lang="en"><head>${head("API · order-fanout")}<link rel="stylesheet" href="/_local/code/page.css"><script type="module" src="/_local/code/api-docs.ts"></script></head><body><header><a class="brand" href="/_local/">order-fanout</a> <span>API</span></header><main id="docs"></main></body></html>`,
  headers: headersWith({ "style-src": "'self' 'unsafe-inline'" }),
});
