import { createAccess, type Access } from "../../../local/iam/access.ts";

/** The start of a throwaway program: the role of its functions, which may poll every queue of the program. */
export const roleOfFunctions = `
const role = new aws.iam.Role("role", {
  assumeRolePolicy: JSON.stringify({
    Statement: { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  }),
});
new aws.iam.RolePolicy("polls", {
  role: role.id,
  policy: JSON.stringify({
    Statement: {
      Effect: "Allow",
      Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      Resource: "*",
    },
  }),
});
`;

/** Who may do anything, as a test of something else wants it. */
export const allAccess = (): Access => ({
  ...createAccess(),
  judge: () => ({ allowed: true, statement: "all" }),
});
