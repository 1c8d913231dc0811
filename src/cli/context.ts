import type { Transport } from "../api/transport.ts";
import { type Clock, systemClock } from "../clock.ts";
import { InterruptedError } from "../patience.ts";
import { Failure } from "../failure.ts";
import { reasonOf } from "../regular_file.ts";
import { lazy } from "./lazy.ts";
import { UsageError } from "./output/exit_code.ts";
import { Sink } from "./output/sink.ts";

/** Everything that the process gives to a command. */
export interface Context {
  /**
   * Returns a variable of the environment; empty ones count as not set.
   *
   * @throws {UsageError} when one of ours is set and is not UTF-8 text.
   */
  env(name: string): string | undefined;
  /** Returns the folder that the command was started in. */
  cwd(): string;
  readonly platform: typeof Deno.build.os;
  readonly pid: number;
  readonly stdin: Input;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly clock: Clock;
  /** Returns a number from 0 up to 1. */
  random(): number;
  /** Aborted, with an {@linkcode InterruptedError}, when a signal arrives. */
  readonly signal: AbortSignal;
  /** Returns the way to the service: the network. */
  transport(): Promise<Transport>;
}

/** What a command can read while it runs. */
export interface Input {
  readonly isTerminal: boolean;
  /** Reads some bytes; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** Options for {@linkcode denoContext}. */
export interface DenoContextOptions {
  /** Ends the process at once, whatever is still to be done. */
  readonly exitHard: (code: number) => void;
}

/** Returns the context of this process. To be called once. */
export function denoContext(options: DenoContextOptions): Context {
  outliveFileSizeLimit();
  // One for the process: what it takes from the environment is gone then.
  let network: Promise<Transport> | undefined;
  return {
    env,
    cwd,
    platform: Deno.build.os,
    pid: Deno.pid,
    stdin: {
      get isTerminal() {
        return Deno.stdin.isTerminal();
      },
      read: (into) => Deno.stdin.read(into),
    },
    stdout: new Sink({
      writer: Deno.stdout,
      clock: systemClock,
      isTerminal: Deno.stdout.isTerminal(),
      columns,
    }),
    stderr: new Sink({
      writer: Deno.stderr,
      clock: systemClock,
      isTerminal: Deno.stderr.isTerminal(),
      columns,
      ignoresErrors: true,
    }),
    clock: systemClock,
    random: Math.random,
    signal: listenForSignals(options.exitHard),
    transport: () => network ??= openNetwork(),
  };
}

/**
 * Opens the network as the environment says. Its proxies are taken out of the
 * environment: the runtime would use them for this machine, too.
 */
async function openNetwork(): Promise<Transport> {
  const { networkTransport } = await lazy.transport();
  const { CGI_VARIABLE, PROXY_VARIABLES, readProxySettings } = await lazy
    .proxy();
  const isKnown = [...PROXY_VARIABLES, CGI_VARIABLE].every(mayRead);
  const proxies = isKnown ? readProxySettings(env) : "unknown";
  if (isKnown) PROXY_VARIABLES.forEach((name) => Deno.env.delete(name));
  return networkTransport({
    proxies,
    trust: {
      cert: taken("DENO_CERT"),
      stores: taken("DENO_TLS_CA_STORE"),
    },
  });
}

/** Returns a variable of the runtime's own, for which empty is not unset. */
function taken(name: string): string | undefined {
  if (!mayRead(name)) return undefined;
  const value = env(name);
  if (value === undefined) Deno.env.delete(name);
  return value;
}

/** Whether a variable can be read without anybody being asked. */
function mayRead(variable: string): boolean {
  const permission = { name: "env", variable } as const;
  return Deno.permissions.querySync(permission).state === "granted";
}

/** What is told apart from a variable that is not set. */
const WANTED_VARIABLE = /^(VERS_|HOME$|USERPROFILE$)/;

function env(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch (error) {
    // Not allowed to look: then it is not set for us.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    if (!WANTED_VARIABLE.test(name)) return undefined;
    throw new UsageError(
      `Cannot use ${name}: it is not UTF-8 text`,
      `set it again, or unset it: env -u ${name} vers help`,
    );
  }
}

function cwd(): string {
  try {
    return Deno.cwd();
  } catch (cause) {
    const isGone = cause instanceof Deno.errors.NotFound;
    const why = isGone
      ? "it is gone"
      : cause instanceof Deno.errors.InvalidData
      ? "its path is not UTF-8 text"
      : reasonOf(cause);
    throw new Failure(`Cannot use the current folder: ${why}`, {
      code: "general",
      hint: "go to another folder, and run the same command again: cd /",
      cause,
    });
  }
}

/** A terminal that does not tell its width may have it in COLUMNS. */
function columns(): number {
  const said = Number(env("COLUMNS"));
  const otherwise = Number.isInteger(said) && said > 0 ? said : 80;
  try {
    return Deno.consoleSize().columns || otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * Makes a write over `ulimit -f` fail as one to a full disk does: whoever
 * listens for the signal of it is not ended by it.
 */
function outliveFileSizeLimit(): void {
  try {
    Deno.addSignalListener("SIGXFSZ", () => {});
  } catch {
    // This system does not have it.
  }
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** How long a process that was told to end may take over it. */
const GRACE_MS = 1_900;

function listenForSignals(exitHard: (code: number) => void): AbortSignal {
  const controller = new AbortController();
  listen("SIGINT", "SIGINT");
  listen("SIGTERM", "SIGTERM");
  listen("SIGHUP", "SIGHUP");
  if (Deno.build.os === "windows") listen("SIGBREAK", "SIGINT");
  return controller.signal;

  function listen(name: Deno.Signal, as: keyof typeof EXIT_CODES) {
    const code = EXIT_CODES[as];
    try {
      Deno.addSignalListener(name, () => {
        if (controller.signal.aborted) return exitHard(code);
        setTimeout(() => exitHard(code), GRACE_MS);
        controller.abort(new InterruptedError(as));
      });
    } catch {
      // This system does not have it.
    }
  }
}
