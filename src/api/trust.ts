import { Failure, messageOf } from "../failure.ts";
import { readRegularFile, reasonOf } from "../regular_file.ts";

/** Whose certificates the runtime is set to trust. */
export interface TrustSettings {
  /** `DENO_CERT`: a file of more certificates to trust. */
  readonly cert?: string | undefined;
  /** `DENO_TLS_CA_STORE`: whose certificates to trust: see {@linkcode STORES}. */
  readonly stores?: string | undefined;
}

const STORES = ["mozilla", "system"];

/**
 * Returns when the certificates can be read that the environment says to
 * trust. The runtime would find out no sooner than with a request, and pass
 * over a file that has none.
 *
 * @throws {Failure} of code `usage`, naming the variable and what works.
 */
export function checkTrust({ cert, stores }: TrustSettings): void {
  if (stores !== undefined) checkStores(stores);
  if (cert !== undefined) checkFile(cert);
}

/**
 * Returns the failure for a client that the runtime would not make: of what
 * could go wrong then, only the certificates of the system are left.
 */
export function untrusting(cause: unknown, { stores }: TrustSettings): Failure {
  const why = messageOf(cause);
  const isSystem = stores?.includes("system");
  return new Failure(
    `Cannot use ${
      isSystem ? `DENO_TLS_CA_STORE=${stores}` : "the network"
    }: ${why}`,
    {
      code: "usage",
      cause,
      advice: { type: isSystem ? "system_certificates" : "no_network_client" },
    },
  );
}

function checkStores(value: string): void {
  const named = value.split(",").map((store) => store.trim())
    .filter((store) => store !== "");
  const unknown = named.find((store) => !STORES.includes(store));
  if (named.length > 0 && unknown === undefined) return;
  throw new Failure(
    `Cannot use DENO_TLS_CA_STORE: ${
      unknown === undefined
        ? "it names no store"
        : `there is no store ${JSON.stringify(unknown.slice(0, 100))}`
    }`,
    { code: "usage", advice: { type: "certificate_stores" } },
  );
}

function checkFile(path: string): void {
  let text: string | undefined;
  try {
    text = readRegularFile(path);
  } catch (cause) {
    throw noCertificate(path, reasonOf(cause), cause);
  }
  if (text === undefined) throw noCertificate(path, "it was not found");
  if (!hasCertificate(text)) {
    throw noCertificate(path, "it has no certificate in PEM");
  }
}

function noCertificate(path: string, why: string, cause?: unknown): Failure {
  return new Failure(
    `Cannot use DENO_CERT=${JSON.stringify(path.slice(0, 300))}: ${why}`,
    { code: "usage", cause, advice: { type: "certificate_file" } },
  );
}

const BLOCK =
  /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----/g;

/** Whether a text has what is at least built like a certificate. */
function hasCertificate(text: string): boolean {
  for (const [, base64 = ""] of text.matchAll(BLOCK)) {
    if (isSequence(base64)) return true;
  }
  return false;
}

/** Whether these are the bytes of one sequence of DER, and all of it. */
function isSequence(base64: string): boolean {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(base64);
  } catch {
    return false;
  }
  const [tag, first = 0] = bytes;
  if (tag !== 0x30) return false;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  let length = first < 0x80 ? first : 0;
  for (const byte of bytes.subarray(2, 2 + lengthBytes)) {
    length = length * 256 + byte;
  }
  return bytes.length === 2 + lengthBytes + length;
}
