import { expect } from "chai";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { startHttpApi } from "../support/http-api.ts";

describe("An HTTP API on the local cloud, by its wire,", () => {
  let api: Awaited<ReturnType<typeof startHttpApi>>;
  let invoked: unknown[];
  before(async () => {
    const invoke = (_name: string, event: unknown) => {
      invoked.push(event);
      return { ok: true, payload: '{"statusCode":201,"body":"done"}' } as const;
    };
    api = await startHttpApi({ routes: { "GET /x": "x", "POST /x": "x", "GET /": "x" }, invoke });
  });
  beforeEach(() => (invoked = []));
  after(() => api.stop());

  /** Sends the lines as they are; gives the status and the body of each answer, until the server ends the connection. */
  const sent = async (...lines: readonly string[]): Promise<[number, string][]> => {
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(lines.join("\r\n").replaceAll("HOST", new URL(api.url).host));
    const answers = (await text(socket)).split(/(?=HTTP\/1\.1 )/);
    return answers.map((answer) => [Number(answer.split(" ")[1]), answer.split("\r\n\r\n")[1] ?? ""]);
  };
  const own = (status: number, message: string) => [[status, JSON.stringify({ message })]];
  const end = ["connection: close", "", ""];

  it("answers what is no HTTP, or too long for it, with a JSON body", async () => {
    const long = "x".repeat(70_000);
    const chunked = ["POST /x HTTP/1.1", "host: HOST", "transfer-encoding: chunked", ""];
    const answers = [
      await sent("garbage", "", ""),
      await sent("GET /x HTTP/1.1", "host: HOST", `x-filler: ${long}`, "", ""),
      await sent(...chunked, `1;${"y".repeat(20_000)}`, "a", "0", "", ""),
      await sent("GET /x HTTP/1.1", "host: HOST", "expect: the-unexpected", "", ""),
      await sent("GET /x HTTP/1.1", ...end),
    ];
    expect(answers).to.deep.equal([
      own(400, "Bad Request"),
      own(431, "Request Header Fields Too Large"),
      own(413, "Payload Too Large"),
      own(417, "Expectation Failed"),
      own(403, `The Host header does not name this machine. Use ${api.url}.`),
    ]);
    expect(invoked).to.have.length(0);
  });

  it("answers a whole request first, and then what follows it on the connection and is no HTTP", async () => {
    const order = ["POST /x HTTP/1.1", "host: HOST", "content-length: 2", "", "{}"];
    const answers = await sent(order.join("\r\n") + "garbage", "", "");
    const broken = await sent(
      order.join("\r\n") + "POST /x HTTP/1.1",
      "host: HOST",
      "transfer-encoding: chunked",
      "",
      "zz",
      "",
    );
    const bad = [400, '{"message":"Bad Request"}'];
    expect(answers).to.deep.equal([[201, "done"], bad]);
    expect(broken).to.deep.equal([[201, "done"], bad]);
    expect(invoked).to.have.length(2);
  });

  it("takes a target with scheme and authority, if they name this machine", async () => {
    const answers = [
      await sent("GET http://HOST/x?y=1 HTTP/1.1", "host: HOST", ...end),
      await sent("GET http://HOST?y=1 HTTP/1.1", "host: HOST", ...end),
      await sent("GET http://HOST HTTP/1.1", "host: HOST", ...end),
      await sent("GET http://evil.example/x HTTP/1.1", "host: HOST", ...end),
    ];
    expect(answers.map(([answer]) => answer?.[0])).to.deep.equal([201, 201, 201, 403]);
    const Event = z.object({ rawPath: z.string(), rawQueryString: z.string() });
    expect(
      Event.array()
        .parse(invoked)
        .map(({ rawPath, rawQueryString }) => [rawPath, rawQueryString]),
    ).to.deep.equal([
      ["/x", "y=1"],
      ["/", "y=1"],
      ["/", ""],
    ]);
  });
});
