import * as pulumi from "@pulumi/pulumi";

/** A statement of a policy, before its ARNs are known. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: pulumi.Input<string> | Readonly<Record<string, pulumi.Input<string>>>;
  readonly Action: string | readonly string[];
  readonly Resource?: pulumi.Input<string> | readonly pulumi.Input<string>[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy document as JSON. */
export const policyJson = (statements: readonly Statement[]): pulumi.Output<string> =>
  pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });

interface State {
  readonly bucketArn: pulumi.Output<string>;
  readonly keyArn: pulumi.Output<string>;
}

/**
 * What `pulumi preview` does: it reads the state and decrypts it. It takes no lock and writes no history
 * (docs/decisions/0030-preview-only-reads.md), and the program calls no provider function.
 */
export const previewStatements = ({ bucketArn, keyArn }: State): Statement[] => [
  { Sid: "ListState", Effect: "Allow", Action: "s3:ListBucket", Resource: bucketArn },
  { Sid: "ReadState", Effect: "Allow", Action: "s3:GetObject", Resource: pulumi.interpolate`${bucketArn}/*` },
  { Sid: "DecryptState", Effect: "Allow", Action: "kms:Decrypt", Resource: keyArn },
];

/** The services whose resources the program makes, and those that it makes when the config asks for them. */
const SERVICES = [
  "apigateway",
  "athena",
  "cloudwatch",
  "dynamodb",
  "ec2",
  "glue",
  "lambda",
  "logs",
  "s3",
  "scheduler",
  "ses",
  "sns",
  "sqs",
];

/**
 * Of IAM, the life of the functions' roles, and the role that API Gateway makes for itself with an account's first API
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html).
 */
const ROLE_ACTIONS = [
  "iam:AttachRolePolicy",
  "iam:CreateRole",
  "iam:CreateServiceLinkedRole",
  "iam:DeleteRole",
  "iam:DeleteRolePolicy",
  "iam:DetachRolePolicy",
  "iam:GetRole",
  "iam:GetRolePolicy",
  "iam:ListAttachedRolePolicies",
  "iam:ListInstanceProfilesForRole",
  "iam:ListRolePolicies",
  "iam:ListRoleTags",
  "iam:PutRolePolicy",
  "iam:TagRole",
  "iam:UntagRole",
  "iam:UpdateAssumeRolePolicy",
  "iam:UpdateRole",
];

/** What would take the state's past or its protection away. */
const STATE_ACTIONS = [
  "s3:BypassGovernanceRetention",
  "s3:DeleteBucket",
  "s3:DeleteBucketPolicy",
  "s3:DeleteObjectVersion",
  "s3:PutBucketAcl",
  "s3:PutBucketPolicy",
  "s3:PutBucketPublicAccessBlock",
  "s3:PutBucketVersioning",
  "s3:PutEncryptionConfiguration",
  "s3:PutLifecycleConfiguration",
];

/**
 * What `pulumi up` and the smoke test need: the program's services, the functions' roles, the state with its key. What the
 * bootstrap made stays out of reach. Who may create roles can give them any right, so guard the environment
 * (docs/decisions/0031-deploy-role.md).
 */
export const deployStatements = ({
  bucketArn,
  keyArn,
  bootstrapArns,
}: State & { readonly bootstrapArns: readonly pulumi.Output<string>[] }): Statement[] => {
  const roles = keyArn.apply((arn) => {
    const [, partition, , , account] = arn.split(":");
    return `arn:${partition}:iam::${account}:role/*`;
  });
  return [
    { Sid: "Services", Effect: "Allow", Action: SERVICES.map((service) => `${service}:*`), Resource: "*" },
    { Sid: "Roles", Effect: "Allow", Action: ROLE_ACTIONS, Resource: roles },
    {
      Sid: "PassRoles",
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: roles,
      Condition: { StringEquals: { "iam:PassedToService": ["lambda.amazonaws.com", "scheduler.amazonaws.com"] } },
    },
    {
      Sid: "StateKey",
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
      Resource: keyArn,
    },
    {
      Sid: "KeepState",
      Effect: "Deny",
      Action: STATE_ACTIONS,
      Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
    },
    { Sid: "KeepBootstrap", Effect: "Deny", Action: "iam:*", Resource: bootstrapArns },
  ];
};
