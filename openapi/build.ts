// `npm run openapi`: writes docs/openapi.json anew.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { openApi } from "./document.ts";

export const openApiFile = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));

/** The document's text: the same bytes for the same schemas. */
export const openApiText = (): Promise<string> =>
  format(JSON.stringify(openApi()), { parser: "json", printWidth: 120 });

if (import.meta.main) await writeFile(openApiFile, await openApiText());
