// The policy pack: `npm run policy` makes policy/pack/index.js of it, which `pulumi preview --policy-pack policy/pack` runs.
import { PolicyPack, type PolicyResource, type StackValidationPolicy } from "@pulumi/policy";
import { isRecord, UNKNOWN, type Graph, type GraphResource } from "./graph.ts";
import { findingsOf, settingsOf } from "./rule.ts";
import { rules } from "./rules.ts";

new PolicyPack("order-fanout", {
  enforcementLevel: "mandatory",
  policies: rules.map((rule): StackValidationPolicy => ({
    name: rule.id,
    description: rule.title,
    url: rule.page,
    remediationSteps: rule.fix,
    validateStack: ({ resources }, report) => {
      const graph = graphOf(resources);
      for (const { resource, fix } of findingsOf(rule, graph, settingsOf(graph))) report(fix, resource);
    },
  })),
});

/** The stack as the rules read it. */
function graphOf(resources: readonly PolicyResource[]): Graph {
  return resources.map((resource): GraphResource => ({
    urn: resource.urn,
    type: resource.type,
    name: resource.name,
    props: withUnknowns(resource.props),
    parent: resource.parent?.urn,
    dependsOn: resource.dependencies.map(({ urn }) => urn),
    references: Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([key, behind]) => [key, behind.map(({ urn }) => urn)]),
    ),
    protect: resource.opts.protect,
  }));
}

/** Pulumi's props throw where a value cannot be known yet. No rule reads code, which is long. */
function withUnknowns(props: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(props)
      .filter((key) => key !== "code")
      .map((key) => [key, knownOrNot(() => props[key])]),
  );
}

function knownOrNot(read: () => unknown): unknown {
  let value: unknown;
  try {
    value = read();
  } catch {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return Array.from({ length: list.length }, (_, index) => knownOrNot(() => list[index]));
  }
  return isRecord(value) ? withUnknowns(value) : value;
}
