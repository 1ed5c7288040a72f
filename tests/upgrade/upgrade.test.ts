import { expect } from "chai";
import { losses } from "./losses.ts";
import { readReleases, upgraded } from "./releases.ts";

for (const release of await readReleases()) {
  describe(`an upgrade from release ${release.version}`, () => {
    for (const { stack, config, resources } of release.stacks) {
      it(`of ${stack} loses nothing`, async () => {
        const head = await upgraded(stack, config, release);
        expect(losses(resources, head)).to.deep.equal([]);
      });
    }
  });
}
