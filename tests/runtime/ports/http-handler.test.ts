import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { connect, type Socket } from "node:net";
import { HttpHandler } from "../../../runtime/ports/http-handler.ts";
import { listening } from "../../support/listening.ts";

/** No limit is reached because the machine is slow. */
const PATIENT = { connectionTimeout: 1_000_000, requestTimeout: 1_000_000 };

describe("the transport of the functions' clients", () => {
  let server: Server;
  let port: number;
  let answer: RequestListener = () => undefined;
  let connections = 0;
  before(async () => {
    const started = await listening((request, response) => answer(request, response));
    server = started.server.on("connection", () => connections++);
    port = Number(new URL(started.url).port);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const request = (over: object = {}) => {
    const usual = { protocol: "http:", hostname: "127.0.0.1", port, method: "POST", path: "/a", query: {} };
    return { ...usual, headers: { "x-one": "1" }, ...over };
  };
  const named = (error: unknown): string => (error instanceof Error ? error.name : "no Error");
  const failed = (call: Promise<unknown>): Promise<string> => call.then(() => "an answer", named);
  const textOf = async (incoming: IncomingMessage) => Buffer.concat(await incoming.toArray()).toString();

  it("sends a request whole, and reads its answer whole", async () => {
    const seen: unknown[] = [];
    answer = (incoming, response) => {
      void textOf(incoming).then((text) => {
        seen.push([incoming.method, incoming.url, incoming.headers["x-one"], text]);
        response.writeHead(202, { "x-two": "2", date: "d", connection: "close" }).write("some ");
        response.end("text");
      });
    };
    const query = { "x-id": "Put's", both: ["1", "2 3"], bare: null };
    const { response } = await new HttpHandler(PATIENT).handle(request({ query, body: "übrig" }));
    expect(seen).to.deep.equal([["POST", "/a?x-id=Put%27s&both=1&both=2%203&bare", "1", "übrig"]]);
    const { statusCode, headers, body } = response;
    expect([statusCode, headers, body.toString()]).to.deep.equal([
      202,
      { "x-two": "2", date: "d", connection: "close", "transfer-encoding": "chunked" },
      "some text",
    ]);
  });

  it("keeps its connection for the next request", async () => {
    answer = (_incoming, response) => response.end();
    const [handler, before] = [new HttpHandler(PATIENT), connections];
    for (let time = 0; time < 3; time++) await handler.handle(request());
    expect(connections - before).to.equal(1);
  });

  it("gives up a request that is not answered in its time", async () => {
    answer = () => undefined;
    const handler = new HttpHandler({ ...PATIENT, requestTimeout: 1 });
    expect(await failed(handler.handle(request()))).to.equal("TimeoutError");
  });

  it("gives up an answer that does not end in its time", async () => {
    answer = (_incoming, response) => response.write("begun");
    const handler = new HttpHandler({ ...PATIENT, requestTimeout: 1 });
    expect(await failed(handler.handle(request()))).to.equal("TimeoutError");
  });

  it("rejects where the answer breaks off", async () => {
    answer = (incoming, response) => response.write("begun", () => incoming.socket.destroy());
    expect(await failed(new HttpHandler(PATIENT).handle(request()))).to.equal("Error");
  });

  it("ends a request when its signal aborts, and sends none when it has aborted", async () => {
    const deadline = new AbortController();
    const abortSignal = deadline.signal;
    let asked = 0;
    answer = () => {
      asked++;
      deadline.abort();
    };
    const handler = new HttpHandler(PATIENT);
    expect(await failed(handler.handle(request(), { abortSignal }))).to.equal("AbortError");
    expect(await failed(handler.handle(request(), { abortSignal }))).to.equal("AbortError");
    expect(asked).to.equal(1);
  });

  describe("where nobody accepts a connection", () => {
    let child: ChildProcess;
    const waiting: Socket[] = [];
    after(() => {
      for (const socket of waiting) socket.destroy();
      child.kill("SIGKILL");
    });

    it("gives up in the time for connections", async () => {
      // A server that stands still, and whose short queue of connections is full.
      const script = `const server = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
        require("fs").writeSync(1, String(server.address().port));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`;
      child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
      const [said] = child.stdout ? ((await once(child.stdout, "data")) as [Buffer]) : [];
      for (let socket = 0; socket < 8; socket++) waiting.push(connect(Number(said), "127.0.0.1").on("error", () => {}));
      const handler = new HttpHandler({ ...PATIENT, connectionTimeout: 50 });
      expect(await failed(handler.handle(request({ port: Number(said) })))).to.equal("TimeoutError");
    });
  });
});
