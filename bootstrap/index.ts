import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { deployStatements, policyJson, previewStatements } from "./permissions.ts";
import { loadConfig } from "./config.ts";
import { createState } from "./state.ts";

const GITHUB = "token.actions.githubusercontent.com";
const AUDIENCE = "sts.amazonaws.com";
/** The environment that deploy.yml names. */
const ENVIRONMENT = "production";

const { repository, oidcProviderArn } = loadConfig();
const { bucket, key } = createState();

const provider = oidcProviderArn ?? createProvider();
const preview = createRole("preview", `repo:${repository}:pull_request`);
const deploy = createRole("deploy", `repo:${repository}:environment:${ENVIRONMENT}`);

new aws.iam.RolePolicy("preview-policy", {
  role: preview.name,
  policy: policyJson(previewStatements({ bucketArn: bucket.arn, keyArn: key.arn })),
});
new aws.iam.RolePolicy("deploy-policy", {
  role: deploy.name,
  policy: policyJson(
    deployStatements({
      bucketArn: bucket.arn,
      keyArn: key.arn,
      bootstrapArns: [preview.arn, deploy.arn, pulumi.output(provider)],
    }),
  ),
});

export const region = key.arn.apply((arn) => arn.split(":")[3] ?? "");
/** The URL of the backend of every stack: https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3 */
export const backendUrl = pulumi.interpolate`s3://${bucket.bucket}?region=${region}`;
/** https://www.pulumi.com/docs/iac/concepts/secrets/#aws-key-management-service-kms */
export const secretsProvider = pulumi.interpolate`awskms://${key.id}?region=${region}`;
export const previewRoleArn = preview.arn;
export const deployRoleArn = deploy.arn;
export { repository };

/** AWS checks GitHub's certificate by its own authorities; a thumbprint would not be used. */
function createProvider(): pulumi.Output<string> {
  return new aws.iam.OpenIdConnectProvider("github", { url: `https://${GITHUB}`, clientIdLists: [AUDIENCE] }).arn;
}

/**
 * A role that only workflow runs with this subject may assume:
 * https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
 */
function createRole(name: string, subject: string): aws.iam.Role {
  return new aws.iam.Role(`order-fanout-${name}`, {
    assumeRolePolicy: policyJson([
      {
        Effect: "Allow",
        Principal: { Federated: provider },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { [`${GITHUB}:aud`]: AUDIENCE, [`${GITHUB}:sub`]: subject } },
      },
    ]),
  });
}
