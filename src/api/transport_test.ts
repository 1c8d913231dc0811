import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { freePort } from "../../tests/helpers/free_port.ts";
import { unlessMissing } from "../../tests/helpers/machine.ts";
import { fetchTransport, networkTransport } from "./transport.ts";

/** A Deno that this program claims to run on. */
interface Runtime {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Why it is not here. */
  readonly whyMissing: string | undefined;
}

const RUNTIMES: readonly Runtime[] = [
  {
    name: `Deno ${Deno.version.deno}`,
    command: Deno.execPath(),
    args: [],
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
      deepStrictEqual(lines, ["hello", "no answer"]);
      strictEqual(server.posts(), 1);
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
 * Answers every GET and keeps the connection; reads every POST, on whichever
 * connection, and closes it without a word. Anything else is closed as well.
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
      if (!text.startsWith("GET ")) return;
      await connection.write(new TextEncoder().encode(
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n" +
          "connection: keep-alive\r\n\r\nhello",
      ));
    }
  }
}

/** Returns an older Deno, which npm has, if npm is here and gets it. */
async function oldestRuntime(version: string): Promise<Runtime> {
  const command = Deno.build.os === "windows" ? "npx.cmd" : "npx";
  const args = ["-y", `deno@${version}`];
  const isThere = await new Deno.Command(command, {
    args: [...args, "--version"],
    stdout: "null",
    stderr: "null",
  }).output().then(({ success }) => success, () => false);
  const whyMissing = isThere ? undefined : `npx cannot get Deno ${version}`;
  return { name: `Deno ${version}`, command, args, whyMissing };
}

/** Runs a script of `testdata`, and returns the lines that it printed. */
async function runScript(
  runtime: Runtime,
  program: { readonly script: string; readonly args: readonly string[] },
): Promise<string[]> {
  const { script, args } = program;
  const { success, stdout, stderr } = await new Deno.Command(runtime.command, {
    args: [
      ...runtime.args,
      ...["run", "--quiet", "--no-config", "--no-lock", "--allow-net"],
      new URL(`testdata/${script}`, import.meta.url).href,
      ...args,
    ],
  }).output();
  const decoder = new TextDecoder();
  strictEqual(success, true, decoder.decode(stderr));
  return decoder.decode(stdout).trimEnd().split("\n");
}
