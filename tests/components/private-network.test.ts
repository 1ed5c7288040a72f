import { expect } from "chai";
import { evaluate, type Graph } from "../support/evaluate.ts";
import { someOfType, statements } from "../support/graph.ts";

const inputsOf = (graph: Graph, type: string) => someOfType(graph, type).map(([, { inputs }]) => inputs);

describe("network: private", () => {
  let graph: Graph;
  before(async () => {
    graph = await evaluate("dev", { network: "private", zones: ["a", "c"], tags: {} });
  });

  it("runs every function in the private subnets, with a way out by HTTPS and none in", () => {
    const [group] = inputsOf(graph, "aws:ec2/securityGroup:SecurityGroup");
    expect(group).to.deep.include({
      vpcId: "vpc-network",
      egress: [{ description: "HTTPS", protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }],
    });
    expect(group).not.to.have.any.keys("ingress");
    const networks = inputsOf(graph, "aws:lambda/function:Function").map((inputs) => inputs["vpcConfig"]);
    const expected = {
      subnetIds: ["a", "b", "c"].map((zone) => `subnet-network-${zone}`),
      securityGroupIds: ["network-functions-id"],
    };
    expect(networks).to.have.length.above(10);
    expect(networks).to.deep.equal(networks.map(() => expected));
  });

  it("lets the role of every function make network interfaces, and no other role", () => {
    const policies = someOfType(graph, "aws:iam/rolePolicy:RolePolicy").map(([, policy]) => policy);
    const may = policies.filter((policy) =>
      statements(policy).some(({ Action }) => Action.includes("ec2:CreateNetworkInterface")),
    );
    const functions = someOfType(graph, "aws:lambda/function:Function").map(([, { name }]) => `${name}-policy`);
    expect(may.map(({ name }) => name)).to.have.members(functions);
  });

  it("has NAT gateways, one in each zone in production, in named zones, and asks AWS for nothing", async () => {
    const vpc = (of: Graph) => inputsOf(of, "awsx:ec2:Vpc")[0];
    const zones = { availabilityZoneNames: ["eu-west-1a", "eu-west-1c"] };
    expect(vpc(graph)).to.deep.include({ ...zones, natGateways: { strategy: "Single" } });
    const settings = { from: "orders@shop.order-fanout.dev", sms: false };
    const production = await evaluate("dev", {
      local: null,
      production: true,
      network: "private",
      alarms: { email: "oncall@order-fanout.dev" },
      corsOrigins: ["https://shop.order-fanout.dev"],
      auth: { issuer: "https://login.order-fanout.dev", audience: "shop" },
      consumers: { notifications: { settings }, shipment: { settings: { url: "https://carrier.order-fanout.dev" } } },
    });
    expect(vpc(production)).to.deep.include({ natGateways: { strategy: "OnePerAz" } });
  });

  it("reaches DynamoDB and S3 from every route table, past the NAT gateways", () => {
    const shared = { vpcId: "vpc-network", vpcEndpointType: "Gateway", routeTableIds: ["rtb-network"] };
    const tags = { project: "order-fanout", stack: "dev" };
    const endpoints = inputsOf(graph, "aws:ec2/vpcEndpoint:VpcEndpoint");
    expect(endpoints).to.have.deep.members(
      ["dynamodb", "s3"].map((service) => ({ ...shared, tags, serviceName: `com.amazonaws.eu-west-1.${service}` })),
    );
  });

  it("is nowhere in a public stack's graph", async () => {
    const types = [...(await evaluate("dev")).values()].map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("awsx:") || type.startsWith("aws:ec2/"))).to.deep.equal([]);
  });
});
