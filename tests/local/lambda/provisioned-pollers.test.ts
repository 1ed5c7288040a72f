import { expect } from "chai";
import type { MappingConfig } from "../../../local/lambda/event-source-mapping.ts";
import { eventSourceMapping } from "../../../local/lambda/provision.ts";

describe("a mapping with provisioned pollers", () => {
  const provision = (inputs: object): MappingConfig[] => {
    const mappings: MappingConfig[] = [];
    const type = "aws:lambda/eventSourceMapping:EventSourceMapping";
    const named = { eventSourceArn: "arn:aws:sqs:eu-west-1:000000000000:q", functionName: "f", ...inputs };
    eventSourceMapping({ type, name: "m", urn: "urn", inputs: named }, { mappings, settings: { region: "eu-west-1" } });
    return mappings;
  };

  it("works on ten batches at the same time for each poller", () => {
    const [mapping] = provision({ provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 3 } });
    expect(mapping?.maximumConcurrency).to.equal(30);
  });

  it("has no maximum concurrency beside them, as on AWS", () => {
    const both = { scalingConfig: { maximumConcurrency: 2 }, provisionedPollerConfig: { maximumPollers: 2 } };
    expect(() => provision(both)).to.throw(
      'aws:lambda/eventSourceMapping:EventSourceMapping "m": AWS takes a maximum concurrency or provisioned pollers, not both',
    );
  });
});
