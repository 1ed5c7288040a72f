import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "../../../local/shared/free-port.ts";
import { CloudProcess } from "../../support/cloud-process.ts";
import { root } from "../../support/evaluate.ts";

/** A throwaway project in a folder of its own, and the local clouds that run it. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "order-fanout-"));
  readonly #clouds: CloudProcess[] = [];

  constructor(program: string, files: Readonly<Record<string, string>> = {}) {
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    this.write({
      "index.ts": program,
      "package.json": '{ "type": "module" }',
      "Pulumi.yaml": "name: order-fanout\nruntime: nodejs\n",
      "Pulumi.local.yaml": "config:\n  aws:region: eu-west-1\n",
      ...files,
    });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
  }

  /** Starts the local cloud without waiting. */
  async launch(flags: readonly string[] = [], port?: number): Promise<CloudProcess> {
    const cloud = new CloudProcess(this.folder, port ?? (await freePort(2)), ["--state", "state", ...flags]);
    this.#clouds.push(cloud);
    return cloud;
  }

  /** Starts the local cloud and waits until it is ready. */
  async start(flags: readonly string[] = [], port?: number): Promise<CloudProcess> {
    const cloud = await this.launch(flags, port);
    await cloud.ready;
    return cloud;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#clouds.map((cloud) => cloud.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A file of a test's folder, for programs that are more than a few lines. */
export function programFile(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}
