import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { SecretName, UNSET } from "../contracts/secrets.ts";
import type { Consumer } from "../runtime/index.ts";

/** A secret of a consumer: its name in the config, and the parameter that holds its value. */
export interface Secret {
  readonly name: string;
  readonly parameter: aws.ssm.Parameter;
}

/**
 * Makes the secrets that a consumer's settings name, by the use that has the setting's name. Pulumi writes a placeholder at
 * their creation, and never again: the value is set by `npm run secret`, and rotates without it. As a write-only argument
 * not even the placeholder is in the stack's state, and no refresh brings the value there.
 * https://www.pulumi.com/registry/packages/aws/api-docs/ssm/parameter/
 */
export function createSecrets(
  consumer: string,
  { uses = {} }: Pick<Consumer, "uses">,
  settings: unknown,
  opts: pulumi.CustomResourceOptions,
): Record<string, Secret> {
  const named = Object.entries(uses).flatMap(([use, { kind }]): [string, string][] => {
    const { data: name } = SecretName.safeParse(Object.getOwnPropertyDescriptor(Object(settings), use)?.value);
    return kind === "secret" && name !== undefined ? [[use, name]] : [];
  });
  return Object.fromEntries(
    named.map(([use, name]) => {
      const parameter = new aws.ssm.Parameter(
        `${consumer}-${use}`,
        {
          name: `/order-fanout/${pulumi.getStack()}/${consumer}/${name}`,
          type: "SecureString",
          valueWo: UNSET,
          valueWoVersion: 1,
          description: `Set by npm run secret -- set ${name}`,
        },
        { ...opts, ignoreChanges: ["value", "valueWo", "valueWoVersion"] },
      );
      return [use, { name, parameter }];
    }),
  );
}

/** The names of the parameters of each secret: consumers that name the same one have a parameter each. */
export function parametersOf(secrets: readonly Secret[]): Record<string, pulumi.Output<string>[]> {
  const names: Record<string, pulumi.Output<string>[]> = {};
  for (const { name, parameter } of secrets) (names[name] ??= []).push(parameter.name);
  return names;
}
