import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluate, root, type Graph } from "../support/evaluate.ts";

/** Whether the provider's arguments of a type have `tags`. */
async function takesTags(type: string): Promise<boolean> {
  const [provider = "", path = ""] = type.split(":");
  const [module = "", file = ""] = path.split("/");
  if (provider !== "aws") return type === "awsx:ec2:Vpc";
  const declared = await readFile(join(root, "node_modules/@pulumi/aws", module, `${file}.d.ts`), "utf8");
  const [, args = ""] = declared.split(/export interface \w+Args \{/);
  return /^ {4}tags\?:/m.test(args);
}

describe("tags", () => {
  let graph: Graph;
  before(async () => {
    graph = await evaluate("dev", { network: "private", tags: { team: "shop" } });
  });

  it("are on every resource that takes them: the project, the stack, and those of the config", async () => {
    const wrong: string[] = [];
    for (const { type, name, custom, inputs } of graph.values()) {
      if (!custom && !type.startsWith("awsx:")) continue;
      const expected = (await takesTags(type)) ? { project: "order-fanout", stack: "dev", team: "shop" } : undefined;
      if (JSON.stringify(inputs["tags"]) !== JSON.stringify(expected)) wrong.push(`${type} ${name}`);
    }
    expect(wrong).to.deep.equal([]);
  });
});
