import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { assetOf, importMap, libraryFiles } from "../../../local/page/assets.ts";
import { root } from "../../support/evaluate.ts";

const KB = 1_024;
const browser = join(root, "local/page/browser");
const own = readdirSync(browser).filter((name) => /\.(ts|css)$/.test(name));

describe("the local page's code", () => {
  it("is at most 45 KB as it is written, styles too, and its libraries at most 52 KB gzipped", () => {
    const bytes = own.reduce((sum, name) => sum + readFileSync(join(browser, name)).length, 0);
    const libraries = libraryFiles.reduce((sum, name) => sum + gzipSync(assetOf("lib", name)?.body ?? "").length, 0);
    expect(own).to.have.length.above(8);
    expect(bytes).to.be.at.most(45 * KB);
    expect(libraries)
      .to.be.above(40 * KB)
      .and.at.most(52 * KB);
  });

  it("is served without types, from its own folders alone, and finds every import there", () => {
    for (const name of own.filter((file) => file.endsWith(".ts"))) {
      const text = assetOf("code", name)?.body.toString() ?? "";
      const imports = [...text.matchAll(/from "([^"]+)"/g)].map(([, from = ""]) => from);
      for (const from of imports) {
        const known = from.startsWith("./")
          ? assetOf("code", from.slice(2)) !== undefined
          : importMap.includes(`"${from}"`);
        expect(known, `${name} imports ${from}`).to.equal(true);
      }
      expect(text, name).to.not.match(/import type|: View/);
    }
    for (const name of ["../serve.ts", "..%2fserve.ts", "main.js", "tsconfig.json"])
      expect(assetOf("code", name), name).to.equal(undefined);
    expect(assetOf("lib", "constructor")).to.equal(undefined);
  });

  it("never asks its makers' sites for anything: redoc's logo is none", () => {
    expect(assetOf("lib", "redoc.js")?.body.toString()).to.not.include("https://cdn.redoc.ly/");
  });
});
