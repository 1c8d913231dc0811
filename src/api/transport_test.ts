import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { startForwardProxy } from "../../tests/helpers/forward_proxy.ts";
import { startHttp2Service } from "../../tests/helpers/http2_service.ts";
import { TLS } from "../../tests/helpers/tls.ts";
import { Failure } from "../failure.ts";
import {
  fetchTransport,
  networkTransport,
  wantsPassword,
} from "./transport.ts";
import { freePort } from "../../tests/helpers/free_port.ts";
import { unlessMissing, whyMissing } from "../../tests/helpers/machine.ts";

/** A Deno that this program claims to run on. */
interface Runtime {
  readonly name: string;
  readonly command: string;
  /** Why it is not here. */
  readonly whyMissing: string | undefined;
}

const RUNTIMES: readonly Runtime[] = [
  {
    name: `Deno ${Deno.version.deno}`,
    command: Deno.execPath(),
    whyMissing: undefined,
  },
  await oldestRuntime("2.6.8"),
];

for (const runtime of RUNTIMES) {
  Deno.test({
    ...unlessMissing(
      `create() sends once, whatever the server does (${runtime.name})`,
      runtime.whyMissing,
    ),
    fn: async () => {
      const server = startRudeServer();
      await using _server = server;
      const lines = await runScript(runtime, {
        script: "read_then_create.ts",
        args: [`${server.port}`],
      });
      deepStrictEqual(lines, ["hello", "hello", "no answer"]);
      strictEqual(server.posts(), 2);
    },
  });

  Deno.test({
    ...unlessMissing(
      `whyNotSent() knows what never left (${runtime.name})`,
      runtime.whyMissing,
    ),
    fn: async () => {
      const server = startRudeServer();
      await using _server = server;
      const lines = await runScript(runtime, {
        script: "why_not_sent.ts",
        args: [
          `http://127.0.0.1:${freePort()}/`,
          "https://nosuch.invalid/",
          `https://127.0.0.1:${server.port}/`,
        ],
      });
      strictEqual(lines.length, 6);
      const [closed = "", , unknown = "", , plain = ""] = lines;
      match(closed, /^tcp connect error/);
      match(unknown, /^dns error/);
      // The server is there, but does not speak TLS: no request could leave.
      match(plain, /^(?!answered|may have)/);
      for (const i of [0, 2]) strictEqual(lines[i + 1], lines[i]);
    },
  });

  Deno.test({
    ...unlessMissing(
      `create() is not repeated over HTTP/2 either (${runtime.name})`,
      runtime.whyMissing,
    ),
    fn: async () => {
      await using service = await startHttp2Service();
      const path = "/api/v1/vm/new_root";
      await runScript(runtime, {
        script: "send.ts",
        args: ["{}", service.url + path],
        env: { DENO_CERT: TLS.certPath },
      });
      deepStrictEqual(service.requests(), [
        `2.0 GET ${path}`,
        `1.1 POST ${path}`,
      ]);
    },
  });

  for (
    const { proxies, host } of [
      { proxies: {}, host: "127.0.0.1" },
      { proxies: {}, host: "localhost" },
      { proxies: "unknown", host: "127.0.0.1" },
      { proxies: "unknown", host: "localhost" },
    ]
  ) {
    Deno.test({
      ...unlessMissing(
        `networkTransport() with ${
          JSON.stringify(proxies)
        } for its proxies reaches ${host} without one (${runtime.name})`,
        runtime.whyMissing ??
          (host === "localhost" ? whyMissing("localhost") : undefined),
      ),
      fn: async () => {
        await using server = Deno.serve(
          { port: 0, hostname: "127.0.0.1", onListen() {} },
          (request) => new Response(`${request.method} here`),
        );
        const { port } = server.addr;
        await using proxy = startForwardProxy();
        const lines = await runScript(runtime, {
          script: "send.ts",
          args: [JSON.stringify({ proxies }), `http://${host}:${port}/`],
          // Where they are known, they have been taken out.
          env: proxies === "unknown"
            ? { HTTP_PROXY: proxy.url, ALL_PROXY: proxy.url, NO_PROXY: "" }
            : {},
        });
        deepStrictEqual(lines, ["GET here", "POST here"]);
        strictEqual(proxy.heard(), "");
      },
    });
  }

  Deno.test({
    ...unlessMissing(
      `networkTransport() goes to others through their proxy (${runtime.name})`,
      runtime.whyMissing,
    ),
    fn: async () => {
      await using service = await startHttp2Service();
      const to = Number(new URL(service.url).port);
      await using proxy = startForwardProxy({ to });
      const value = proxy.url.replace("//", "//ada:s%40crets@");
      const path = "/api/v1/vm/new_root";
      await runScript(runtime, {
        script: "send.ts",
        args: [
          JSON.stringify({ proxies: { all: { name: "ALL_PROXY", value } } }),
          `https://vers.test${path}`,
        ],
        env: { DENO_CERT: TLS.certPath },
      });
      deepStrictEqual(service.requests(), [
        `2.0 GET ${path}`,
        `1.1 POST ${path}`,
      ]);
      const asked = proxy.heard();
      strictEqual(asked.match(/^CONNECT vers\.test:443 /gm)?.length, 2);
      ok(asked.includes(`Basic ${btoa("ada:s@crets")}`), asked);
    },
  });

  for (
    const { says, why } of [
      {
        says: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        why: "proxy authentication required",
      },
      { says: "HTTP/1.1 403 Forbidden\r\n\r\n", why: "unsuccessful tunnel" },
      { says: "HTTP/1.1 502 Bad Gateway\r\n\r\n", why: "unsuccessful tunnel" },
      { says: "", why: "unexpected eof while tunneling" },
    ]
  ) {
    Deno.test({
      ...unlessMissing(
        `whyNotSent() of a proxy that says ${
          JSON.stringify(says.split("\r")[0])
        } is ${why} (${runtime.name})`,
        runtime.whyMissing,
      ),
      fn: async () => {
        await using proxy = startForwardProxy({ answer: says });
        const lines = await runScript(runtime, {
          script: "why_not_sent.ts",
          args: ["https://vers.test/"],
          env: { HTTPS_PROXY: proxy.url },
        });
        deepStrictEqual(lines, [why, why]);
        strictEqual(wantsPassword(why), says.includes("407"));
      },
    });
  }

  Deno.test({
    ...unlessMissing(
      `networkTransport() knows at once that there is nobody to trust (${runtime.name})`,
      runtime.whyMissing ??
        (Deno.build.os === "linux" ? undefined : "it is for Linux"),
    ),
    fn: async () => {
      await using server = Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen() {} },
        () => new Response("asked"),
      );
      const { success, lines, stderr } = await tryScript(runtime, {
        script: "send.ts",
        args: [
          JSON.stringify({ trust: { stores: "system" } }),
          `http://127.0.0.1:${server.addr.port}/`,
        ],
        env: { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: "/no/such/file" },
      });
      deepStrictEqual([success, lines], [false, [""]]);
      match(stderr, /Failure: Cannot use DENO_TLS_CA_STORE=system: /);
    },
  });

  Deno.test({
    ...unlessMissing(
      `whyNotSent() of a broken connection is undefined (${runtime.name})`,
      runtime.whyMissing,
    ),
    fn: async () => {
      const server = startRudeServer();
      await using _server = server;
      const lines = await runScript(runtime, {
        script: "why_not_sent.ts",
        args: [`http://127.0.0.1:${server.port}/`],
      });
      deepStrictEqual(lines, ["answered", "may have been sent"]);
    },
  });
}

Deno.test("networkTransport() is refused what it is told to trust and cannot, at once", () => {
  for (
    const trust of [{ cert: "/no/such/file" }, { stores: "Mozilla" }]
  ) {
    throws(
      () => networkTransport({ trust }),
      (error: unknown) => error instanceof Failure && error.code === "usage",
    );
  }
});

for (const method of ["read", "create"] as const) {
  Deno.test(`${method}() does not follow a redirect`, async () => {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) =>
        new URL(request.url).pathname === "/"
          ? new Response(null, { status: 307, headers: { location: "/other" } })
          : new Response("followed"),
    );
    const transport = networkTransport();
    using _transport = transport;
    const url = `http://127.0.0.1:${server.addr.port}/`;
    const response = await transport[method](
      new Request(url, { method: method === "read" ? "GET" : "POST" }),
    );
    strictEqual(response.status, 307);
    strictEqual(response.headers.get("location"), "/other");
    strictEqual(await response.text(), "");
  });
}

Deno.test("fetchTransport() hands every request to the function", async () => {
  const transport = fetchTransport((request) =>
    Promise.resolve(new Response(`${request.method} ${request.url}`))
  );
  const read = await transport.read(new Request("http://vers.test/a"));
  strictEqual(await read.text(), "GET http://vers.test/a");
  const create = await transport.create(
    new Request("http://vers.test/b", { method: "POST" }),
  );
  strictEqual(await create.text(), "POST http://vers.test/b");
});

/** A server whose answers a test has chosen, and what it counted. */
interface RudeServer extends AsyncDisposable {
  readonly port: number;
  posts(): number;
}

/**
 * Answers every GET, and a POST to `/kept`, and keeps the connection; reads
 * every other POST, on whichever connection, and closes it without a word.
 * Anything else is closed as well.
 */
function startRudeServer(): RudeServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let posts = 0;
  const serving = (async () => {
    const connections: Promise<void>[] = [];
    for await (const connection of listener) {
      connections.push(serve(connection));
    }
    await Promise.all(connections);
  })();
  return {
    port: listener.addr.port,
    posts: () => posts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };

  async function serve(connection: Deno.TcpConn): Promise<void> {
    using _connection = connection;
    const buffer = new Uint8Array(4_096);
    for (;;) {
      const length = await connection.read(buffer).catch(() => null);
      if (length === null) return;
      const text = new TextDecoder().decode(buffer.subarray(0, length));
      if (text.startsWith("POST ")) posts++;
      if (!/^(GET |POST \/kept )/.test(text)) return;
      await connection.write(new TextEncoder().encode(
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n" +
          "connection: keep-alive\r\n\r\nhello",
      ));
    }
  }
}

/** Returns an older Deno, which npm has, if npm is here and gets it. */
async function oldestRuntime(version: string): Promise<Runtime> {
  const npx = Deno.build.os === "windows" ? "npx.cmd" : "npx";
  const script = "console.log(Deno.execPath())";
  // npx minds the proxies of a test as well: it is asked for the path alone.
  const { success, stdout } = await new Deno.Command(npx, {
    args: ["-y", `deno@${version}`, "eval", "--no-config", script],
    stderr: "null",
  }).output().catch(() => ({ success: false, stdout: new Uint8Array() }));
  const command = new TextDecoder().decode(stdout).trim();
  const whyMissing = success ? undefined : `npx cannot get Deno ${version}`;
  return { name: `Deno ${version}`, command, whyMissing };
}

/** This machine's own proxies are not what is tested. */
const NO_PROXIES = { HTTP_PROXY: "", HTTPS_PROXY: "", ALL_PROXY: "" };

/** A script of `testdata`, and what it is run with. */
interface Script {
  readonly script: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a script to its end, and returns the lines that it printed. */
async function runScript(runtime: Runtime, script: Script): Promise<string[]> {
  const { success, lines, stderr } = await tryScript(runtime, script);
  strictEqual(success, true, stderr);
  return lines;
}

async function tryScript(
  runtime: Runtime,
  { script, args, env = {} }: Script,
) {
  const { success, stdout, stderr } = await new Deno.Command(runtime.command, {
    args: [
      ...["run", "--quiet", "--no-config", "--no-lock"],
      ...["--allow-net", "--allow-read"],
      new URL(`testdata/${script}`, import.meta.url).href,
      ...args,
    ],
    env: { ...NO_PROXIES, ...env },
  }).output();
  const decoder = new TextDecoder();
  return {
    success,
    lines: decoder.decode(stdout).trimEnd().split("\n"),
    stderr: decoder.decode(stderr),
  };
}
