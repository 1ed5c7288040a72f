import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { LocalCloudError, messageOf } from "../shared/names.ts";

/** A stack's config as the Pulumi SDK takes it, and what the local cloud itself needs of it. */
export interface StackConfig {
  readonly project: string;
  readonly region: string;
  readonly config: Record<string, string>;
}

const Project = z.object({ name: z.string() });
const Stack = z.object({ config: z.record(z.string(), z.unknown()).optional() });

/**
 * Reads `Pulumi.yaml` and the stack's own file, relative to the project's folder.
 * @throws LocalCloudError naming the stacks that there are, when this one's file is missing.
 */
export function readStackConfig(root: string, file: string): StackConfig {
  if (!existsSync(resolve(root, file))) {
    const stacks = readdirSync(root).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
    const known = stacks.length > 0 ? `the stacks here are ${stacks.join(", ")}` : "there is no stack here";
    throw new LocalCloudError(`${file} is not in ${root}: ${known}. Choose one with --stack NAME.`);
  }
  const { name } = readYaml(root, "Pulumi.yaml", Project);
  const values = readYaml(root, file, Stack).config ?? {};
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    if (hasSecret(value)) {
      throw new LocalCloudError(
        `${file}: "${key}" is encrypted (secure:), and the local cloud has no key to decrypt it. ` +
          `Use a stack with plain values: --stack NAME.`,
      );
    }
    if (value === null) continue;
    config[key.includes(":") ? key : `${name}:${key}`] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return { project: name, region: config["aws:region"] ?? "eu-west-1", config };
}

/** The config of a stack that takes the tokens of the local issuer, if there is one, and of no other. */
export const withAuth = (
  { project, config }: StackConfig,
  issuer: { readonly auth: object } | undefined,
): StackConfig["config"] => (issuer ? { ...config, [`${project}:auth`]: JSON.stringify(issuer.auth) } : config);

function readYaml<T>(root: string, file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(parse(readFileSync(resolve(root, file), "utf8")) ?? {});
  } catch (error) {
    throw new LocalCloudError(
      `${file} cannot be read: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`,
    );
  }
}

function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ("secure" in value && typeof value.secure === "string") || Object.values(value).some(hasSecret);
}
