// The API's documentation: redoc, which is large, and loaded here alone.
const library = "/_local/lib/redoc.js";
const { init } = (await import(library)) as { init: (document: unknown, options: object, into: Element | null) => Promise<unknown> };
const answer = await fetch("/_local/openapi.json");
await init(await answer.json(), { disableTelemetry: true, hideDownloadButtons: true }, document.querySelector("#docs"));

export {};
