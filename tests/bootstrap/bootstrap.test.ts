import { expect } from "chai";
import { join } from "node:path";
import * as z from "zod";
import { evaluateProgram, ownersValues, root, type Program } from "../support/evaluate.ts";

const Document = z.object({ Version: z.literal("2012-10-17"), Statement: z.array(z.unknown()) });

const evaluateBootstrap = (over: object = {}) =>
  evaluateProgram({ stack: "bootstrap", over, from: join(root, "bootstrap") });

/** The resources that the program makes, by name: type, inputs, and whether they are protected. */
const made = ({ resources }: Program) =>
  new Map([...resources.values()].map(({ name, type, inputs, protect }) => [name, { type, inputs, protect }]));

/** The statements of the policy that a resource has under `key`. */
function statementsOf(program: Program, name: string, key = "policy"): unknown[] {
  const text = z.string().parse(made(program).get(name)?.inputs[key]);
  return Document.parse(JSON.parse(text)).Statement;
}

const BUCKET = "arn:aws:s3:::order-fanout-state";
const KEY = "arn:aws:kms:eu-west-1:111122223333:state-key";
const PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
const role = (name: string) => `arn:aws:iam::111122223333:role/order-fanout-${name}`;

/** The trust in one subject of one provider, and in nothing else. */
const trust = (provider: string, subject: string) => [
  {
    Effect: "Allow",
    Principal: { Federated: provider },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": subject,
      },
    },
  },
];

describe("the bootstrap", () => {
  let program: Program;
  before(async () => {
    program = await evaluateBootstrap();
  });

  it("makes these resources, with the state's bucket and key protected, and nothing else", () => {
    expect(
      [...made(program)]
        .filter(([, { type }]) => type.startsWith("aws:"))
        .map(([name, { type, protect }]) => [name, type, protect])
        .sort(),
    ).to.deep.equal([
      ["deploy-policy", "aws:iam/rolePolicy:RolePolicy", false],
      ["github", "aws:iam/openIdConnectProvider:OpenIdConnectProvider", false],
      ["order-fanout-deploy", "aws:iam/role:Role", false],
      ["order-fanout-preview", "aws:iam/role:Role", false],
      ["order-fanout-state", "aws:s3/bucket:Bucket", true],
      ["preview-policy", "aws:iam/rolePolicy:RolePolicy", false],
      [
        "state-encryption",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        false,
      ],
      ["state-key", "aws:kms/key:Key", true],
      ["state-policy", "aws:s3/bucketPolicy:BucketPolicy", false],
      ["state-privacy", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", false],
      ["state-versioning", "aws:s3/bucketVersioning:BucketVersioning", false],
    ]);
  });

  it("keeps every version of the state, private, by TLS alone, encrypted by a key that rotates", () => {
    const inputs = (name: string) => made(program).get(name)?.inputs;
    expect(inputs("state-key")).to.deep.include({ enableKeyRotation: true, deletionWindowInDays: 30 });
    expect(inputs("state-versioning")).to.deep.equal({
      bucket: "order-fanout-state",
      versioningConfiguration: { status: "Enabled" },
    });
    expect(inputs("state-encryption")).to.deep.equal({
      bucket: "order-fanout-state",
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY },
          bucketKeyEnabled: true,
        },
      ],
    });
    expect(inputs("state-privacy")).to.deep.equal({
      bucket: "order-fanout-state",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(statementsOf(program, "state-policy")).to.deep.equal([
      {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [BUCKET, `${BUCKET}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });

  it("lets a pull request of this repository read the state and decrypt it, and nothing else", () => {
    expect(statementsOf(program, "order-fanout-preview", "assumeRolePolicy")).to.deep.equal(
      trust("arn:aws:iam:eu-west-1:111122223333:github", "repo:acme@1815/shop@1843:pull_request"),
    );
    expect(statementsOf(program, "preview-policy")).to.deep.equal([
      { Sid: "ListState", Effect: "Allow", Action: "s3:ListBucket", Resource: BUCKET },
      { Sid: "ReadState", Effect: "Allow", Action: "s3:GetObject", Resource: `${BUCKET}/*` },
      { Sid: "DecryptState", Effect: "Allow", Action: "kms:Decrypt", Resource: KEY },
    ]);
    expect(made(program).get("preview-policy")?.inputs["role"]).to.equal("order-fanout-preview");
    expect(made(program).get("order-fanout-preview")?.inputs).to.have.all.keys("assumeRolePolicy");
  });

  it("lets the production environment deploy, and touch neither the bootstrap nor the state's past", () => {
    const statements = z.array(z.looseObject({ Sid: z.string() })).parse(statementsOf(program, "deploy-policy"));
    const bySid = Object.fromEntries(statements.map(({ Sid, ...rest }) => [Sid, rest]));

    expect(statementsOf(program, "order-fanout-deploy", "assumeRolePolicy")).to.deep.equal(
      trust("arn:aws:iam:eu-west-1:111122223333:github", "repo:acme@1815/shop@1843:environment:production"),
    );
    expect(statements.map(({ Sid }) => Sid)).to.deep.equal([
      "Services",
      "Roles",
      "PassRoles",
      "StateKey",
      "KeepState",
      "KeepBootstrap",
    ]);
    expect(bySid["Roles"]).to.deep.include({ Effect: "Allow", Resource: "arn:aws:iam::111122223333:role/*" });
    expect(
      z
        .array(z.string())
        .parse(bySid["Roles"]?.["Action"])
        .filter((action) => !/^iam:\w+$/.test(action)),
    ).to.deep.equal([]);
    expect(bySid["PassRoles"]).to.deep.equal({
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: "arn:aws:iam::111122223333:role/*",
      Condition: { StringEquals: { "iam:PassedToService": ["lambda.amazonaws.com", "scheduler.amazonaws.com"] } },
    });
    expect(bySid["StateKey"]).to.deep.equal({
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
      Resource: KEY,
    });
    expect(bySid["KeepState"])
      .to.deep.include({ Effect: "Deny", Resource: [BUCKET, `${BUCKET}/*`] })
      .and.to.have.property("Action")
      .that.includes.members(["s3:DeleteBucket", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"]);
    expect(bySid["KeepBootstrap"]).to.deep.equal({
      Effect: "Deny",
      Action: "iam:*",
      Resource: [role("preview"), role("deploy"), "arn:aws:iam:eu-west-1:111122223333:github"],
    });
  });

  it("may use every service of the program's own resources", async () => {
    const { resources } = await evaluateProgram({ stack: "prod", stacks: root, over: await ownersValues() });
    const modules = new Set([...resources.values()].map(({ type }) => /^aws:(\w+)\//.exec(type)?.[1] ?? ""));
    const services = z
      .looseObject({ Action: z.array(z.string()) })
      .parse(statementsOf(program, "deploy-policy")[0])
      .Action.map((action) => action.replace(/:\*$/, ""));
    const named: Record<string, string> = {
      apigatewayv2: "apigateway",
      cloudwatch: "cloudwatch",
      iam: "",
      sesv2: "ses",
    };
    const needed = [...modules].map((name) => named[name] ?? name).filter((name) => name !== "");

    expect(needed).to.include("lambda");
    expect(needed.filter((service) => !services.includes(service))).to.deep.equal([]);
  });

  it("exports what the workflows' variables and a stack's first start need", () => {
    expect(program.exports).to.deep.equal({
      region: "eu-west-1",
      repository: "acme@1815/shop@1843",
      backendUrl: "s3://order-fanout-state?region=eu-west-1",
      secretsProvider: "awskms://state-key-id?region=eu-west-1",
      previewRoleArn: role("preview"),
      deployRoleArn: role("deploy"),
    });
  });

  it("takes the account's own provider by its ARN", async () => {
    const other = await evaluateBootstrap({ repository: "acme/shop", oidcProviderArn: PROVIDER });

    expect(made(other).has("github")).to.equal(false);
    expect(statementsOf(other, "order-fanout-preview", "assumeRolePolicy")).to.deep.equal(
      trust(PROVIDER, "repo:acme/shop:pull_request"),
    );
  });

  it("refuses a repository that would match others, and the ARN of something else", async () => {
    const refusal = await evaluateBootstrap({ repository: "acme/*", oidcProviderArn: "arn:aws:iam::1:role/x" }).catch(
      (error: unknown) => (error instanceof Error ? error.message : error),
    );

    expect(refusal).to.equal(
      [
        "bootstrap/Pulumi.bootstrap.yaml cannot be used:",
        '  repository: must be OWNER/NAME, or OWNER@ID/NAME@ID as the repository\'s OIDC settings show it; got "acme/*"',
        '  oidcProviderArn: must be the ARN of the provider token.actions.githubusercontent.com; got "arn:aws:iam::1:role/x"',
      ].join("\n"),
    );
  });
});
