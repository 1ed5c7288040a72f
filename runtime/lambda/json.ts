import { Problem } from "../../contracts/problems.ts";

/** Deeper than any request of ours is nested. */
const MAX_DEPTH = 16;

/**
 * Parses JSON that a stranger sent. Beyond `JSON.parse` it refuses duplicate keys in one object (two readers would see
 * two different requests; RFC 8259, section 4), and nesting deeper than 16 levels.
 * @throws Problem `malformed-request`, saying what it is.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(text.trim() === "" ? "The body is empty: send a JSON object." : "The body is not JSON.");
  }
  checkStructure(text);
  return value;
}

/** Walks the tokens of text that is known to be JSON; one set of keys for each open object, `null` for an array. */
function checkStructure(text: string): void {
  const open: (Set<string> | null)[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > MAX_DEPTH) throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token.endsWith(":")) {
      const key = String(JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)));
      const keys = open.at(-1);
      if (keys?.has(key)) throw malformed(`The key ${JSON.stringify(key)} is in one object twice.`);
      keys?.add(key);
    }
  }
}

const malformed = (detail: string) => new Problem("malformed-request", detail);
