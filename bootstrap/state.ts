import * as aws from "@pulumi/aws";
import { policyJson } from "./permissions.ts";

/** The bucket that holds every stack's state, and the key that encrypts it and the secrets in it. Both are protected. */
export function createState(): { bucket: aws.s3.Bucket; key: aws.kms.Key } {
  const key = new aws.kms.Key(
    "state-key",
    { description: "State and secrets of order-fanout's stacks", enableKeyRotation: true, deletionWindowInDays: 30 },
    { protect: true },
  );
  const bucket = new aws.s3.Bucket("order-fanout-state", {}, { protect: true });

  // An earlier version of a state is its backup.
  new aws.s3.BucketVersioning("state-versioning", {
    bucket: bucket.bucket,
    versioningConfiguration: { status: "Enabled" },
  });
  new aws.s3.BucketServerSideEncryptionConfiguration("state-encryption", {
    bucket: bucket.bucket,
    rules: [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn },
        bucketKeyEnabled: true,
      },
    ],
  });
  const privacy = new aws.s3.BucketPublicAccessBlock("state-privacy", {
    bucket: bucket.bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  // One policy at a time: S3 refuses a change of both at once.
  new aws.s3.BucketPolicy(
    "state-policy",
    {
      bucket: bucket.bucket,
      policy: policyJson([
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [bucket.arn, bucket.arn.apply((arn) => `${arn}/*`)],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ]),
    },
    { dependsOn: [privacy] },
  );
  return { bucket, key };
}
