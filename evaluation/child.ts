// Runs in a process of its own, under Node's type stripping: one evaluation of a Pulumi program with made-up answers of
// AWS, the same each time.
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Evaluated } from "./evaluated.ts";
import { evaluateProgram, partsOf } from "./program.ts";
import { ProgramStart } from "./start.ts";
import { withDeployedUrns, type Mocked } from "./urns.ts";

/** What the process is given as its argument. */
const ChildStart = z.object({
  start: ProgramStart,
  /** Whether a secret of the inputs is shown as "[secret]". */
  maskSecrets: z.boolean(),
});
export type ChildStart = z.output<typeof ChildStart>;

const REGION = "eu-west-1";
const ACCOUNT = "111122223333";

// The SDK takes a stack for each promise, half of the work; only messages are shown here.
Error.stackTraceLimit = 0;

const resources = new Map<string, Mocked>();
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

/** Every file of an asset or archive, with the SHA-256 of its content. */
async function filesOf(value: object, at = ""): Promise<[string, string][]> {
  const parts = await partsOf(value);
  if ("text" in parts) return [[at, keep(Buffer.from(parts.text))]];
  if ("path" in parts) return filesUnder(parts.path, at);
  const nested = Object.entries(parts.assets).map(([name, inner]) => filesOf(inner, join(at, name)));
  return (await Promise.all(nested)).flat();
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
function answer(
  type: string,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
): { id: string; outputs: Record<string, unknown> } {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  switch (type) {
    case "aws:apigatewayv2/api:Api": {
      const outputs = { apiEndpoint: `https://${name}.example`, executionArn: arn("execute-api", name), name };
      return { id: `${name}-id`, outputs };
    }
    case "aws:cloudwatch/logGroup:LogGroup":
      return { id: name, outputs: { name, arn: arn("logs", `log-group:${name}`) } };
    case "aws:dynamodb/table:Table":
      return { id: name, outputs: { name, arn: arn("dynamodb", `table/${name}`) } };
    case "aws:iam/role:Role":
      return { id: name, outputs: { name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` } };
    case "aws:lambda/function:Function": {
      const functionArn = arn("lambda", `function:${name}`);
      return { id: name, outputs: { name, arn: functionArn, invokeArn: invokeArn(functionArn), version: "1" } };
    }
    case "aws:lambda/alias:Alias": {
      const alias = arn("lambda", `function:${String(inputs["functionName"])}:${String(inputs["name"])}`);
      return { id: alias, outputs: { name: inputs["name"], arn: alias, invokeArn: invokeArn(alias) } };
    }
    case "aws:s3/bucket:Bucket":
      return { id: name, outputs: { bucket: name, arn: `arn:aws:s3:::${name}` } };
    case "awsx:ec2:Vpc": {
      const [vpcId, privateSubnetIds] = [`vpc-${name}`, ["a", "b", "c"].map((zone) => `subnet-${name}-${zone}`)];
      return { id: vpcId, outputs: { vpcId, privateSubnetIds, routeTables: [{ id: `rtb-${name}` }] } };
    }
    case "aws:sesv2/configurationSet:ConfigurationSet":
      return { id: name, outputs: inputs };
    case "aws:sns/topic:Topic":
      return { id: arn("sns", name), outputs: { name, arn: arn("sns", name) } };
    case "aws:sqs/queue:Queue": {
      const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
      return { id: url, outputs: { name, url, arn: arn("sqs", name) } };
    }
    default:
      return { id: `${name}-id`, outputs: { name, arn: arn(type.split(/[:/]/)[1] ?? "", name) } };
  }
}

/** How API Gateway names a function that it invokes. */
const invokeArn = (functionArn: string): string =>
  `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
const { start, maskSecrets } = ChildStart.parse(JSON.parse(process.argv[2] ?? "null"));
evaluateProgram(start, {
  provision: ({ urn, ...resource }) => {
    const { inputs, dependsOn } = resource;
    const references = Object.fromEntries(Object.entries(resource.references).map(([key, urns]) => [key, [...urns]]));
    resources.set(urn, { ...resource, inputs: { ...inputs }, dependsOn: [...dependsOn], references });
    return answer(resource.type, resource.name, resource.inputs);
  },
  secret: (value) => (maskSecrets ? "[secret]" : value),
  asset: async (value) => Object.fromEntries((await filesOf(value)).sort(([a], [b]) => (a < b ? -1 : 1))),
  fail,
})
  .then((exports) => {
    if (!failed) send({ kind: "done", resources: withDeployedUrns(resources), files, exports });
  })
  .catch(fail);
