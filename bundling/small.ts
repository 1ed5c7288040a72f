import type { Plugin } from "esbuild";
import { readFile } from "node:fs/promises";
import * as z from "zod";

const Version = z.object({ version: z.string() });

/** Has the ports that a handler uses imported statically: what is imported when it is called is kept whole. */
export const staticPorts: Plugin = {
  name: "static-ports",
  setup(esbuild) {
    esbuild.onLoad({ filter: /runtime[\\/]define[\\/]uses\.ts$/ }, async ({ path }) => {
      const imports: string[] = [];
      const text = (await readFile(path, "utf8")).replace(/(?<!typeof )import\("([^"]+)"\)/g, (_, file: string) => {
        imports.push(`import * as port${imports.length} from "${file}"; `);
        return `Promise.resolve(port${imports.length - 1})`;
      });
      return { contents: imports.join("") + text, loader: "ts" };
    });
  },
};

/** Lets esbuild leave out what no function uses of the packages (docs/decisions/0098-small-bundles.md). */
export const smallPackages = (root: string): Plugin => ({
  name: "small-packages",
  setup(esbuild) {
    // The chain of credentials looks into files, other processes and other services: Lambda gives them in the environment.
    esbuild.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({ path, namespace: "small" }));
    esbuild.onLoad({ filter: /credential-provider-node$/, namespace: "small" }, () => ({
      contents: `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
      resolveDir: root,
    }));
    // No operation of ours streams events. Some clients prepare for it: they have it by a static import.
    esbuild.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    );
    // It forgets to say what the other packages of the SDK do.
    esbuild.onResolve({ filter: /^@aws-sdk\/lib-dynamodb$/ }, async ({ path, pluginData, ...args }) =>
      pluginData === "small"
        ? undefined
        : { ...(await esbuild.resolve(path, { ...args, pluginData: "small" })), sideEffects: false },
    );
    // A client takes its version from its package's file.
    esbuild.onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => ({
      contents: JSON.stringify({ version: Version.parse(JSON.parse(await readFile(path, "utf8"))).version }),
      loader: "json",
    }));
    // A service's schemas are plain values, but their computed keys keep esbuild from seeing it.
    esbuild.onLoad({ filter: /@aws-sdk[\\/]client-.*[\\/]schemas_0\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(
        /^(export var \S+ =) (\[.*\]|\[[^]*?^\]);$/gm,
        "$1 /* @__PURE__ */ (() => $2)();",
      ),
    }));
  },
});
