/** A route of an HTTP API: `POST /orders`, `ANY /x/{proxy+}`, `$default`. */
export interface Route {
  readonly key: string;
  readonly target: string;
  /** The authorizer that checks a caller's token, and the scopes of which it must have one. Default none: anybody may call. */
  readonly authorization?: { readonly authorizerId: string; readonly scopes: readonly string[] };
}

/** The route that a request takes, with its path parameters. */
export interface Match {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Chooses as API Gateway does: the most specific path first, a method before ANY, `$default` last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | undefined {
  let best: (Match & { readonly rank: string }) | undefined;
  for (const route of routes) {
    const [routeMethod, template] = route.key.split(" ");
    if (template === undefined || (routeMethod !== "ANY" && routeMethod !== method)) continue;
    const found = matchPath(template, path);
    if (found === undefined) continue;
    const rank = `${found.rank}${routeMethod === "ANY" ? "1" : "0"}`;
    if (best === undefined || rank < best.rank) best = { route, pathParameters: found.parameters, rank };
  }
  if (best) return best;
  const fallback = routes.find(({ key }) => key === "$default");
  return fallback && { route: fallback, pathParameters: {} };
}

/** A rank sorts before another when it is more specific: 0 a literal segment, 1 a parameter, 2 the greedy rest. */
function matchPath(template: string, path: string): { parameters: Record<string, string>; rank: string } | undefined {
  const segments = path.split("/").slice(1);
  const parameters: Record<string, string> = {};
  let rank = "";
  const parts = template.split("/").slice(1);
  for (const [index, part] of parts.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(part)?.[1];
    if (greedy !== undefined) {
      const rest = segments.slice(index).join("/");
      if (rest === "") return undefined;
      return { parameters: { ...parameters, [greedy]: rest }, rank: `${rank}2` };
    }
    const segment = segments[index];
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (segment === undefined || (name === undefined ? segment !== part : segment === "")) return undefined;
    if (name !== undefined) parameters[name] = segment;
    rank += name === undefined ? "0" : "1";
  }
  return parts.length === segments.length ? { parameters, rank } : undefined;
}
