import type { Resource } from "./evaluated.ts";

const STACK = "pulumi:pulumi:Stack";

/**
 * The resources under the URNs that they have when they are deployed: with the types of all their ancestors but the
 * stack, where the SDK's mocks put the parent's type alone, the stack's too
 * (https://www.pulumi.com/docs/iac/concepts/resources/names/#urns).
 */
export function withDeployedUrns(resources: ReadonlyMap<string, Resource>): Map<string, Resource> {
  const types = (urn: string): string[] => {
    const resource = resources.get(urn);
    return resource === undefined ? [] : [...types(resource.parent).filter((type) => type !== STACK), resource.type];
  };
  const deployed = (urn: string): string => {
    if (!resources.has(urn)) return urn;
    const [urnPrefix, project, , name] = urn.split("::");
    return [urnPrefix, project, types(urn).join("$"), name].join("::");
  };
  return new Map(
    [...resources].map(([urn, resource]) => [
      deployed(urn),
      { ...resource, parent: deployed(resource.parent), dependsOn: resource.dependsOn.map(deployed).sort() },
    ]),
  );
}
