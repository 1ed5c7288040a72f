// One execution environment of a Lambda function: loads the handler, then runs one event at a time. Plain CommonJS,
// because a TypeScript worker file costs 40 ms more at each start.
"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const nodeModule = require("node:module");
const path = require("node:path");

nodeModule.enableCompileCache?.(workerData.compileCache);

/** Sends what was written and has not been sent. */
const sends = [];

// What is written goes to the log by one message a turn: Node's own streams of a thread cost several times as much.
for (const stream of ["stdout", "stderr"]) {
  let text = "";
  const send = () => {
    if (text !== "") parentPort.postMessage({ kind: "text", stream, text });
    text = "";
  };
  process[stream]._write = (chunk, _encoding, done) => {
    if (text === "") setImmediate(send);
    text += chunk.toString();
    done();
  };
  process[stream]._writev = null;
  process.on("exit", send);
  sends.push(send);
}

const sendCalls = (calls) => parentPort.postMessage({ kind: "calls", calls });
/** Gives the records of the calls that went straight to the database and have not been sent yet. */
const takeCalls = workerData.direct
  ? require("./direct-calls.cjs").install({ ...workerData.direct, endpoint: workerData.endpoint, sendCalls })
  : () => [];

// A request to any other host than this machine goes to the endpoint, which plays the hosts of local/outside/hosts/.
const realFetch = globalThis.fetch;
globalThis.fetch = async function fetch(input, init) {
  const request = new Request(input, init);
  const url = new URL(request.url);
  if (["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) return realFetch(request);
  const headers = new Headers(request.headers);
  headers.set("x-local-url", request.url);
  headers.set("x-local-method", request.method);
  headers.set("x-local-caller", workerData.functionName);
  headers.set("x-local-token", workerData.token);
  headers.set("x-amzn-trace-id", process.env._X_AMZN_TRACE_ID ?? "");
  const body = request.body === null ? undefined : await request.arrayBuffer();
  const endpoint = `${workerData.endpoint}/_local/internet/${url.host}${url.pathname}`;
  const response = await realFetch(endpoint, { method: "POST", headers, body, signal: request.signal });
  const note = response.headers.get("x-local-note");
  if (note !== null) logError(decodeURIComponent(note));
  if (!response.headers.has("x-local-no-such-host")) return response;
  const cause = Object.assign(new Error(`getaddrinfo ENOTFOUND ${url.hostname}`), {
    code: "ENOTFOUND",
    errno: -3008,
    syscall: "getaddrinfo",
    hostname: url.hostname,
  });
  throw new TypeError("fetch failed", { cause });
};

/** A line for the developer, beside what the function logs. */
function logError(message) {
  const line = { timestamp: new Date().toISOString(), level: "error", message, function: process.env.NAME };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** An error as Lambda reports it. */
function report(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

async function load() {
  const [file, ...names] = workerData.handler.split(".");
  const loaded = require(path.join(workerData.folder, file));
  const handler = names.reduce((value, name) => value?.[name], loaded);
  if (typeof handler !== "function") throw new Error(`${workerData.handler} is undefined or not exported`);
  return handler;
}

function contextOf({ requestId, invokedArn, deadline }) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: requestId,
    functionName: workerData.functionName,
    functionVersion: workerData.functionVersion,
    invokedFunctionArn: invokedArn,
    memoryLimitInMB: String(workerData.memorySize),
    logGroupName: workerData.logGroup,
    logStreamName: workerData.logStream,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

const loading = load();
loading.then(
  () => parentPort.postMessage({ kind: "ready" }),
  (error) => parentPort.postMessage({ kind: "broken", error: report(error) }),
);

let flushed = false;
parentPort.on("message", async (message) => {
  try {
    const handler = await loading;
    // As in Lambda: the SDK sends it along with every call, and so tells which invocation it is for.
    process.env._X_AMZN_TRACE_ID = `Root=1-${message.requestId}`;
    const result = await handler(JSON.parse(message.event), contextOf(message));
    const payload = JSON.stringify(result) ?? "null";
    for (const send of sends) send();
    parentPort.postMessage({ kind: "result", requestId: message.requestId, payload, calls: takeCalls() });
  } catch (error) {
    for (const send of sends) send();
    parentPort.postMessage({ kind: "error", requestId: message.requestId, error: report(error), calls: takeCalls() });
  }
  if (flushed) return;
  flushed = true;
  setTimeout(() => nodeModule.flushCompileCache?.(), 500).unref(); // a worker that is ended writes nothing
});
