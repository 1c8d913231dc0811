import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Failure } from "../failure.ts";
import { proxyFor, readProxySettings } from "./proxy.ts";

const P = "http://proxy.test:3128";
const Q = "http://other.test:8080";

/** Returns what the environment given makes of a URL. */
function proxyIn(env: Record<string, string>, url: string) {
  return proxyFor(new URL(url), readProxySettings((name) => env[name]));
}

for (
  const { name, env, url, variable } of [
    {
      name: "no variable",
      env: {},
      url: "https://vers.test",
      variable: undefined,
    },
    {
      name: "HTTPS_PROXY",
      env: { HTTPS_PROXY: P },
      url: "https://vers.test",
      variable: "HTTPS_PROXY",
    },
    {
      name: "https_proxy",
      env: { https_proxy: P },
      url: "https://vers.test",
      variable: "https_proxy",
    },
    {
      name: "both of them: the first",
      env: { https_proxy: Q, HTTPS_PROXY: P },
      url: "https://vers.test",
      variable: "HTTPS_PROXY",
    },
    {
      name: "an empty one: the next",
      env: { HTTPS_PROXY: " ", https_proxy: P },
      url: "https://vers.test",
      variable: "https_proxy",
    },
    {
      name: "HTTPS_PROXY, asked for http",
      env: { HTTPS_PROXY: P },
      url: "http://vers.test",
      variable: undefined,
    },
    {
      name: "HTTP_PROXY",
      env: { HTTP_PROXY: P },
      url: "http://vers.test",
      variable: "HTTP_PROXY",
    },
    {
      name: "http_proxy",
      env: { http_proxy: P },
      url: "http://vers.test",
      variable: "http_proxy",
    },
    {
      name: "HTTP_PROXY, asked for https",
      env: { HTTP_PROXY: P, http_proxy: P },
      url: "https://vers.test",
      variable: undefined,
    },
    {
      name: "HTTP_PROXY in a web server's program",
      env: { HTTP_PROXY: P, REQUEST_METHOD: "GET" },
      url: "http://vers.test",
      variable: undefined,
    },
    {
      name: "http_proxy in a web server's program",
      env: { HTTP_PROXY: Q, http_proxy: P, REQUEST_METHOD: "GET" },
      url: "http://vers.test",
      variable: "http_proxy",
    },
    {
      name: "ALL_PROXY",
      env: { ALL_PROXY: P },
      url: "http://vers.test",
      variable: "ALL_PROXY",
    },
    {
      name: "all_proxy",
      env: { all_proxy: P },
      url: "https://vers.test",
      variable: "all_proxy",
    },
    {
      name: "ALL_PROXY beside one of its own: that",
      env: { ALL_PROXY: Q, HTTPS_PROXY: P },
      url: "https://vers.test",
      variable: "HTTPS_PROXY",
    },
    {
      name: "NO_PROXY",
      env: { ALL_PROXY: P, NO_PROXY: "vers.test" },
      url: "https://vers.test",
      variable: undefined,
    },
    {
      name: "no_proxy",
      env: { ALL_PROXY: P, no_proxy: "*" },
      url: "https://10.1.2.3",
      variable: undefined,
    },
  ]
) {
  Deno.test(`proxyFor() with ${name} is ${variable ?? "none"}`, () => {
    const proxy = proxyIn(env, url);
    strictEqual(proxy?.variable, variable);
    if (variable) deepStrictEqual(proxy, { variable, address: P });
  });
}

for (
  const url of [
    "http://127.0.0.1:8080",
    "http://127.9.9.9",
    "http://localhost",
    "https://localhost",
    "https://[::1]:8443",
  ]
) {
  Deno.test(`proxyFor() of this machine, ${url}, is none, not even one that cannot be used`, () => {
    strictEqual(proxyIn({ ALL_PROXY: P }, url), undefined);
    strictEqual(proxyIn({ ALL_PROXY: "ftp://x" }, url), undefined);
  });
}

for (
  const { value, address, credentials } of [
    {
      value: "proxy.test",
      address: "http://proxy.test",
      credentials: undefined,
    },
    {
      value: "proxy.test:3128/path?query",
      address: P,
      credentials: undefined,
    },
    { value: "HTTP://proxy.test:3128", address: P, credentials: undefined },
    {
      value: "https://proxy.test",
      address: "https://proxy.test",
      credentials: undefined,
    },
    {
      value: "socks5://proxy.test:1080",
      address: "socks5://proxy.test:1080",
      credentials: undefined,
    },
    {
      value: "socks5h://[fd00::1]:1080",
      address: "socks5h://[fd00::1]:1080",
      credentials: undefined,
    },
    {
      value: "http://ada:s%40c%3aret@proxy.test:3128",
      address: P,
      credentials: { username: "ada", password: "s@c:ret" },
    },
    {
      value: "ada@proxy.test:3128",
      address: P,
      credentials: { username: "ada", password: "" },
    },
  ]
) {
  Deno.test(`proxyFor() reads ${value}`, () => {
    deepStrictEqual(proxyIn({ https_proxy: value }, "https://vers.test"), {
      variable: "https_proxy",
      address,
      ...(credentials ? { credentials } : {}),
    });
  });
}

for (
  const value of [
    "socks://proxy.test",
    "socks4://proxy.test",
    "ftp://proxy.test",
    "http://",
    "http://ada:secret@",
    "http://pro xy.test",
    "http://proxy.test:99999",
    "http://ada:100%secret@proxy.test",
    `"${P}"`,
  ]
) {
  Deno.test(`proxyFor() refuses ${JSON.stringify(value)}, and does not repeat it`, () => {
    throws(
      () => proxyIn({ https_proxy: value }, "https://vers.test"),
      (error: unknown) => {
        if (!(error instanceof Failure)) return false;
        strictEqual(error.code, "usage");
        ok(error.message.startsWith("Cannot use the proxy of https_proxy: "));
        ok(!Deno.inspect(error).includes("secret"));
        return true;
      },
    );
  });
}
