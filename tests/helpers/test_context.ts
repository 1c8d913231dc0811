import { fetchTransport } from "../../src/api/transport.ts";
import type { Clock } from "../../src/clock.ts";
import type { Context } from "../../src/cli/context.ts";
import { type ByteWriter, Sink } from "../../src/cli/output/sink.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import { FakeClock } from "./fake_clock.ts";

/** Options for {@linkcode testContext}. */
export interface TestContextOptions {
  /** The whole environment, besides HOME and VERS_API_KEY. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether HOME is set; it is a folder of its own. */
  readonly hasHome?: boolean;
  /** Whether VERS_API_KEY is set, to a key that the simulator takes. */
  readonly hasKey?: boolean;
  readonly clock?: Clock;
  readonly simulator?: Simulator;
  readonly platform?: Context["platform"];
  /** Whether stdout and stderr are a terminal. */
  readonly isTerminal?: boolean;
  readonly columns?: number;
  /** What can be read from stdin; without it, nothing. */
  readonly stdin?: string | Uint8Array;
  /** What stands in for the kernel behind stdout. */
  readonly stdoutWriter?: ByteWriter;
  /** What stands in for the kernel behind stderr. */
  readonly stderrWriter?: ByteWriter;
  /** Called with each text that was written to stderr. */
  readonly onStderr?: (text: string, context: TestContext) => void;
}

/** A context made of memory and of folders that go away with it. */
export interface TestContext extends Context, AsyncDisposable {
  readonly home: string;
  readonly simulator: Simulator;
  /** What was written to stdout so far. */
  readonly out: () => string;
  /** What was written to stderr so far. */
  readonly err: () => string;
  /** Does what a signal does. */
  readonly abort: (reason: unknown) => void;
}

/** Returns a context for one program that runs in this process. */
export async function testContext(
  options: TestContextOptions = {},
): Promise<TestContext> {
  const { hasHome = true, hasKey = true, isTerminal = false } = options;
  const { columns = 80, platform = "linux" } = options;
  const clock = options.clock ?? new FakeClock();
  const simulator = options.simulator ?? new Simulator({ clock });
  const home = await Deno.makeTempDir({ prefix: "vers-home-" });
  const folder = await Deno.makeTempDir({ prefix: "vers-project-" });
  const variables = new Map(Object.entries({
    ...(hasHome ? { HOME: home } : {}),
    ...(hasKey ? { VERS_API_KEY: simulator.apiKey } : {}),
    ...options.env,
  }));
  const controller = new AbortController();
  const out = new MemoryWriter();
  const err = new MemoryWriter();
  const sink = (writer: ByteWriter, ignoresErrors: boolean) =>
    new Sink({
      writer,
      clock,
      isTerminal,
      columns: () => columns,
      ignoresErrors,
    });
  const context: TestContext = {
    env: (name) => variables.get(name) || undefined,
    cwd: () => folder,
    platform,
    pid: Deno.pid,
    stdin: { isTerminal, read: memoryReader(options.stdin ?? "") },
    stdout: sink(options.stdoutWriter ?? out, false),
    stderr: sink(
      options.stderrWriter ?? {
        async write(bytes) {
          const taken = await err.write(bytes);
          options.onStderr?.(new TextDecoder().decode(bytes), context);
          return taken;
        },
      },
      true,
    ),
    clock,
    random: () => 0.5,
    signal: controller.signal,
    transport: () =>
      Promise.resolve(fetchTransport((request) => simulator.fetch(request))),
    home,
    simulator,
    out: () => out.text,
    err: () => err.text,
    abort: (reason) => controller.abort(reason),
    async [Symbol.asyncDispose]() {
      await Deno.remove(home, { recursive: true });
      await Deno.remove(folder, { recursive: true });
    },
  };
  return context;
}

/** Returns what reads a text, or bytes, piece by piece. */
function memoryReader(content: string | Uint8Array): Context["stdin"]["read"] {
  let left = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  return (into) => {
    if (left.length === 0) return Promise.resolve(null);
    const taken = left.subarray(0, into.length);
    into.set(taken);
    left = left.subarray(taken.length);
    return Promise.resolve(taken.length);
  };
}

/** Keeps what is written to it. */
export class MemoryWriter implements ByteWriter {
  #text = "";
  readonly #decoder = new TextDecoder();

  get text(): string {
    return this.#text;
  }

  write(bytes: Uint8Array): Promise<number> {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    return Promise.resolve(bytes.length);
  }
}
