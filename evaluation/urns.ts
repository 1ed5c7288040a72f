import type { Resource } from "./evaluated.ts";

/** An alias, as the SDK asks for it; what it does not say is as it is. */
export interface Alias {
  readonly urn?: string;
  readonly name?: string;
  readonly type?: string;
  /** The parent's URN under the mocks; empty for none. */
  readonly parent?: string;
}

/** A resource as it was registered under the SDK's mocks. */
export type Mocked = Omit<Resource, "formerUrns"> & { readonly aliases: readonly Alias[] };

/** What makes a URN: the types of the ancestors and its own, and its name. */
interface Identity {
  readonly types: readonly string[];
  readonly name: string;
}

const STACK = "pulumi:pulumi:Stack";

/**
 * The resources under the URNs that they have when they are deployed: with the types of all their ancestors but the
 * stack, where the SDK's mocks put the parent's type alone, the stack's too
 * (https://www.pulumi.com/docs/iac/concepts/resources/names/#urns). The former URNs are those of the aliases, its own
 * and its ancestors' (https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/).
 */
export function withDeployedUrns(resources: ReadonlyMap<string, Mocked>): Map<string, Resource> {
  const deployed = (urn: string): string => {
    const [own] = identities(urn, resources);
    return own && resources.has(urn) ? urnOf(urn, own) : urn;
  };
  return new Map(
    [...resources].map(([urn, resource]) => [
      deployed(urn),
      {
        ...resource,
        parent: deployed(resource.parent),
        dependsOn: resource.dependsOn.map(deployed).sort(),
        references: Object.fromEntries(
          Object.entries(resource.references).map(([key, urns]) => [key, urns.map(deployed).sort()]),
        ),
        formerUrns: identities(urn, resources)
          .slice(1)
          .map((former) => urnOf(urn, former)),
      },
    ]),
  );
}

/** A URN of the same stack and project. */
const urnOf = (urn: string, { types, name }: Identity): string =>
  [...urn.split("::").slice(0, 2), types.join("$"), name].join("::");

function identityOf(urn: string): Identity {
  const [, , types = "", name = ""] = urn.split("::");
  return { types: types.split("$"), name };
}

/** A resource's identity, and then each that it may have had. */
function identities(urn: string, resources: ReadonlyMap<string, Mocked>): Identity[] {
  const resource = resources.get(urn);
  if (resource === undefined) return [identityOf(urn)];
  const parentsOf = (parent: string): Identity[] =>
    parent === "" || resources.get(parent)?.type === STACK ? [{ types: [], name: "" }] : identities(parent, resources);
  const [current = { types: [], name: "" }] = parentsOf(resource.parent);
  const all = [{}, ...resource.aliases].flatMap(({ urn: whole, name, type = resource.type, parent }: Alias) =>
    whole !== undefined
      ? [identityOf(whole)]
      : parentsOf(parent ?? resource.parent).map((above) => ({
          types: [...above.types, type],
          name: name ?? inherited(resource.name, current.name, above.name),
        })),
  );
  return [...new Map(all.map((one) => [urnOf(urn, one), one])).values()];
}

/** As the engine has it: a child that is named after its parent had the parent's former name in its own. */
const inherited = (name: string, parent: string, former: string): string =>
  parent !== "" && name.startsWith(parent) ? former + name.slice(parent.length) : name;
