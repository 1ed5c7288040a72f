import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const Loaded = z.object({
  config: z.unknown().optional(),
  /** The name and the message of what was thrown. */
  error: z.string().optional(),
  surges: z.unknown().optional(),
  warnings: z.array(z.string()),
  /** What a preview prints besides. */
  printed: z.array(z.string()),
});
export type Loaded = z.output<typeof Loaded>;

/**
 * What `loadConfig` makes of each config, keyed without the project's name; all in one process of their own. The CLI
 * says in the environment of the program's process where its engine is; here, nothing answers there.
 */
export function loadConfigs(configs: readonly object[], { byTheCli = false } = {}): Promise<Loaded[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./config-child.ts", import.meta.url)), [JSON.stringify(configs)], {
      execArgv: [],
      env: { ...process.env, ...(byTheCli && { PULUMI_NODEJS_ENGINE: "127.0.0.1:1" }) },
    });
    child.on("message", (message) => resolve(z.array(Loaded).parse(message)));
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the process that loads configs ended with code ${code}`)));
  });
}
