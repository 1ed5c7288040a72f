import * as pulumi from "@pulumi/pulumi";

/** What the stack's config says. */
export interface BootstrapConfig {
  /** The repository as the subject of its OIDC tokens names it. */
  readonly repository: string;
  /** The account's OIDC provider for GitHub; undefined where it is to be created. */
  readonly oidcProviderArn: string | undefined;
}

/**
 * `OWNER/NAME`, or `OWNER@ID/NAME@ID` for repositories that were created, renamed or transferred since July 2026:
 * https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims. No wildcard: the policies compare
 * by StringEquals.
 */
const REPOSITORY = /^[A-Za-z0-9-]+(@\d+\/[A-Za-z0-9._-]+@\d+|\/[A-Za-z0-9._-]+)$/;
const PROVIDER = /^arn:[a-z-]+:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/;

/**
 * Reads and checks the stack's config.
 * @throws RunError with every mistake.
 */
export function loadConfig(): BootstrapConfig {
  const config = new pulumi.Config();
  const repository = config.get("repository") ?? "";
  const oidcProviderArn = config.get("oidcProviderArn") || undefined;
  const mistakes = [
    ...(REPOSITORY.test(repository)
      ? []
      : [
          `repository: must be OWNER/NAME, or OWNER@ID/NAME@ID as the repository's OIDC settings show it; got "${repository}"`,
        ]),
    ...(oidcProviderArn === undefined || PROVIDER.test(oidcProviderArn)
      ? []
      : [
          `oidcProviderArn: must be the ARN of the provider token.actions.githubusercontent.com; got "${oidcProviderArn}"`,
        ]),
  ];
  if (mistakes.length > 0) {
    throw new pulumi.RunError(
      `bootstrap/Pulumi.${pulumi.getStack()}.yaml cannot be used:\n${mistakes.map((one) => `  ${one}`).join("\n")}`,
    );
  }
  return { repository, oidcProviderArn };
}
