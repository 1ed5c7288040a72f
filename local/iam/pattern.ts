/** Whether a value is one of those that a pattern of a policy names. */
export type Matches = (value: string) => boolean;

const escaped = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
const wildcards = (text: string): string => escaped(text).replaceAll("*", ".*").replaceAll("?", ".");
const whole = (source: string, flags = "s"): Matches => {
  const expression = new RegExp(`^${source}$`, flags);
  return (value) => expression.test(value);
};

/** The parts of an ARN: the sixth has whatever colons come after the fifth. */
const segmentsOf = (arn: string): string[] => {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
};

/**
 * A pattern of the element Action, whose case does not matter:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
 */
export const actionPattern = (pattern: string): Matches => whole(wildcards(pattern), "is");

/**
 * A pattern of the elements Resource and NotResource. A wildcard stays in its segment, and `*` at a segment's end may go
 * beyond it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
 */
export function resourcePattern(pattern: string): Matches {
  const segments = segmentsOf(pattern).map((segment, index) => {
    if (index === 5) return wildcards(segment);
    const within = escaped(segment.replace(/\*+$/, "")).replaceAll("*", "[^:]*").replaceAll("?", "[^:]");
    return segment.endsWith("*") ? `${within}.*` : within;
  });
  return whole(segments.join(":"));
}

/**
 * A value of ArnEquals and ArnLike, which are the same: each of the six parts is compared by itself.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function arnCondition(pattern: string): Matches {
  const wanted = segmentsOf(pattern).map((segment) => whole(wildcards(segment)));
  return (arn) => {
    const found = segmentsOf(arn);
    return found.length === wanted.length && wanted.every((matches, index) => matches(found[index] ?? ""));
  };
}
