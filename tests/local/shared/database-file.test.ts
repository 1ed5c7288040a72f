import { expect } from "chai";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inspectDatabase } from "../../../local/shared/database-file.ts";

describe("a database of an earlier run", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "order-fanout-database-"));
    file = join(folder, "x.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const filler = "INSERT INTO t SELECT randomblob(3000) FROM generate_series(1, 60)".replace(
    "generate_series(1, 60)",
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT i FROM n)",
  );
  /** Does something with a database and leaves its files as a process does that is killed. */
  const killedAfter = (act: (database: DatabaseSync) => void, from?: string): void => {
    const source = join(folder, "live.db");
    for (const end of ["", "-wal"]) {
      rmSync(source + end, { force: true });
      if (from !== undefined) copyFileSync(from + end, source + end);
    }
    const database = new DatabaseSync(source);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS t (a)");
    act(database);
    for (const end of ["", "-wal"]) copyFileSync(source + end, file + end);
    database.close();
  };
  const commits = (count: number) => (database: DatabaseSync) => {
    for (let at = 0; at < count; at += 1) database.exec("INSERT INTO t VALUES (randomblob(3000))");
  };
  const inspected = (): string => {
    try {
      inspectDatabase(file);
      return "well";
    } catch (error) {
      return String(error);
    }
  };
  const advice = "Put back a copy, or move it away and begin without what it held, or start with --fresh.";
  const damagedLog = () =>
    `LocalCloudError: ${file}-wal is damaged: what it holds last would be left out without a word. ${advice}`;
  const damage = (at: number): void => {
    const log = readFileSync(`${file}-wal`);
    log.fill("garbage", at, at + 700);
    writeFileSync(`${file}-wal`, log);
  };

  it("is taken when there is none, and as a kill leaves it: with a torn commit, and with a transaction that is cut short", () => {
    expect(inspected()).to.equal("well");
    killedAfter(commits(20));
    expect(inspected()).to.equal("well");
    truncateSync(`${file}-wal`, readFileSync(`${file}-wal`).length - 1_000);
    expect(inspected()).to.equal("well");

    killedAfter((database) => {
      commits(5)(database);
      database.exec(`PRAGMA cache_size = 2; BEGIN; ${filler}`);
    });
    const torn = readFileSync(`${file}-wal`).length;
    expect(inspected()).to.equal("well");
    killedAfter(commits(1), file);
    expect(readFileSync(`${file}-wal`).length, "frames of the cut transaction are still behind").to.equal(torn);
    expect(inspected()).to.equal("well");
  });

  it("is taken when its log has begun again over an older one", () => {
    killedAfter((database) => {
      commits(20)(database);
      database.exec("PRAGMA wal_checkpoint(RESTART)");
      commits(3)(database);
    });
    expect(inspected()).to.equal("well");
  });

  it("is not taken, with a line that says what to do, when SQLite would leave out what was committed", () => {
    for (const at of [0, 20, 200, 30_000]) {
      killedAfter(commits(20));
      damage(at);
      expect(inspected(), `damaged at ${at}`).to.equal(damagedLog());
    }
    killedAfter(commits(20));
    writeFileSync(file, "");
    expect(inspected()).to.equal(`LocalCloudError: ${file} is empty. ${advice}`);
    rmSync(file);
    expect(inspected()).to.equal(
      `LocalCloudError: ${file} is gone, and the log beside it is of no use without it. ${advice}`,
    );
  });
});
