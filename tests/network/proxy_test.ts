import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { startForwardProxy } from "../helpers/forward_proxy.ts";
import { startHttp2Service } from "../helpers/http2_service.ts";
import { testNeeding, unlessMissing } from "../helpers/machine.ts";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import {
  creations,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, resultOf } from "../helpers/program.ts";
import { TLS } from "../helpers/tls.ts";

const VARIABLES = [
  "HTTP_PROXY",
  "http_proxy",
  "HTTPS_PROXY",
  "https_proxy",
  "ALL_PROXY",
  "all_proxy",
];

/** Returns an environment that sends everything through a proxy. */
function everywhere(url: string): Record<string, string> {
  return Object.fromEntries(VARIABLES.map((name) => [name, url]));
}

function portOf(simulator: SimulatorProcess): number {
  return Number(new URL(simulator.url).port);
}

for (const name of VARIABLES) {
  Deno.test(`${name} never gets a request to this machine, nor its key`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "0"]);
    await using proxy = startForwardProxy({ to: portOf(simulator) });
    const env = { [name]: proxy.url };
    resultOf(await sandbox.run(RUN, { env }));
    strictEqual(await creations(simulator), 1);
    strictEqual(proxy.heard(), "");
  });
}

testNeeding(
  ["localhost"],
  "no proxy gets a request to this machine by its name, in TLS or not",
  async () => {
    await using service = await startHttp2Service();
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    await using proxy = startForwardProxy({ to: portOf(simulator) });
    const env = { ...everywhere(proxy.url), DENO_CERT: TLS.certPath };
    for (
      const VERS_URL of [service.url, simulator.url]
        .map((url) => url.replace("127.0.0.1", "localhost"))
    ) {
      const { code, stderr } = await sandbox.run(["status"], {
        env: { ...env, VERS_URL },
      });
      strictEqual(code, 0, stderr);
    }
    strictEqual(proxy.heard(), "");
  },
);

Deno.test("a service in TLS is reached through the proxy, which never hears the key", async () => {
  await using service = await startHttp2Service({ bootMs: 100 });
  await using proxy = startForwardProxy({
    to: Number(new URL(service.url).port),
  });
  await using sandbox = await Sandbox.create();
  const { apiKey } = service.simulator;
  const env = {
    VERS_URL: "https://vers.test",
    VERS_API_KEY: apiKey,
    DENO_CERT: TLS.certPath,
    HTTPS_PROXY: proxy.url.replace("//", "//ada:s%40crets@"),
  };
  resultOf(await sandbox.run(RUN, { env }));
  const posts = service.requests().filter((line) => line.includes("new_root"));
  deepStrictEqual(posts, ["1.1 POST /api/v1/vm/new_root"]);
  const heard = proxy.heard();
  match(heard, /^CONNECT vers\.test:443 HTTP\/1\.1\r\n/);
  match(
    heard,
    new RegExp(`^Proxy-Authorization: Basic ${btoa("ada:s@crets")}\r$`, "im"),
  );
  ok(!/^authorization/im.test(heard), heard);
  ok(!heard.includes(apiKey.slice(36)));
});

for (const noProxy of ["*", " other.test , *", "vers.test", ".test"]) {
  Deno.test(`NO_PROXY=${JSON.stringify(noProxy)} keeps a request from the proxy`, async () => {
    await using proxy = startForwardProxy();
    await using sandbox = await Sandbox.create();
    for (const name of ["NO_PROXY", "no_proxy"]) {
      const error = errorOf(
        await sandbox.run(["status"], {
          env: {
            VERS_URL: "https://vers.test",
            VERS_API_KEY: "key",
            ...everywhere(proxy.url),
            [name]: noProxy,
          },
        }),
      );
      // Nobody has such a name: it was looked for, and not at the proxy.
      strictEqual(error.code, "not_sent");
      match(
        error.message,
        /cannot connect to https:\/\/vers\.test \(dns error/,
      );
    }
    strictEqual(proxy.heard(), "");
  });
}

const ownAddress = Deno.networkInterfaces()
  .find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  )?.address;

Deno.test({
  ...unlessMissing(
    "NO_PROXY holds for addresses: * too, which the runtime alone would not see",
    ownAddress === undefined ? "this machine has one only" : undefined,
  ),
  async fn() {
    await using server = Deno.serve(
      { port: 0, hostname: "0.0.0.0", onListen() {} },
      () => Response.json([]),
    );
    await using proxy = startForwardProxy();
    await using sandbox = await Sandbox.create();
    for (const NO_PROXY of ["*", "0.0.0.0/0", `10.9.8.7, ${ownAddress}/32`]) {
      const { code, stderr } = await sandbox.run(["status"], {
        env: {
          VERS_URL: `http://${ownAddress}:${server.addr.port}`,
          VERS_ALLOW_HTTP: "1",
          VERS_API_KEY: "key",
          ...everywhere(proxy.url),
          NO_PROXY,
        },
      });
      strictEqual(code, 0, stderr);
    }
    strictEqual(proxy.heard(), "");
  },
});

Deno.test("http:// to another machine goes through the proxy where VERS_ALLOW_HTTP=1 allows it", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "0"]);
  await using proxy = startForwardProxy({ to: portOf(simulator) });
  const env = { VERS_URL: "http://vers.test", HTTP_PROXY: proxy.url };
  const refused = errorOf(await sandbox.run(["status"], { env }));
  strictEqual(refused.exit_code, 5);
  strictEqual(proxy.heard(), "");
  const allowed = { ...env, VERS_ALLOW_HTTP: "1" };
  resultOf(await sandbox.run(RUN, { env: allowed }));
  match(proxy.heard(), /^POST http:\/\/vers\.test\/api\/v1\/vm\/new_root /m);
  // In a program that a web server runs, that variable is a visitor's.
  const visited = { ...allowed, REQUEST_METHOD: "GET" };
  const heard = proxy.heard();
  errorOf(await sandbox.run(["status"], { env: visited }));
  strictEqual(proxy.heard(), heard);
});

Deno.test("a proxy that cannot be reached is named, without its password", async () => {
  await using sandbox = await Sandbox.create();
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  const env = {
    VERS_URL: "https://vers.test",
    VERS_API_KEY: "key",
    https_proxy: `http://ada:secrets@127.0.0.1:${port}`,
  };
  for (const args of [["status"], ["run"]]) {
    const result = await sandbox.run(args, { env });
    const error = errorOf(result);
    deepStrictEqual([error.code, error.exit_code, error.retryable], [
      "not_sent",
      1,
      true,
    ]);
    ok(
      error.message.includes(
        `cannot connect to https://vers.test through the proxy http://127.0.0.1:${port} of https_proxy (`,
      ),
      error.message,
    );
    match(
      error.hint,
      /nothing was sent; check the proxy that https_proxy names/,
    );
    ok(!result.stderr.includes("secrets"), result.stderr);
  }
});

Deno.test("a connection that breaks at the proxy names it", async () => {
  await using sandbox = await Sandbox.create();
  await using proxy = startForwardProxy();
  const env = {
    VERS_URL: "http://vers.test",
    VERS_ALLOW_HTTP: "1",
    VERS_API_KEY: "key",
    ALL_PROXY: proxy.url,
  };
  const error = errorOf(await sandbox.run(["status"], { env }));
  strictEqual(error.code, "unreachable");
  ok(
    error.message.endsWith(`through the proxy ${proxy.url} of ALL_PROXY`),
    error.message,
  );
});

for (
  const { name, url, answer } of [
    {
      name: "in TLS",
      url: "https://vers.test",
      answer: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    },
    {
      name: "in clear",
      url: "http://vers.test",
      answer:
        "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    },
  ]
) {
  Deno.test(`a proxy that wants a password, ${name}: nothing was sent, and the hint has where to put it`, async () => {
    await using sandbox = await Sandbox.create();
    await using proxy = startForwardProxy({ answer });
    const env = {
      VERS_URL: url,
      VERS_ALLOW_HTTP: "1",
      VERS_API_KEY: "key",
      ALL_PROXY: proxy.url,
    };
    const error = errorOf(await sandbox.run(["status"], { env }));
    deepStrictEqual([error.code, error.exit_code, error.retryable], [
      "not_sent",
      1,
      true,
    ]);
    ok(error.message.includes(proxy.url), error.message);
    ok(
      error.hint.includes(
        `ALL_PROXY=${proxy.url.replace("//", "//USER:PASSWORD@")}`,
      ),
      error.hint,
    );
  });
}

for (
  const value of [
    "socks4://127.0.0.1:1080",
    "ftp://proxy.test",
    "http://",
    "http://a b",
    "http://ada:100%@proxy.test",
  ]
) {
  Deno.test(`a proxy that cannot be used, ${JSON.stringify(value)}, is refused before anything is sent or written`, async () => {
    await using sandbox = await Sandbox.create();
    const env = {
      VERS_URL: "https://vers.test",
      VERS_API_KEY: "key",
      HTTPS_PROXY: value,
    };
    for (const args of [["status"], RUN]) {
      const result = await sandbox.run(args, { env });
      const error = errorOf(result);
      deepStrictEqual([error.code, error.exit_code], ["usage", 5]);
      match(error.message, /^Cannot use the proxy of HTTPS_PROXY: /);
      match(error.hint, /HTTPS_PROXY=http:\/\/proxy\.example:3128/);
      ok(!result.stderr.includes("ada"), result.stderr);
    }
    deepStrictEqual(sandbox.ledgerLines(), []);
  });
}

Deno.test("upgrade asks this machine without a proxy, and tells no key to anybody", async () => {
  const asked: Headers[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    ({ headers }) => {
      asked.push(headers);
      return new Response("no release", { status: 404 });
    },
  );
  await using proxy = startForwardProxy({ to: server.addr.port });
  await using sandbox = await Sandbox.create();
  const VERS_API_KEY = "a-key-of-somebody";
  const env = { ...everywhere(proxy.url), VERS_API_KEY };
  const here = `http://127.0.0.1:${server.addr.port}`;
  await sandbox.run(["upgrade", "--check"], {
    env: { ...env, VERS_RELEASES_URL: here },
  });
  strictEqual(asked.length, 1);
  strictEqual(asked[0]?.get("authorization"), null);
  strictEqual(proxy.heard(), "");
  const error = errorOf(
    await sandbox.run(["upgrade", "--check"], {
      env: { ...env, VERS_RELEASES_URL: "https://releases.test/vers" },
    }),
  );
  ok(error.message.includes(`through the proxy ${proxy.url} of HTTPS_PROXY`));
  match(proxy.heard(), /^CONNECT releases\.test:443 /);
  ok(!proxy.heard().includes(VERS_API_KEY));
});
