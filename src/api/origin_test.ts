import { strictEqual, throws } from "node:assert/strict";
import { Failure } from "../failure.ts";
import { parseOrigin } from "./origin.ts";

for (
  const { text, origin } of [
    { text: "https://api.vers.sh", origin: "https://api.vers.sh" },
    { text: " https://API.vers.sh:443/\n", origin: "https://api.vers.sh" },
    { text: "https://10.0.0.1:8443", origin: "https://10.0.0.1:8443" },
    { text: "http://127.0.0.1:8080", origin: "http://127.0.0.1:8080" },
    { text: "http://127.9.9.9", origin: "http://127.9.9.9" },
    { text: "http://127.1:8080", origin: "http://127.0.0.1:8080" },
    { text: "http://[::1]:8080", origin: "http://[::1]:8080" },
    { text: "http://localhost:8080/", origin: "http://localhost:8080" },
  ]
) {
  Deno.test(`parseOrigin() of ${JSON.stringify(text)} is ${origin}`, () => {
    strictEqual(parseOrigin(text), origin);
  });
}

for (
  const { text, why } of [
    { text: "api.vers.sh", why: `"api.vers.sh" is not a URL` },
    { text: "", why: `"" is not a URL` },
    { text: "ftp://a", why: `"ftp://a" is neither https:// nor http://` },
    {
      text: "http://api.vers.sh",
      why: `"http://api.vers.sh" would send the API key unencrypted`,
    },
    {
      text: "http://127.0.0.1.vers.sh",
      why: `"http://127.0.0.1.vers.sh" would send the API key unencrypted`,
    },
    {
      text: "http://localhost.vers.sh",
      why: `"http://localhost.vers.sh" would send the API key unencrypted`,
    },
    {
      text: "https://api.vers.sh/api/v1",
      why: `it holds a path, "/api/v1"`,
    },
    { text: "https://ada:pass1234@vers.sh", why: "it holds credentials" },
    {
      text: "https://vers.sh/?key=pass1234",
      why: "it holds a query or a fragment",
    },
    { text: "https//ada:pass1234@vers.sh", why: "the value is not a URL" },
  ]
) {
  Deno.test(`parseOrigin() refuses ${JSON.stringify(text)}`, () => {
    throws(() => parseOrigin(text), (error: unknown) => {
      strictEqual(error instanceof Failure, true);
      if (!(error instanceof Failure)) return false;
      strictEqual(error.message, `Cannot use VERS_URL: ${why}`);
      strictEqual(error.code, "usage");
      strictEqual(error.advice?.type, "origin_form");
      strictEqual(Deno.inspect(error).includes("pass1234"), false);
      return true;
    });
  });
}

Deno.test("parseOrigin() takes http:// to anywhere where that is allowed", () => {
  strictEqual(
    parseOrigin("http://vers.test:80", { allowInsecure: true }),
    "http://vers.test",
  );
});
