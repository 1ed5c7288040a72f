import * as z from "zod";

/** The value with which a stack creates a secret: SSM takes no empty one, and the real one is nobody's but its writer's. */
export const UNSET = "not set yet";

/** A secret's name in the stack's config, and for `npm run secret`. */
export const SecretName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,49}$/, "must be 1 to 50 lower-case letters, digits and hyphens, and begin with a letter");
