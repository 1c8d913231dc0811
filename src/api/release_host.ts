import type { Advice } from "../advice.ts";
import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";
import { isReleaseVersion } from "../release_version.ts";
import { VERSION } from "../version.ts";
import { through } from "./api_error.ts";
import { type Transport, whyNotSent } from "./transport.ts";
import { isLoopback } from "./origin.ts";
import { LimitPassedError, RequestLimit } from "./request_limit.ts";
import { BodyTooLargeError, readBytes } from "./response.ts";
import { sha256Hex } from "../bytes.ts";

/** Where releases are, unless VERS_RELEASES_URL says otherwise. */
export const RELEASES_URL = "https://github.com/vers-cli/vers/releases";

/** What a {@linkcode ReleaseHost} needs. */
export interface ReleaseHostOptions {
  /** As {@linkcode parseReleasesUrl} returns it. */
  readonly url: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** What one release has, and the SHA-256 of each file. */
export interface Release {
  readonly version: string;
  readonly sha256: ReadonlyMap<string, string>;
}

const CHECKSUMS = "SHA256SUMS";
const CHECKSUMS_LIMIT = { limitMs: 30_000, maxBytes: 64 * 1024 };
const FILE_LIMIT = { limitMs: 15 * 60_000, maxBytes: 256 * 1024 * 1024 };
const MAX_REDIRECTS = 5;

/** Bounds of one download. */
interface DownloadLimit {
  readonly limitMs: number;
  readonly maxBytes: number;
}

/** The files of releases, each checked before anybody sees it. */
export class ReleaseHost {
  readonly #options: ReleaseHostOptions;

  constructor(options: ReleaseHostOptions) {
    this.#options = options;
  }

  /**
   * Returns a release: that of a version, or the latest.
   *
   * @throws {Failure} of code `not_found`, `not_sent`, `unreachable` or
   *   `server_error`; of code `general`, when the answer is no release.
   */
  async release(version: string | undefined): Promise<Release> {
    const folder = version === undefined ? "latest/download" : of(version);
    const what = version === undefined
      ? "the latest release"
      : `release ${version}`;
    const bytes = await this.#download(`${folder}/${CHECKSUMS}`, {
      ...CHECKSUMS_LIMIT,
      what,
    });
    const release = parseRelease(new TextDecoder().decode(bytes));
    if (!release || version !== undefined && release.version !== version) {
      throw new Failure(
        `Cannot use ${what}: its ${CHECKSUMS} is not that of a release`,
        { code: "general", advice: this.#advice },
      );
    }
    return release;
  }

  /**
   * Returns a file of a release, which has the SHA-256 that the release says.
   *
   * @throws {Failure} as {@linkcode release} does; of code `general`, when the
   *   checksum is another, and of code `not_found`, when there is none.
   */
  async file(release: Release, name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { version } = release;
    if (!release.sha256.has(name)) {
      throw new Failure(
        `Cannot find "${name}" in release ${version}: it is not among its files`,
        { code: "not_found", advice: this.#advice },
      );
    }
    const bytes = await this.#download(`${of(version)}/${name}`, {
      ...FILE_LIMIT,
      what: `"${name}" of release ${version}`,
    });
    await checkSum(bytes, release, name);
    return bytes;
  }

  get #advice(): Advice {
    return { type: "releases", url: this.#options.url };
  }

  async #download(
    path: string,
    options: DownloadLimit & { readonly what: string },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { clock, signal } = this.#options;
    const { limitMs, maxBytes, what } = options;
    const limit = new RequestLimit(clock, { limitMs, signal });
    using _limit = limit;
    try {
      const response = await this.#follow(
        `${this.#options.url}/${path}`,
        limit,
      );
      if (!response.ok) {
        response.body?.cancel().catch(() => {}); // It may be broken already.
        throw this.#refused(what, response.status);
      }
      return await readBytes(response, limit, maxBytes);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof Failure ? error : this.#unread(what, error);
    }
  }

  /** Sends a request, and again to where the answers point. */
  async #follow(start: string, limit: RequestLimit): Promise<Response> {
    const { transport, url } = this.#options;
    const headers = { "user-agent": `vers/${VERSION}` };
    let at = start;
    for (let redirects = 0;; redirects++) {
      const { signal } = limit;
      const request = new Request(at, { headers, signal, redirect: "manual" });
      const response = await limit.race(transport.read(request));
      const location = response.headers.get("location");
      const isRedirect = response.status >= 300 && response.status < 400;
      if (!isRedirect || location === null) return response;
      response.body?.cancel().catch(() => {}); // It may be broken already.
      const next = URL.parse(location, at);
      if (!next || !isSafe(next, new URL(url)) || redirects === MAX_REDIRECTS) {
        throw new Failure(
          `Cannot download from ${url}: it points to ${
            next?.origin ?? "nowhere"
          }`,
          { code: "general", advice: this.#advice },
        );
      }
      at = next.href;
    }
  }

  #refused(what: string, status: number): Failure {
    if (status === 404) {
      return new Failure(
        `Cannot find ${what} at ${this.#options.url}: there is none`,
        { code: "not_found", advice: this.#advice },
      );
    }
    return new Failure(`Cannot download ${what}: the host answered ${status}`, {
      code: "server_error",
      retryable: status === 429 || status >= 500,
      advice: this.#advice,
    });
  }

  #unread(what: string, cause: unknown): Failure {
    const why = whyNotSent(cause);
    const { url, transport } = this.#options;
    const { origin } = new URL(url);
    const where = `${origin}${through(transport.proxyFor?.(url))}`;
    if (why !== undefined) {
      return new Failure(
        `Cannot download ${what}: cannot connect to ${where} (${why})`,
        { code: "not_sent", retryable: true, cause, advice: TRY_AGAIN },
      );
    }
    const text = cause instanceof LimitPassedError ||
        cause instanceof BodyTooLargeError
      ? cause.message
      : "the connection broke before all of it was there";
    return new Failure(`Cannot download ${what}: ${text}`, {
      code: "unreachable",
      retryable: true,
      cause,
      advice: TRY_AGAIN,
    });
  }
}

const TRY_AGAIN: Advice = { type: "check_download" };

/**
 * Returns the value of VERS_RELEASES_URL as it is used.
 *
 * @throws {Failure} of code `usage`, when what came from there could be
 *   changed on the way.
 */
export function parseReleasesUrl(text: string): string {
  const url = URL.parse(text.trim());
  // What may be secret would stand in every message that names the place.
  const isBare = url && !url.search && !url.hash && !url.username &&
    !url.password;
  if (isBare && isSafe(url, url)) {
    return url.href.replace(/\/+$/, "");
  }
  throw new Failure(
    "Cannot use VERS_RELEASES_URL: it is not an https:// URL",
    { code: "usage", advice: { type: "releases_form", url: RELEASES_URL } },
  );
}

const ARCHIVE = /^vers-(\d.*)-(?:x86_64|aarch64)-[\w-]+\.(?:tar\.gz|zip)$/;

/** Returns what the checksums say of a release, if they are those of one. */
export function parseRelease(checksums: string): Release | undefined {
  const sha256 = new Map<string, string>();
  for (const line of checksums.split("\n")) {
    const [, sum, name] = /^([0-9a-f]{64}) [ *]([\w.+-]+)$/.exec(line) ?? [];
    if (sum !== undefined && name !== undefined) sha256.set(name, sum);
  }
  // The archives carry the version; the other names are the same in each.
  for (const name of sha256.keys()) {
    const [, version = ""] = ARCHIVE.exec(name) ?? [];
    if (isReleaseVersion(version)) return { version, sha256 };
  }
  return undefined;
}

/**
 * Returns when bytes are those of a file of the release.
 *
 * @throws {Failure} of code `general`, when they are not.
 */
export async function checkSum(
  bytes: Uint8Array<ArrayBuffer>,
  release: Release,
  name: string,
): Promise<void> {
  const sum = await sha256Hex(bytes);
  const wanted = release.sha256.get(name);
  if (sum === wanted) return;
  throw new Failure(
    `Cannot use "${name}" of release ${release.version}: ` +
      `its SHA-256 is ${sum}, and ${CHECKSUMS} says ${wanted ?? "nothing"}`,
    { code: "general", advice: { type: "checksum_differs" } },
  );
}

/** Only this machine may be asked without encryption, and only by itself. */
function isSafe(url: URL, asked: URL): boolean {
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && isLoopback(url.hostname) &&
    isLoopback(asked.hostname);
}

function of(version: string): string {
  return `download/v${version}`;
}
