const FOLDER = new URL("../testdata/tls/", import.meta.url);

/** A certificate for this machine that nobody trusts by himself. */
export const TLS: {
  readonly cert: string;
  readonly key: string;
  /** Where the certificate is, for `DENO_CERT`. */
  readonly certPath: string;
} = {
  cert: Deno.readTextFileSync(new URL("cert.pem", FOLDER)),
  key: Deno.readTextFileSync(new URL("key.pem", FOLDER)),
  certPath: decodeURIComponent(new URL("cert.pem", FOLDER).pathname)
    .replace(/^\/([A-Za-z]:)/, "$1"),
};
