import { strictEqual } from "node:assert/strict";
import { isUntrusted, whyNotSent } from "./transport.ts";

const REFUSED = "error sending request for url (http://127.0.0.1:9/): " +
  "client error (Connect): tcp connect error: Connection refused";
const BROKEN = "error sending request for url (http://127.0.0.1:9/): " +
  "client error (SendRequest): connection closed before message completed";

for (
  const { name, error, why } of [
    {
      name: "an error that says so itself",
      error: new TypeError(REFUSED),
      why: "tcp connect error: Connection refused",
    },
    {
      name: "an error whose cause says so",
      error: new TypeError("fetch failed", { cause: new Error(REFUSED) }),
      why: "tcp connect error: Connection refused",
    },
    {
      name: "an error that says so without a reason",
      error: new TypeError("client error (Connect)"),
      why: "no connection",
    },
    {
      name: "a barred port",
      error: new TypeError("Fetch failed: Requests to port 1 are blocked"),
      why: "Requests to port 1 are blocked",
    },
    {
      name: "a missing permission",
      error: new Deno.errors.NotCapable("Requires net access"),
      why: "no permission",
    },
    {
      name: "a connection that broke",
      error: new TypeError("fetch failed", { cause: new Error(BROKEN) }),
      why: undefined,
    },
    { name: "what is no error", error: REFUSED, why: undefined },
  ]
) {
  Deno.test(`whyNotSent() of ${name} is ${why ?? "unknown"}`, () => {
    strictEqual(whyNotSent(error), why);
  });
}

Deno.test("whyNotSent() ends on a cause that is its own", () => {
  const error = new Error("round and round");
  error.cause = error;
  strictEqual(whyNotSent(error), undefined);
});

Deno.test("isUntrusted() tells a certificate from whatever else was in the way", () => {
  strictEqual(isUntrusted("invalid peer certificate: UnknownIssuer"), true);
  strictEqual(isUntrusted("tcp connect error: Connection refused"), false);
  strictEqual(isUntrusted("dns error: no certificates.example"), false);
});
