import { expect } from "chai";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskFailure } from "../../../local/shared/disk.ts";
import { start as lock } from "../../../local/shared/lock.ts";
import { halfOf } from "../../../local/shared/replace-file.ts";
import { clearState, takeFolder } from "../../../local/shared/state.ts";

describe("a folder for the local cloud's state", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "order-fanout-state-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What is said when it is taken; undefined when it is. */
  const taking = async (state: string): Promise<string | undefined> => {
    try {
      takeFolder(state);
      await (await lock({ state })).stop();
      return undefined;
    } catch (error) {
      return String(error);
    }
  };
  const write = (...names: string[]) => names.forEach((name) => writeFileSync(join(folder, name), "x"));
  const strange = (names: string, state = folder) =>
    `LocalCloudError: ${state} holds other files (${names}) and no state of a local cloud: nothing was touched. Choose a new or an empty folder with --state DIR.`;

  it("is new, empty, marked, or of a version before the mark", async () => {
    expect(await taking(join(folder, "new/deep"))).to.equal(undefined);
    expect(await taking(join(folder, "new/deep"))).to.equal(undefined);
    writeFileSync(join(folder, "new/deep/notes.txt"), "mine");
    expect(await taking(join(folder, "new/deep"))).to.equal(undefined);
    rmSync(join(folder, "new"), { recursive: true });
    write(
      "dynamodb.db",
      "dynamodb.db-wal",
      "fauxqs.db",
      "mailbox.jsonl",
      "host-carrier.test.jsonl",
      "catalogue-loaded",
    );
    mkdirSync(join(folder, "code"));
    writeFileSync(join(folder, "lock"), "");
    expect(await taking(folder)).to.equal(undefined);
  });

  it("is no folder with anything else in it, nor one that only looks alike, nor a link to one", async () => {
    write("thesis.txt");
    symlinkSync(folder, `${folder}-link`);
    try {
      expect(await taking(folder)).to.equal(strange("thesis.txt"));
      expect(await taking(`${folder}-link`)).to.equal(strange("thesis.txt", `${folder}-link`));
      write("lock", "dynamodb.db");
      expect(await taking(folder)).to.equal(strange("thesis.txt"));
    } finally {
      rmSync(`${folder}-link`);
    }
    rmSync(join(folder, "thesis.txt"));
    rmSync(join(folder, "dynamodb.db"));
    mkdirSync(join(folder, "code"));
    mkdirSync(join(folder, "logs"));
    expect(await taking(folder)).to.equal(strange("code, lock, logs"));
    expect(readdirSync(folder)).to.deep.equal(["code", "lock", "logs"]);
  });

  it("loses what is ours with --fresh, and nothing else, not even by a link of our name", async () => {
    takeFolder(folder);
    mkdirSync(join(folder, "thesis"));
    mkdirSync(join(folder, "code"));
    write(
      "notes.txt",
      "data.db",
      "dynamodb.db",
      "fauxqs.db-shm",
      "versions.jsonl",
      "outputs.json",
      "token",
      "thesis/1.txt",
      // What a kill leaves of a file that was being replaced.
      ...["mailbox.jsonl", "parameters.json", "outputs.json"].map(halfOf),
    );
    symlinkSync(join(folder, "thesis"), join(folder, "logs"));
    clearState(folder, true);
    expect(readdirSync(folder)).to.deep.equal(["data.db", "local-cloud", "notes.txt", "thesis"]);
    expect(existsSync(join(folder, "thesis/1.txt"))).to.equal(true);
  });

  it("is closed to other users", async function () {
    if (process.platform === "win32") this.skip();
    chmodSync(folder, 0o755);
    expect(await taking(folder)).to.equal(undefined);
    expect(await taking(join(folder, "new"))).to.equal(undefined);
    const modes = [folder, join(folder, "new")].map((path) => statSync(path).mode & 0o777);
    expect(modes).to.deep.equal([0o700, 0o700]);
  });

  it("says in a line why it cannot be used", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "x");
    const useless = (state: string, reason: string) =>
      `LocalCloudError: ${state} cannot hold the state (${reason}). Make it a folder that you may write, or choose another with --state DIR.`;
    expect(await taking(file)).to.equal(useless(file, `EEXIST: file already exists, mkdir '${file}'`));
    expect(await taking(`${file}/x`)).to.equal(useless(`${file}/x`, `ENOTDIR: not a directory, mkdir '${file}/x'`));
    rmSync(file);

    const locked = join(folder, "lock");
    const useless2 = (reason: string) =>
      `LocalCloudError: ${locked} cannot be a lock (${reason}). Delete it and start again: a lock holds no data.`;
    takeFolder(folder);
    mkdirSync(locked);
    expect(await taking(folder)).to.equal(useless2("unable to open database file"));
    rmSync(locked, { recursive: true });
    writeFileSync(locked, "garbage, and long enough to be no database at all ".repeat(100));
    expect(await taking(folder)).to.equal(useless2("file is not a database"));
    rmSync(locked);
    const held = await lock({ state: folder });
    expect(await taking(folder)).to.equal(
      `LocalCloudError: ${folder} is in use by another local cloud. Stop that one, or choose a folder with --state DIR.`,
    );
    await held.stop();
  });

  it("tells a full disk and files that cannot be written from damage, and advises to delete nothing", () => {
    const failures = [
      "database or disk is full",
      "ENOSPC: no space left on device, write",
      "attempt to write a readonly database",
      "file is not a database",
    ];
    expect(failures.map((reason) => diskFailure("x.db", reason))).to.deep.equal([
      "The disk is full (x.db): make room. Nothing that was accepted is lost; what waits is tried again.",
      "The disk is full (x.db): make room. Nothing that was accepted is lost; what waits is tried again.",
      "x.db cannot be written (attempt to write a readonly database). Make it writable for you, or choose another folder with --state DIR.",
      undefined,
    ]);
  });
});
