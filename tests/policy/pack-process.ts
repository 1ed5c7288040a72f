import { credentials } from "@grpc/grpc-js";
import grpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { UNKNOWN, type Graph } from "../../policy/graph.ts";
import { root } from "../support/evaluate.ts";

/** What stands in Pulumi's protocol for a text that a preview cannot know. */
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The policy pack in a process of its own, as the CLI runs it: it prints its port, and is asked by gRPC. */
export async function startPack() {
  const child = spawn(process.execPath, ["index.js", "127.0.0.1:1"], {
    cwd: join(root, "policy/pack"),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const client = new grpc.AnalyzerClient(`127.0.0.1:${port.toString().trim()}`, credentials.createInsecure());

  const policies = () =>
    new Promise<proto.PolicyInfo.AsObject[]>((resolve, reject) =>
      client.getAnalyzerInfo(new empty.Empty(), (error, info) =>
        error ? reject(error) : resolve(info.toObject().policiesList),
      ),
    );

  /** What the pack reports of a stack. */
  const analyze = (graph: Graph) =>
    new Promise<proto.AnalyzeDiagnostic.AsObject[]>((resolve, reject) => {
      const request = new proto.AnalyzeStackRequest().setResourcesList(graph.map(messageOf));
      client.analyzeStack(request, (error, response) =>
        error ? reject(error) : resolve(response.toObject().diagnosticsList),
      );
    });

  async function stop(): Promise<void> {
    client.close();
    child.kill();
    await once(child, "exit");
  }
  return { policies, analyze, stop };
}

/** A resource as the engine sends it. */
function messageOf({ urn, type, name, props, parent, dependsOn, references, protect }: Graph[number]) {
  const properties: unknown = JSON.parse(
    JSON.stringify(props, (_, value: unknown) => (value === UNKNOWN ? UNKNOWN_TEXT : value)),
  );
  const resource = new proto.AnalyzerResource()
    .setUrn(urn)
    .setType(type)
    .setName(name)
    .setParent(parent ?? "")
    .setProperties(struct.Struct.fromJavaScript(properties as Parameters<typeof struct.Struct.fromJavaScript>[0]))
    .setOptions(new proto.AnalyzerResourceOptions().setProtect(protect))
    .setDependenciesList([...dependsOn]);
  for (const [key, urns] of Object.entries(references)) {
    resource.getPropertydependenciesMap().set(key, new proto.AnalyzerPropertyDependencies().setUrnsList([...urns]));
  }
  return resource;
}
