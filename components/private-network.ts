import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionVpc } from "./handler-function.ts";

export interface PrivateNetworkArgs {
  /** The zones of the region to spread over, by their letters: 2 or more. */
  zones: readonly string[];
  /** Whether each zone has a NAT gateway of its own, so that none depends on another zone. Otherwise they share one. */
  production: boolean;
}

/**
 * A VPC whose private subnets the functions run in: nothing can open a connection to them, and they open none but HTTPS.
 * DynamoDB and S3 are reached by gateway endpoints, which cost nothing; everything else (SNS, SES, the carrier) by NAT.
 */
export class PrivateNetwork extends pulumi.ComponentResource {
  /** What a function needs in order to run inside. */
  readonly functions: FunctionVpc;

  constructor(name: string, args: PrivateNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:network:PrivateNetwork", name, {}, opts);
    const parent = { parent: this };
    const region = new pulumi.Config("aws").require("region");

    const vpc = new awsx.ec2.Vpc(
      name,
      {
        // Named, so that a preview asks AWS for nothing and needs no rights there.
        availabilityZoneNames: args.zones.map((zone) => `${region}${zone}`),
        natGateways: { strategy: args.production ? "OnePerAz" : "Single" },
        subnetStrategy: "Auto",
        enableDnsHostnames: true,
      },
      parent,
    );
    const routeTableIds = vpc.routeTables.apply((tables) => pulumi.all(tables.map(({ id }) => id)));
    for (const service of ["dynamodb", "s3"]) {
      new aws.ec2.VpcEndpoint(
        `${name}-${service}`,
        {
          vpcId: vpc.vpcId,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: "Gateway",
          routeTableIds,
        },
        parent,
      );
    }
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-functions`,
      {
        vpcId: vpc.vpcId,
        description: "The functions: HTTPS out, nothing in",
        egress: [{ description: "HTTPS", protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }],
      },
      parent,
    );
    this.functions = { subnetIds: vpc.privateSubnetIds, securityGroupIds: [securityGroup.id] };
    this.registerOutputs({ vpcId: vpc.vpcId });
  }
}
