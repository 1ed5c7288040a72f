import { Problem } from "../contracts/problems.ts";
import { route } from "../runtime/index.ts";

/** `$default` gets the requests that no route matches: 405 if the path takes another method, otherwise 404. */
export default route({
  module: import.meta,
  scopes: "public",

  async handle({ method, path, routes }) {
    const allowed = routes
      .map((key) => key.split(" "))
      .filter(([, template]) => template !== undefined && matches(template, path))
      .map(([verb]) => verb);
    if (allowed.length === 0) throw new Problem("not-found", `There is nothing at ${path}.`);
    throw new Problem("method-not-allowed", `${method} is not allowed at ${path}.`, {
      headers: { allow: allowed.join(", ") },
    });
  },
});

const matches = (template: string, path: string): boolean =>
  new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path);
