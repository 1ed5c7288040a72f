// The calls of a function to DynamoDB, past the endpoint: from its own thread straight to the database. The endpoint judges
// a call first, and says with its answer what it asked for; the next call that asks for the same goes straight, and its
// record goes to the call log with the others of its invocation. Plain CommonJS, as worker.cjs is.
"use strict";
const http = require("node:http");
const { EventEmitter } = require("node:events");

const realRequest = http.request;
const TARGET = "DynamoDB_20120810.";
/** More than a program has kinds of calls. */
const MOST_KINDS = 1_000;
/** How long a record may wait for the end of its invocation. Those of a thread that dies meanwhile are lost. */
const WAIT_MS = 200;

/**
 * Sends the calls of this thread straight, as long as `gate` is open.
 * @param {{ endpoint: string, database: string, gate: SharedArrayBuffer, sendCalls: (calls: object[]) => void }} plane
 *   where the endpoint and the database are, the gate of local/lambda/gate.ts, and what takes records of a long invocation
 * @returns takes the records of the calls that have been answered since it was last asked
 */
exports.install = ({ endpoint, database, gate: shared, sendCalls }) => {
  const gate = new Int32Array(shared);
  const from = new URL(endpoint);
  const to = new URL(database);
  /** What each kind of call asked for when the endpoint let it pass. */
  const allowed = new Map();
  let epoch = -1;
  let records = [];
  let timer;

  /** What the endpoint has said of this kind of call; undefined where it has to be asked. */
  function verdictOf(kind) {
    const now = Atomics.load(gate, 1);
    if (now !== epoch) allowed.clear();
    epoch = now;
    return kind === undefined || Atomics.load(gate, 0) !== 0 ? undefined : allowed.get(kind);
  }

  /** A request that waits for its body: only that says what it asks for. */
  class Call extends EventEmitter {
    #options;
    #operation;
    #chunks = [];
    #inner;
    #before = [];
    destroyed = false;

    constructor(operation, options, callback) {
      super();
      this.#operation = operation;
      this.#options = options;
      if (callback) this.once("response", callback);
    }

    get socket() {
      return this.#inner?.socket ?? null;
    }
    get reusedSocket() {
      return this.#inner?.reusedSocket ?? false;
    }
    setTimeout(...given) {
      return this.#pass("setTimeout", given);
    }
    setNoDelay(...given) {
      return this.#pass("setNoDelay", given);
    }
    setSocketKeepAlive(...given) {
      return this.#pass("setSocketKeepAlive", given);
    }
    #pass(method, given) {
      if (this.#inner) this.#inner[method](...given);
      else this.#before.push([method, given]);
      return this;
    }

    write(chunk) {
      this.#chunks.push(chunk);
      return true;
    }

    end(chunk) {
      if (this.destroyed) return this;
      if (chunk !== undefined && chunk !== null) this.write(chunk);
      // DynamoDB's protocol is JSON. Node sends a text in one piece with the headers.
      const body = Buffer.concat(this.#chunks.map(bytesOf)).toString();
      const kind = kindOf(this.#operation, body);
      const asked = verdictOf(kind);
      const began = performance.now();
      const inner = realRequest(asked === undefined ? this.#options : straight(this.#options));
      this.#inner = inner;
      for (const event of ["socket", "timeout", "error", "close", "finish"])
        inner.on(event, (...given) => this.emit(event, ...given));
      inner.on("response", (response) => {
        const said = response.headers["x-local-asked"];
        const { headers } = this.#options;
        if (asked !== undefined) keep(response, { operation: this.#operation, body, asked, began, headers });
        else if (said !== undefined && kind !== undefined) {
          if (allowed.size >= MOST_KINDS) allowed.clear();
          allowed.set(kind, JSON.parse(decodeURIComponent(said)));
        }
        if (!this.emit("response", response)) response.resume();
      });
      for (const [method, given] of this.#before) inner[method](...given);
      inner.end(body);
      return this;
    }

    destroy(error) {
      this.destroyed = true;
      if (this.#inner) this.#inner.destroy(error);
      else process.nextTick(() => error && this.emit("error", error));
      return this;
    }
    abort() {
      return this.destroy(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
    }
  }

  /** The same request to the database. */
  function straight({ headers, ...options }) {
    const host = headerNameOf(headers, "host");
    return { ...options, host: to.hostname, port: to.port, headers: { ...headers, [host]: to.host } };
  }

  /** Records a call when its answer has ended. Whoever reads the answer is not disturbed. */
  function keep(response, { operation, body, asked, began, headers }) {
    const answer = [];
    const push = response.push;
    response.push = function (chunk, encoding) {
      if (chunk) answer.push(chunk);
      return push.call(this, chunk, encoding);
    };
    response.once("close", () => {
      timer ??= setTimeout(() => records.length > 0 && sendCalls(take()), WAIT_MS).unref();
      records.push({
        at: Math.round(Date.now() - (performance.now() - began)),
        requestId: /^Root=1-([\w-]+)/.exec(headerOf(headers, "x-amzn-trace-id"))?.[1],
        operation: `dynamodb:${operation}`,
        asked,
        durationMs: Math.round(10 * (performance.now() - began)) / 10,
        body,
        status: response.statusCode,
        answer: Buffer.concat(answer).toString(),
      });
    });
  }

  function take() {
    const taken = records;
    records = [];
    clearTimeout(timer);
    timer = undefined;
    return taken;
  }

  http.request = function request(...given) {
    const [options, callback] = given;
    const isOurs =
      typeof options === "object" &&
      !(options instanceof URL) &&
      String(options.port) === from.port &&
      (options.host ?? options.hostname) === from.hostname;
    const target = isOurs ? headerOf(options.headers, "x-amz-target") : "";
    if (!target.startsWith(TARGET)) return realRequest.apply(this, given);
    return new Call(target.slice(TARGET.length), options, callback);
  };

  return take;
};

/** A chunk's bytes. The SDK's are of a class that warns where it is taken for a text, as `Buffer.from` would. */
function bytesOf(chunk) {
  return typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function headerNameOf(headers, name) {
  if (headers === undefined || name in headers) return name;
  return Object.keys(headers).find((one) => one.toLowerCase() === name) ?? name;
}

const headerOf = (headers, name) => String(headers?.[headerNameOf(headers, name)] ?? "");

/**
 * Two calls of one kind ask for the same: operation, tables and index; in a transaction, what is done with each table.
 * local/iam/asks.ts says what that is. Undefined for a call that is read in another way, or cannot be read.
 */
function kindOf(operation, body) {
  try {
    const { TableName, IndexName = "", RequestItems, TransactItems } = JSON.parse(body);
    if (TransactItems !== undefined) {
      const parts = TransactItems.map((item) =>
        Object.entries(item).map(([part, { TableName: table }]) => `${part} ${table}`),
      );
      return [operation, ...new Set(parts.flat())].join("\n");
    }
    if (RequestItems !== undefined) return [operation, ...Object.keys(RequestItems)].join("\n");
    return typeof TableName === "string" ? [operation, TableName, IndexName].join("\n") : undefined;
  } catch {
    return undefined;
  }
}
