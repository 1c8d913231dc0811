import { ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { needing } from "../helpers/machine.ts";
import { baseEnvironment, programCommand } from "../helpers/program_command.ts";
import { Sandbox } from "../helpers/sandbox.ts";

const MIB = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
/** What a program keeps at most, its runtime included, whatever passes by. */
const MOST_MEMORY_MIB = 400;
/** What may be on its way: in sockets, in a pipe, in this process. */
const MOST_ON_ITS_WAY = 32 * MIB;

/** A service whose one command writes so many bytes, as fast as it may. */
class LargeCommand implements AsyncDisposable {
  readonly hash = createHash("sha256");
  /** How many bytes of output it was asked for. */
  written = 0;
  /** Lets the command end. */
  readonly mayEnd = Promise.withResolvers<void>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(size: number) {
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      await request.body?.cancel();
      return request.url.endsWith("/exec/stream")
        ? new Response(this.#stream(size))
        : Response.json({ error: "not found", success: false }, {
          status: 404,
        });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  #stream(size: number): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const line = (event: unknown) =>
      encoder.encode(JSON.stringify(event) + "\n");
    let cursor = 0;
    return new ReadableStream({
      pull: async (controller) => {
        cursor++;
        if (this.written >= size) {
          await this.mayEnd.promise;
          controller.enqueue(line({ type: "exit", exit_code: 3, cursor }));
          return controller.close();
        }
        const bytes = new Uint8Array(PIECE_BYTES);
        crypto.getRandomValues(bytes);
        this.hash.update(bytes);
        this.written += bytes.length;
        const data_b64 = bytes.toBase64();
        controller.enqueue(
          line({ type: "chunk", stream: "stdout", data_b64, cursor }),
        );
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.mayEnd.resolve();
    await this.#server.shutdown();
  }
}

async function startExec(sandbox: Sandbox, url: string) {
  const { executable, args } = programCommand();
  const vm = "5b1c0000-0000-4000-8000-000000000001";
  return new Deno.Command(executable, {
    args: [...args, "exec", vm, "cat big"],
    cwd: sandbox.project,
    env: {
      ...await baseEnvironment(),
      ...sandbox.env,
      VERS_URL: url,
      VERS_API_KEY: vm + "a".repeat(64),
    },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

Deno.test({
  ...needing(
    ["linux"],
    "exec hands on a quarter of a gigabyte right, in constant memory, and no faster than it is read",
  ),
  async fn() {
    const size = 256 * MIB;
    await using sandbox = await Sandbox.create();
    await using service = new LargeCommand(size);
    const child = await startExec(sandbox, service.url);
    const hash = createHash("sha256");
    let read = 0;
    let ahead = 0;
    let memoryMib = 0;
    for await (const piece of child.stdout) {
      hash.update(piece);
      read += piece.length;
      ahead = Math.max(ahead, service.written - read);
      if (read < size) continue;
      // It lives as long as its command does.
      memoryMib = await peakMemoryMib(child.pid);
      service.mayEnd.resolve();
    }
    strictEqual((await child.status).code, 3);
    strictEqual(read, size);
    strictEqual(hash.digest("hex"), service.hash.digest("hex"));
    ok(ahead < MOST_ON_ITS_WAY, `${ahead} bytes were on their way`);
    ok(memoryMib < MOST_MEMORY_MIB, `it took ${memoryMib} MiB`);
  },
});

async function peakMemoryMib(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
