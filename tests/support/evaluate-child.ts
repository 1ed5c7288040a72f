// Runs in a process of its own, under Node's type stripping: one evaluation of a Pulumi program by mocks that make up
// what AWS would answer, the same each time.
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { Evaluation, type Evaluated, type Resource } from "./evaluation.ts";

const SECRET = "4dabf18193072939515e22adb298388d";
const REGION = "eu-west-1";
const ACCOUNT = "111122223333";

const resources = new Map<string, Resource>();
const files = new Map<string, Uint8Array<ArrayBuffer>>();

function send(message: Evaluated): void {
  process.send?.(message, undefined, undefined, () => process.exit(0));
}

/** The first error is the cause: the SDK follows it up by dozens of rejections. */
let failed = false;
function fail(error: unknown): void {
  if (failed) return;
  failed = true;
  send({ kind: "failed", message: error instanceof Error ? error.message : "not an Error was thrown" });
}

const AnyRecord = z.record(z.string(), z.unknown());

async function plain(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  if (typeof value !== "object" || value === null) return value;
  // Typed, so that it narrows nothing: what is no Asset would be nothing at all.
  const isArchive: boolean = pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value);
  if (isArchive) return Object.fromEntries((await filesOf(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (SECRET in value && "value" in value) return plain(value.value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(await Promise.all(entries.map(async ([key, inner]) => [key, await plain(inner)])));
}

/** Every file of an asset or archive, with the SHA-256 of its content. */
async function filesOf(value: object, at = ""): Promise<[string, string][]> {
  if ("text" in value) return [[at, keep(Buffer.from(String(await value.text)))]];
  if ("path" in value) return filesUnder(String(await value.path), at);
  if (!("assets" in value)) throw new Error("an asset from a URL is not known here");
  const assets = AnyRecord.parse(await value.assets);
  const nested = await Promise.all(
    Object.entries(assets).map(([name, inner]) => filesOf(z.instanceof(Object).parse(inner), join(at, name))),
  );
  return nested.flat();
}

async function filesUnder(path: string, at: string): Promise<[string, string][]> {
  if ((await stat(path)).isFile()) return [[at, keep(await readFile(path))]];
  const nested = await Promise.all((await readdir(path)).map((name) => filesUnder(join(path, name), join(at, name))));
  return nested.flat();
}

function keep(content: Uint8Array<ArrayBuffer>): string {
  const sha256 = createHash("sha256").update(content).digest("hex");
  files.set(sha256, content);
  return sha256;
}

/** What AWS would say of a new resource, as far as another resource asks for it. */
function answer(type: string, name: string): { id: string; state: Record<string, unknown> } {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  switch (type) {
    case "aws:apigatewayv2/api:Api": {
      const state = { apiEndpoint: `https://${name}.example`, executionArn: arn("execute-api", name), name };
      return { id: `${name}-id`, state };
    }
    case "aws:cloudwatch/logGroup:LogGroup":
      return { id: name, state: { name, arn: arn("logs", `log-group:${name}`) } };
    case "aws:dynamodb/table:Table":
      return { id: name, state: { name, arn: arn("dynamodb", `table/${name}`) } };
    case "aws:iam/role:Role":
      return { id: name, state: { name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` } };
    case "aws:lambda/function:Function": {
      const functionArn = arn("lambda", `function:${name}`);
      const invokeArn = `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
      return { id: name, state: { name, arn: functionArn, invokeArn } };
    }
    case "aws:s3/bucket:Bucket":
      return { id: name, state: { bucket: name, arn: `arn:aws:s3:::${name}` } };
    case "aws:sns/topic:Topic":
      return { id: arn("sns", name), state: { name, arn: arn("sns", name) } };
    case "aws:sqs/queue:Queue": {
      const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
      return { id: url, state: { name, url, arn: arn("sqs", name) } };
    }
    default:
      return { id: `${name}-id`, state: { name, arn: arn(type.split(/[:/]/)[1] ?? "", name) } };
  }
}

async function evaluate({ root, project, stack, config }: Evaluation): Promise<void> {
  // The mocks' arguments carry neither parent nor dependencies: the request itself is looked at.
  let request: { urn: string; parent: string; dependsOn: string[]; protect: boolean } | undefined;
  let inFlight = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, custom }) => {
        if (!request) throw new Error("a resource was registered past the monitor");
        const { urn, ...rest } = request;
        if (resources.has(urn)) fail(new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`));
        inFlight += 1;
        const resource: Resource = { type, name, custom: custom ?? true, inputs: {}, ...rest };
        resources.set(urn, resource);
        resource.inputs = AnyRecord.parse(await plain(inputs));
        inFlight -= 1;
        const { id, state } = answer(type, name);
        return custom === false ? { id: "", state: {} } : { id, state: { ...AnyRecord.parse(inputs), ...state } };
      },
      call: ({ token }) => {
        throw new Error(`the program invokes ${token}: say in evaluate-child.ts what AWS would answer`);
      },
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
        dependsOn: args[0].getDependenciesList().sort(),
        protect: args[0].getProtect() ?? false,
      };
      // `newResource` is called before this call's first await, and so for this request.
      return Reflect.apply(target, monitor, args);
    },
  });
  pulumi.runtime.setAllConfig(config);
  await pulumi.runtime.runInPulumiStack(async () => {
    try {
      await import(pathToFileURL(join(root, "index.ts")).href);
    } catch (error) {
      fail(error);
      return new Promise<never>(() => {});
    }
  });
  await pulumi.runtime.disconnect();
  while (inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
  if (!failed) send({ kind: "done", resources, files });
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
evaluate(Evaluation.parse(JSON.parse(process.argv[2] ?? "null"))).catch(fail);
