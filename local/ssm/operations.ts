import { createHash } from "node:crypto";
import * as z from "zod";
import { refuse, type Answer } from "../endpoint/protocol.ts";
import { arn } from "../shared/names.ts";
import type { Parameters } from "./parameters.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
const Get = z.strictObject({ Name: z.string(), WithDecryption: z.boolean().default(false) });
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html, for parameters that are there. */
const Put = z.strictObject({
  Name: z.string(),
  Value: z.string().min(1),
  Type: z.string().optional(),
  Overwrite: z.boolean().default(false),
});

/** Where the parameters are. */
export interface SsmApiArgs {
  readonly parameters: Parameters;
  readonly region: string;
}

/** The operations of SSM that are served. */
export const ssmOperations: Readonly<Record<string, (input: unknown, args: SsmApiArgs) => Answer>> = {
  GetParameter: (input, { parameters, region }) => {
    const { data, error } = Get.safeParse(input);
    if (error) return refuse("ValidationException", z.prettifyError(error));
    const { Name, WithDecryption } = data;
    const found = parameters.get(Name);
    if (!found) return refuse("ParameterNotFound", `There is no parameter ${Name}.`);
    const { type, value, version, modified } = found;
    const Value = type === "SecureString" && !WithDecryption ? encrypted(value) : value;
    const ARN = arn("ssm", region, `parameter/${Name.replace(/^\//, "")}`);
    return {
      body: {
        Parameter: { Name, Type: type, Value, Version: version, LastModifiedDate: modified, ARN, DataType: "text" },
      },
    };
  },
  PutParameter: (input, { parameters }) => {
    const { data, error } = Put.safeParse(input);
    if (error) return refuse("ValidationException", z.prettifyError(error));
    const { Name, Value: value, Type, Overwrite } = data;
    const found = parameters.get(Name);
    if (found && !Overwrite) {
      const message =
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
      return refuse("ParameterAlreadyExists", message);
    }
    return {
      body: { Version: parameters.put(Name, { type: Type ?? found?.type ?? "String", value }), Tier: "Standard" },
    };
  },
};

/** Stands for the ciphertext of a value that nobody asked to decrypt. */
const encrypted = (value: string): string => createHash("sha512").update(value).digest("base64");
