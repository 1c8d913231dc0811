import {
  type NetworkTransport,
  networkTransport,
} from "../../src/api/transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A release host on this machine: files by their paths, as GitHub has them
 * under `/releases`, and ways to go wrong.
 */
export class ReleaseFolder implements AsyncDisposable {
  /** What is at which path. */
  readonly files = new Map<string, Bytes>();
  /** The paths that were asked for, in order; redirections count once. */
  readonly asked: string[] = [];
  /** What `latest` stands for. */
  latest = "";
  /** The end of a path of which only half arrives. */
  cut: string | undefined;
  /** What every answer's status is. */
  status: number | undefined;
  /** Where every request is sent instead. */
  location: string | undefined;
  /** A folder that every request is sent to first, on this host. */
  moved: string | undefined;
  readonly transport: NetworkTransport = networkTransport();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(new URL(request.url).pathname),
    );
  }

  /** Returns a host without any release. */
  static serve(): Promise<ReleaseFolder> {
    return Promise.resolve(new ReleaseFolder());
  }

  /** What VERS_RELEASES_URL is to be. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/releases`;
  }

  /** Adds a release: the text, or bytes, of the program for each target. */
  async add(
    version: string,
    programs: Readonly<Record<string, string | Bytes>>,
  ): Promise<void> {
    const lines: string[] = [];
    for (const [target, content] of Object.entries(programs)) {
      const isWindows = target.includes("windows");
      const name = isWindows ? `vers-${target}.exe` : `vers-${target}`;
      const program = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content;
      const packed = await gzip(program);
      const archive = `vers-${version}-${target}.${
        isWindows ? "zip" : "tar.gz"
      }`;
      this.files.set(`download/v${version}/${name}.gz`, packed);
      lines.push(
        `${await sha256(program)}  ${name}`,
        `${await sha256(packed)}  ${name}.gz`,
        `${await sha256(new TextEncoder().encode(archive))}  ${archive}`,
      );
    }
    this.files.set(
      `download/v${version}/SHA256SUMS`,
      new TextEncoder().encode(lines.join("\n") + "\n"),
    );
    this.latest = version;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.transport[Symbol.dispose]();
    await this.#server.shutdown();
  }

  #answer(pathname: string): Response {
    const { moved, location } = this;
    const isMoved = moved !== undefined && pathname.startsWith(moved);
    const path = (isMoved ? pathname.slice(moved.length) : pathname)
      .replace(/^\/releases\//, "");
    if (moved !== undefined && !isMoved) {
      return new Response(null, {
        status: 302,
        headers: { location: moved + pathname },
      });
    }
    this.asked.push(path);
    if (location !== undefined) {
      return new Response(null, { status: 302, headers: { location } });
    }
    if (this.status !== undefined) {
      return new Response("no", { status: this.status });
    }
    const file = this.files.get(path) ??
      this.files.get(
        path.replace(/^latest\/download\//, `download/v${this.latest}/`),
      );
    if (!file) return new Response("Not Found", { status: 404 });
    return this.cut !== undefined && path.endsWith(this.cut)
      ? half(file)
      : new Response(file);
  }
}

/** Returns an answer that breaks off in the middle. */
function half(file: Bytes): Response {
  const pieces = [file.slice(0, file.length >> 1)];
  const body = new ReadableStream<Bytes>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
  return new Response(body, {
    headers: { "content-length": String(file.length) },
  });
}

async function gzip(bytes: Bytes): Promise<Bytes> {
  const packed = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function sha256(bytes: Bytes): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
