import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { UNSET } from "../../contracts/secrets.ts";
import { ssmClient } from "./clients.ts";
import type { Opening, Scope } from "./port.ts";

/** A secret that a person sets by `npm run secret`. */
export interface SecretPort {
  /**
   * The value, as it was at most 5 minutes ago; with `fresh`, as it is now. Undefined where the settings name no secret.
   * @throws Error while nobody has set it.
   */
  get(options?: { readonly fresh?: boolean }): Promise<string | undefined>;
}

/** How long a value is used, so that it rotates without a deployment. */
const KEPT_MS = 5 * 60_000;

/** A SecureString of SSM's Parameter Store; a name that is empty stands for none. */
export function open({ resource: Name, calls }: Opening) {
  let kept: { readonly value: string; readonly at: number } | undefined;
  return ({ signal: abortSignal }: Scope): SecretPort => ({
    async get({ fresh = false } = {}) {
      if (Name === "") return undefined;
      const now = Date.now();
      // A clock that is set back makes no value last longer.
      if (!fresh && kept && now >= kept.at && now < kept.at + KEPT_MS) return kept.value;
      const command = new GetParameterCommand({ Name, WithDecryption: true });
      const { Parameter } = await ssmClient(calls).send(command, { abortSignal });
      const value = Parameter?.Value;
      if (value === undefined || value === UNSET)
        throw new Error(
          `the secret ${Name} is not set yet: \`npm run secret -- set ${Name.split("/").at(-1)}\` sets it`,
        );
      kept = { value, at: now };
      return value;
    },
  });
}
