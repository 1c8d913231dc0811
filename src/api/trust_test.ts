import { match, ok, strictEqual, throws } from "node:assert/strict";
import { TLS } from "../../tests/helpers/tls.ts";
import { Failure } from "../failure.ts";
import { checkTrust, type TrustSettings } from "./trust.ts";

for (
  const stores of ["mozilla", "system", "system,mozilla", " mozilla , system ,"]
) {
  Deno.test(`checkTrust() takes DENO_TLS_CA_STORE=${JSON.stringify(stores)}`, () => {
    checkTrust({ stores });
  });
}

for (
  const stores of ["Mozilla", "SYSTEM", "mozilla,nonsense", ",", '"system"']
) {
  Deno.test(`checkTrust() refuses DENO_TLS_CA_STORE=${JSON.stringify(stores)}`, () => {
    const { message, advice } = refusalOf({ stores });
    match(message, /^Cannot use DENO_TLS_CA_STORE: /);
    strictEqual(advice?.type, "certificate_stores");
  });
}

const BODY = TLS.cert.replaceAll(/-----.*-----/g, "");

for (
  const [name, content] of Object.entries({
    "a certificate": TLS.cert,
    "a certificate with carriage returns": TLS.cert.replaceAll("\n", "\r\n"),
    "text in front of a certificate": `# our own issuer\n\n${TLS.cert}`,
    "a key beside a certificate": TLS.key + TLS.cert,
    "something else before a certificate":
      `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${TLS.cert}`,
  })
) {
  Deno.test(`checkTrust() takes a DENO_CERT that has ${name}`, async () => {
    await using file = await fileOf(content);
    checkTrust({ cert: file.path });
  });
}

for (
  const [name, content] of Object.entries({
    "nothing": "",
    "junk": "junk\n",
    "a key alone": TLS.key,
    "a block of something else":
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "a block that is no base64":
      "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
    "a certificate without its end": TLS.cert.replace(/-----END.*/s, ""),
    "half a certificate": `-----BEGIN CERTIFICATE-----${
      BODY.slice(0, 65)
    }\n-----END CERTIFICATE-----\n`,
    "a certificate in binary": new TextDecoder("latin1").decode(
      Uint8Array.fromBase64(BODY),
    ),
  })
) {
  Deno.test(`checkTrust() refuses a DENO_CERT that has ${name}`, async () => {
    await using file = await fileOf(content);
    const { message, advice } = refusalOf({ cert: file.path });
    match(message, /^Cannot use DENO_CERT=".*": it has no certificate in PEM$/);
    strictEqual(advice?.type, "certificate_file");
  });
}

Deno.test("checkTrust() refuses a DENO_CERT that is not there, or no file", async () => {
  await using file = await fileOf("");
  match(
    refusalOf({ cert: `${file.path}.lost` }).message,
    /^Cannot use DENO_CERT=".*\.lost": it was not found$/,
  );
  match(
    refusalOf({ cert: file.folder }).message,
    /: it is a folder, not a regular file$/,
  );
  if (Deno.build.os === "windows") return;
  // It would never end.
  match(
    refusalOf({ cert: "/dev/zero" }).message,
    /: it is a device, not a regular file$/,
  );
});

function refusalOf(settings: TrustSettings): Failure {
  let refusal: Failure | undefined;
  throws(() => checkTrust(settings), (error: unknown) => {
    ok(error instanceof Failure, String(error));
    strictEqual(error.code, "usage");
    refusal = error;
    return true;
  });
  return refusal ?? new Failure("", { code: "usage" });
}

interface TempFile extends AsyncDisposable {
  readonly path: string;
  readonly folder: string;
}

async function fileOf(content: string): Promise<TempFile> {
  const folder = await Deno.makeTempDir({ prefix: "vers_test_" });
  const path = `${folder}/ca.pem`;
  const bytes = Uint8Array.from(content, (letter) => letter.charCodeAt(0));
  await Deno.writeFile(path, bytes);
  return {
    path,
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
