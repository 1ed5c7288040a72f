import { at, isRecord, ofType, STACK, UnknownValue, type Graph, type GraphResource } from "./graph.ts";

/** What the stack's config asks of its graph. */
export interface Settings {
  readonly production: boolean;
  /** The outage that each consumer must survive, in minutes. */
  readonly outageMinutes: Readonly<Record<string, number>>;
}

/** The settings that the stack has as its output `policy`: the CLI does not hand its config to a policy pack. */
export function settingsOf(graph: Graph): Settings {
  const [stack] = ofType(graph, STACK);
  if (stack === undefined || at(stack, "policy") === undefined) throw new Error("the stack has no output `policy`");
  const outages = at(stack, "policy", "survivesOutageMinutes");
  const entries = isRecord(outages) ? Object.entries(outages) : [];
  return {
    production: at(stack, "policy", "production") === true,
    outageMinutes: Object.fromEntries(entries.map(([name, minutes]): [string, number] => [name, Number(minutes)])),
  };
}

/** A rule that every resource graph obeys, or every one of production. */
export interface Rule {
  readonly id: string;
  /** The row of the table in `docs/policy.md` that it belongs to. */
  readonly row: number;
  /** What holds: a sentence. */
  readonly title: string;
  /** What to do where it does not hold: a sentence. */
  readonly fix: string;
  /** AWS's page that it comes from. */
  readonly page: string;
  /** Whether it holds in production alone. Default everywhere. */
  readonly productionOnly?: true;
  /** The types of the resources that it judges. */
  readonly of: readonly string[];
  /**
   * What is wrong with a resource; nothing where all is well.
   * @throws UnknownValue where a preview cannot know.
   */
  readonly judge: (resource: GraphResource, graph: Graph, settings: Settings) => string | undefined;
}

/** A resource that breaks a rule. */
export interface Finding {
  /** Its URN. */
  readonly resource: string;
  /** The rule's id. */
  readonly rule: string;
  /** What is wrong, and what to do. */
  readonly fix: string;
}

/** The resources that break a rule. What a preview cannot know is left to the update that follows it. */
export function findingsOf(rule: Rule, graph: Graph, settings: Settings): Finding[] {
  if (rule.productionOnly && !settings.production) return [];
  return judged(rule, graph).flatMap((resource) => {
    const wrong = known(() => rule.judge(resource, graph, settings));
    return wrong === undefined ? [] : [{ resource: resource.urn, rule: rule.id, fix: `${wrong}. ${rule.fix}` }];
  });
}

/** The resources that a rule looks at. */
export const judged = (rule: Rule, graph: Graph): Graph => graph.filter(({ type }) => rule.of.includes(type));

function known(judge: () => string | undefined): string | undefined {
  try {
    return judge();
  } catch (error) {
    if (error instanceof UnknownValue) return undefined;
    throw error;
  }
}
