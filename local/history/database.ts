import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openDatabaseFile } from "../shared/database-file.ts";

/** The file in the state folder. */
export const HISTORY_FILE = "history.db";

/**
 * Orders have numbers in the order in which they were first seen, so that what is written last lies together in the
 * indexes. A call that names no order, or several, is found by the invocation that made it.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, stale INTEGER NOT NULL, summary TEXT
  );
  CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY, orderNumber INTEGER, requestId TEXT, record TEXT NOT NULL, request TEXT, answer TEXT
  );
  CREATE INDEX IF NOT EXISTS callsOfOrders ON calls (orderNumber) WHERE orderNumber IS NOT NULL;
  CREATE INDEX IF NOT EXISTS callsOfRequests ON calls (requestId) WHERE orderNumber IS NULL;
  CREATE TABLE IF NOT EXISTS invocations (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, function TEXT NOT NULL, durationMs REAL NOT NULL,
    failed INTEGER NOT NULL, record TEXT NOT NULL, request TEXT, answer TEXT
  );
  CREATE TABLE IF NOT EXISTS invocationsOfOrders (
    orderNumber INTEGER NOT NULL, invocation INTEGER NOT NULL, PRIMARY KEY (orderNumber, invocation)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS ordersOfInvocations ON invocationsOfOrders (invocation);
  CREATE TABLE IF NOT EXISTS complaints (
    number INTEGER PRIMARY KEY, orderNumber INTEGER NOT NULL, function TEXT NOT NULL, line TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS complaintsOfOrders ON complaints (orderNumber);
  CREATE TABLE IF NOT EXISTS dropped (orders INTEGER NOT NULL, until INTEGER NOT NULL);
`;

/**
 * Opens the history of a state folder. What is deleted is overwritten, since it may be personal.
 * @throws LocalCloudError where the file is damaged, or the disk refuses it.
 */
export function openDatabase(state: string): DatabaseSync {
  const file = join(state, HISTORY_FILE);
  return openDatabaseFile(file, () => {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON");
    database.exec(schema);
    return database;
  });
}
