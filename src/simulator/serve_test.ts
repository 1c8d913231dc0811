import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { systemClock } from "../clock.ts";
import { Failure } from "../failure.ts";
import { until } from "../../tests/helpers/until.ts";
import { type ServerAddress, serveSimulator } from "./serve.ts";
import { Simulator } from "./simulator.ts";

interface Server extends ServerAddress {
  readonly simulator: Simulator;
  /** A client of its own, so that no connection outlives the test. */
  readonly client: Deno.HttpClient;
  readonly stop: AbortController;
}

async function withServer(test: (server: Server) => Promise<void>) {
  const simulator = new Simulator({ clock: systemClock });
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<ServerAddress>();
  const served = serveSimulator(simulator, {
    port: 0,
    signal: stop.signal,
    onListening: resolve,
  });
  const client = Deno.createHttpClient({});
  try {
    await test({ ...await promise, simulator, client, stop });
  } finally {
    client.close();
    stop.abort();
    await served;
  }
}

function send(server: Server, line: string, body?: unknown): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  return fetch(`${server.url}/api/v1/${path}`, {
    method,
    body: body === undefined ? null : JSON.stringify(body),
    headers: { authorization: `Bearer ${server.simulator.apiKey}` },
    redirect: "manual",
    client: server.client,
  });
}

/** Sends bytes on a connection and returns all that comes until it ends. */
async function exchangeBytes(server: Server, ...pieces: string[]) {
  using conn = await Deno.connect(server);
  for (const piece of pieces) {
    await conn.write(new TextEncoder().encode(piece));
    await systemClock.sleep(1);
  }
  let text = "";
  for await (const bytes of conn.readable) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

const CREATE = { vm_config: {} };

Deno.test("serveSimulator() answers over kept connections", () =>
  withServer(async (server) => {
    const made = await send(server, "POST vm/new_root", CREATE);
    strictEqual(made.status, 201);
    strictEqual(made.headers.get("content-type"), "application/json");
    const { vm_id: vmId } = await made.json();
    const labelled = await send(server, `PATCH vm/${vmId}/label`, {
      labels: { a: "é" },
    });
    strictEqual(await labelled.text(), "");
    const [vm] = await (await send(server, "GET vms")).json();
    deepStrictEqual(vm.labels, { a: "é" });
    deepStrictEqual(
      (await server.simulator.requests()).map((request) => request.reused),
      [false, true, true],
    );
  }));

Deno.test("serveSimulator() serves fifty clients at once", () =>
  withServer(async (server) => {
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const made = await send(server, "POST vm/new_root", CREATE);
        return (await made.json()).vm_id;
      }),
    );
    strictEqual(new Set(ids).size, 50);
    strictEqual((await server.simulator.vms()).length, 50);
  }));

for (const when of ["before", "after"] as const) {
  Deno.test(`a dropped connection ends without a byte, ${when}`, () =>
    withServer(async (server) => {
      const { simulator } = server;
      await simulator.addFault({ times: 1, faults: [{ type: "drop", when }] });
      const body = JSON.stringify(CREATE);
      const answer = await exchangeBytes(
        server,
        "POST /vm/new_root HTTP/1.1\r\nHost: x\r\n" +
          `Authorization: Bearer ${simulator.apiKey}\r\n` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      );
      strictEqual(answer, "");
      const made = when === "after" ? 1 : 0;
      strictEqual((await simulator.vms()).length, made);
      await simulator.addFault({ times: 1, faults: [{ type: "drop", when }] });
      await rejects(send(server, "POST vm/new_root", CREATE), TypeError);
    }));
}

Deno.test("a cut answer promises more bytes than come", () =>
  withServer(async (server) => {
    const { simulator } = server;
    await simulator.addFault({ times: 2, faults: [{ type: "cut" }] });
    const answer = await exchangeBytes(
      server,
      "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    match(answer, /content-length: 2\r\n/);
    match(answer, /\r\n\r\no$/);
    const response = await send(server, "POST vm/new_root", CREATE);
    strictEqual(response.status, 201);
    await rejects(response.text());
    strictEqual((await simulator.vms()).length, 1);
  }));

for (const bytes of [0, 1, 2, 9]) {
  Deno.test(`an answer that is cut after ${bytes} bytes ends there`, () =>
    withServer(async (server) => {
      await server.simulator.addFault({ faults: [{ type: "cut", bytes }] });
      const answer = await exchangeBytes(
        server,
        "GET /health HTTP/1.1\r\n\r\n",
      );
      const [head = "", body] = answer.split("\r\n\r\n");
      // More than comes, and no less than there was to say.
      match(head, new RegExp(`\\r\ncontent-length: ${bytes < 2 ? 2 : 3}$`));
      strictEqual(body, "ok".slice(0, bytes));
    }));
}

Deno.test("nothing behind a request that was dropped is carried out", () =>
  withServer(async (server) => {
    const { simulator } = server;
    await simulator.addFault({
      times: 1,
      faults: [{ type: "delay", when: "before", ms: 1 }, {
        type: "drop",
        when: "before",
      }],
    });
    const get = "GET /health HTTP/1.1\r\n\r\n";
    strictEqual(await exchangeBytes(server, get + get), "");
    strictEqual((await simulator.requests()).length, 1);
  }));

Deno.test("an answer has the headers that it was told, twice if need be", () =>
  withServer(async (server) => {
    await server.simulator.addFault({
      faults: [{
        type: "answer",
        when: "before",
        status: 200,
        headers: { Date: "Thu, 01 Jan 1970 00:00:00 GMT" },
      }],
    });
    const answer = await exchangeBytes(
      server,
      "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
    );
    deepStrictEqual(
      answer.split("\r\n").map((line) => line.split(":")[0]),
      [
        "HTTP/1.1 200 OK",
        "date",
        "x-request-id",
        "Date",
        "content-length",
        "connection",
        "",
        "",
      ],
    );
  }));

Deno.test("close_reused closes on a second request and counts what it received", () =>
  withServer(async (server) => {
    const { simulator } = server;
    await simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [{ type: "close_reused" }],
    });
    const head = "Host: x\r\nContent-Length: 0\r\n\r\n";
    const answer = await exchangeBytes(
      server,
      `GET /health HTTP/1.1\r\n${head}`,
      `POST /vm/new_root HTTP/1.1\r\n${head}`,
    );
    match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    const received = await simulator.requests();
    deepStrictEqual(
      received.map(({ reused, status }) => [reused, status]),
      [[false, 200], [true, "dropped"]],
    );
  }));

Deno.test("a request is carried out though its client is gone", () =>
  withServer(async (server) => {
    const { simulator } = server;
    await simulator.addFault({ faults: [{ type: "hold", when: "before" }] });
    const body = JSON.stringify(CREATE);
    {
      using conn = await Deno.connect(server);
      const request = "POST /vm/new_root HTTP/1.1\r\n" +
        `Authorization: Bearer ${simulator.apiKey}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`;
      await conn.write(new TextEncoder().encode(request));
      await until(async () => (await simulator.held()).length > 0);
    }
    await simulator.release();
    await until(async () => (await simulator.vms()).length > 0);
  }));

for (
  const { name, pieces, says } of [
    {
      name: "chunks, in pieces",
      pieces: [
        "POST /vm/new_root HTTP/1.1\r\nTransfer-",
        'Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n{"a\r\n',
        '4;x=y\r\n": 1\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n',
      ],
      says: /^HTTP\/1\.1 403 Forbidden\r\n/,
    },
    {
      name: "a client that wants to be told to continue",
      pieces: [
        "POST /deploy HTTP/1.1\r\nExpect: 100-continue\r\n" +
        "Connection: close\r\nContent-Length: 2\r\n\r\n",
        "{}",
      ],
      says: /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 403 /,
    },
    {
      name: "HTTP/1.0",
      pieces: ["GET /health HTTP/1.0\r\n\r\n"],
      says: /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n\r\nok$/,
    },
    {
      name: "an absolute target",
      pieces: [
        "GET http://x.test/health HTTP/1.1\r\nConnection: close\r\n\r\n",
      ],
      says: /^HTTP\/1\.1 200 OK\r\n/,
    },
    {
      name: "two requests sent at once",
      pieces: [
        "GET /health HTTP/1.1\r\n\r\nGET /health HTTP/1.0\r\n\r\n",
      ],
      says: /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nokHTTP\/1\.1 200 OK\r\n/,
    },
    {
      name: "what is no HTTP",
      pieces: ["hello\r\n\r\n"],
      says: /^HTTP\/1\.1 400 Bad Request\r\n/,
    },
    {
      name: "a length that is none",
      pieces: ["POST /deploy HTTP/1.1\r\nContent-Length: x\r\n\r\n"],
      says: /^HTTP\/1\.1 400 Bad Request\r\n/,
    },
    {
      name: "a body that is too large",
      pieces: [
        "POST /deploy HTTP/1.1\r\nContent-Length: 99999999\r\n" +
        "Connection: close\r\n\r\n",
      ],
      says: /^HTTP\/1\.1 413 /,
    },
    {
      name: "headers without an end",
      pieces: ["GET / HTTP/1.1\r\nA: " + "x".repeat(70_000)],
      says: /^HTTP\/1\.1 431 /,
    },
    {
      name: "a request that is not finished",
      pieces: ["GET / HTTP/1.1\r\n", "Connection: close\r\n\r\n"],
      says: /^HTTP\/1\.1 403 /,
    },
  ]
) {
  Deno.test(`serveSimulator() reads ${name}`, () =>
    withServer(async (server) => {
      match(await exchangeBytes(server, ...pieces), says);
    }));
}

Deno.test("serveSimulator() ends on the signal, whatever is under way", async () => {
  let ended: Promise<unknown> | undefined;
  await withServer(async (server) => {
    const { simulator } = server;
    await simulator.addFault({ faults: [{ type: "hold", when: "before" }] });
    ended = rejects(send(server, "GET vms"), TypeError);
    await until(async () => (await simulator.held()).length > 0);
    server.stop.abort();
  });
  await ended;
});

Deno.test("serveSimulator() says that a port is taken", () =>
  withServer(async ({ simulator, port }) => {
    const { signal } = new AbortController();
    await rejects(
      serveSimulator(simulator, { port, signal }),
      (error: unknown) =>
        error instanceof Failure &&
        error.message === `Cannot listen on 127.0.0.1, port ${port}: ` +
            "another program listens there",
    );
  }));
