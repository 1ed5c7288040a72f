import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { ProgramStart, Provisioned } from "./start.ts";
import type { Alias } from "./urns.ts";

type Monitor = NonNullable<ReturnType<typeof pulumi.runtime.getMonitor>>;
type Request = Parameters<Monitor["registerResource"]>[0];
type Requested = ReturnType<Request["getAliasesList"]>[number];

/** A resource as the program registered it: inputs resolved. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** The parent's URN; empty for the stack itself. */
  readonly parent: string;
  /** False for a component. */
  readonly custom: boolean;
  /** Whether a component is made by a provider (awsx), and so has outputs of its own. */
  readonly remote: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs of its `dependsOn`, and of whatever its inputs come from. */
  readonly dependsOn: readonly string[];
  /** URNs that each input comes from, where it comes from any. */
  readonly references: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  /** The inputs whose changes no update follows. */
  readonly ignoreChanges: string[];
  readonly aliases: readonly Alias[];
}

/** The cloud that a program is evaluated against. */
export interface Surroundings {
  /** Makes a resource; its inputs are echoed beneath the outputs. */
  readonly provision: (resource: Registration) => Promise<Provisioned> | Provisioned;
  /** Plain data for an asset or an archive of the inputs. */
  readonly asset: (value: object) => Promise<unknown>;
  /** What stands in the inputs for a secret, by its plain value. */
  readonly secret: (value: unknown) => unknown;
  /** Takes every error. The first is the cause; dozens of rejections follow it. */
  readonly fail: (error: unknown) => void;
}

const SECRET = "4dabf18193072939515e22adb298388d";
const noInvoke =
  "the local cloud answers no provider functions. Take the value from the stack's config, or from a resource's outputs.";
const AnyRecord = z.record(z.string(), z.unknown());

/**
 * Evaluates a Pulumi program under the SDK's mocks, once in a process, and gives its exports when every resource is
 * provisioned.
 */
export async function evaluateProgram(
  { entry, project, stack, config }: ProgramStart,
  { provision, asset, secret, fail }: Surroundings,
): Promise<Record<string, unknown>> {
  const plain = plainBy(asset, secret);
  const urns = new Set<string>();
  // The mocks' arguments carry neither parent nor dependencies: the request itself is looked at.
  let request:
    | Pick<
        Registration,
        "urn" | "parent" | "remote" | "dependsOn" | "references" | "protect" | "ignoreChanges" | "aliases"
      >
    | undefined;
  let inFlight = 0;
  const never = () => new Promise<never>(() => {});

  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, custom = true }) => {
        if (!request) throw new Error("a resource was registered past the monitor");
        const registered = request;
        if (urns.has(registered.urn)) {
          fail(new Error(`Duplicate resource URN '${registered.urn}'; try giving it a unique name`));
        }
        urns.add(registered.urn);
        inFlight += 1;
        try {
          const given = AnyRecord.parse(await plain(inputs));
          const { id, outputs } = await provision({ type, name, custom, inputs: given, ...registered });
          // The program's own components have no outputs but those that they register; a provider's (awsx) do.
          if (!custom && !registered.remote) return { id: "", state: {} };
          const echoed = { ...given };
          delete echoed["code"]; // long, and read by nobody
          return { id, state: { ...echoed, ...outputs } };
        } catch (error) {
          fail(error);
          return never();
        } finally {
          inFlight -= 1;
        }
      },
      call: async ({ token }) => {
        fail(new pulumi.RunError(`${token}: ${noInvoke}`));
        return never();
      },
      registerTransform: () => fail(new Error("resource transforms do not run here; use transformations")),
    },
    project,
    stack,
    false,
  );
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) throw new Error("the Pulumi SDK has no mock monitor: its version has changed");
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = new Proxy(register, {
    apply: (target, _this, args: Parameters<typeof register>) => {
      const parent = args[0].getParent();
      const parentType = parent === "" ? "" : `${parent.split("::")[2]?.split("$").pop()}$`;
      request = {
        urn: `urn:pulumi:${stack}::${project}::${parentType}${args[0].getType()}::${args[0].getName()}`,
        parent,
        remote: args[0].getRemote(),
        dependsOn: args[0].getDependenciesList().sort(),
        references: referencesOf(args[0]),
        protect: args[0].getProtect() ?? false,
        ignoreChanges: args[0].getIgnorechangesList(),
        aliases: args[0].getAliasesList().map(aliasOf),
      };
      // `newResource` is called before this call's first await, and so for this request.
      return Reflect.apply(target, monitor, args);
    },
  });
  pulumi.runtime.setAllConfig(config);
  // The Stack is a component too and would reject in several places at once: catch the program's own error here.
  const outputs: unknown = await pulumi.runtime.runInPulumiStack(async () => {
    try {
      const program: unknown = await import(pathToFileURL(entry).href);
      return program;
    } catch (error) {
      fail(error);
      return never();
    }
  });
  await pulumi.runtime.disconnect();
  // Wait at least once: Node reports a rejection only when no microtask is left, which would be after the last one.
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (inFlight > 0);
  return AnyRecord.parse((await plain(outputs)) ?? {});
}

/** The URNs behind each input of a request. */
function referencesOf(request: Request): Record<string, string[]> {
  const entries = [...request.getPropertydependenciesMap().entries()];
  const named = entries.map(([key, urns]): [string, string[]] => [key, urns.getUrnsList().sort()]);
  return Object.fromEntries(named.filter(([, urns]) => urns.length > 0));
}

/** An alias of a request, without what it leaves open: the SDK fills in the present parent. */
function aliasOf(alias: Requested): Alias {
  const spec = alias.getSpec();
  if (spec === undefined) return { urn: alias.getUrn() };
  const [name, type, parent] = [spec.getName(), spec.getType(), spec.getParenturn()];
  return {
    ...(name !== "" && { name }),
    ...(type !== "" && { type }),
    ...(spec.getNoparent() ? { parent: "" } : parent !== "" && { parent }),
  };
}

/** Makes what reads inputs: plain data, a resource as its URN, secrets and assets as `secret` and `asset` say. */
function plainBy(asset: Surroundings["asset"], secret: Surroundings["secret"]): (value: unknown) => Promise<unknown> {
  return async function plain(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map(plain));
    if (typeof value !== "object" || value === null) return value;
    // Typed, so that it narrows nothing: both classes are empty, and what is no Asset would be nothing at all.
    const isAsset: boolean = pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value);
    if (isAsset) return asset(value);
    if (pulumi.Resource.isInstance(value)) return pulumi.output(value.urn).apply((urn) => urn);
    if (SECRET in value && "value" in value) return secret(await plain(value.value));
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(await Promise.all(entries.map(async ([key, item]) => [key, await plain(item)])));
  };
}

/** The parts of an asset or archive: its text, its path, or by name the assets that an archive is made of. */
export async function partsOf(
  value: object,
): Promise<{ text: string } | { path: string } | { assets: Readonly<Record<string, object>> }> {
  if ("path" in value) return { path: String(await value.path) };
  if ("text" in value) return { text: String(await value.text) };
  if ("assets" in value) return { assets: z.record(z.string(), z.instanceof(Object)).parse(await value.assets) };
  throw new Error("assets are read from files and text only, not from a URL");
}
