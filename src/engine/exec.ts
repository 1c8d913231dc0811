import { ApiError, NoAnswerError, NotSentError } from "../api/api_error.ts";
import type { ExecListener } from "../api/exec_events.ts";
import type { ExecEvent, ExecRequest } from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";

/** What a command is run with. */
export interface ExecContext {
  readonly client: VersClient;
  readonly clock: Clock;
  /** Ends the following of the command; the command itself goes on. */
  readonly signal: AbortSignal;
}

/** Options for {@linkcode execInVm}. */
export interface ExecInVmOptions {
  readonly vmId: string;
  readonly request: ExecRequest;
  /**
   * Takes a piece of output; the next one comes when it has returned. What it
   * throws ends the following, unchanged.
   */
  readonly onOutput: (
    stream: "stdout" | "stderr",
    bytes: Uint8Array,
  ) => Promise<void>;
  /**
   * Called when the connection broke and the command is looked for again:
   * why, and how many times in a row nothing was heard of it.
   */
  readonly onBroken: (why: Failure, times: number) => void;
}

/** How long a command may be out of sight before it is given up. */
const PATIENCE_MS = 120_000;
/** A stream that was open for so long was no mistake. */
const STEADY_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const LONGEST_RETRY_AFTER_MS = 60_000;
/** How often the service may say that it never heard of the command. */
const UNKNOWN_LOOKS = 4;

/**
 * Runs a command in a VM and returns its exit code.
 *
 * Its output arrives whole, in order and once, however often the connection
 * breaks: the command is found again by its `exec_id` and the number of the
 * last event that came. The request that starts it is sent once.
 *
 * @throws {Failure} when it was not started, or cannot be followed to its end.
 * @throws {unknown} the signal's reason, when that is aborted.
 */
export function execInVm(
  context: ExecContext,
  options: ExecInVmOptions,
): Promise<number> {
  return new Following(context, options).run();
}

/** A command in a VM, followed to its end. */
class Following implements ExecListener {
  readonly #context: ExecContext;
  readonly #options: ExecInVmOptions;
  #cursor: number | undefined;
  #exitCode: number | undefined;
  #seenAtMs: number;
  /** When the stream was opened, if it was. */
  #openedAtMs: number | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #breaks = 0;
  #unknownLooks = 0;
  /** Whether the service has ever agreed to stream the command. */
  #isKnown = false;
  /** What the listener threw: no fault of the connection. */
  #refused: { readonly error: unknown } | undefined;

  constructor(context: ExecContext, options: ExecInVmOptions) {
    this.#context = context;
    this.#options = options;
    this.#seenAtMs = context.clock.elapsedMs();
  }

  async run(): Promise<number> {
    let broken = await this.#follow(() => this.#start(), isNotStarted);
    while (this.#exitCode === undefined) {
      await this.#pause(broken);
      broken = await this.#follow(() => this.#attach(), (error) => {
        return this.#isLost(error);
      });
    }
    return this.#exitCode;
  }

  /**
   * Follows a stream to its end, and returns why that is not the command's.
   *
   * @throws {Failure} when it cannot be followed any further.
   */
  async #follow(
    open: () => Promise<void>,
    isFinal: (error: Failure) => boolean,
  ): Promise<Failure> {
    try {
      await open();
    } catch (error) {
      if (this.#refused) throw this.#refused.error;
      this.#context.signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      if (this.#exitCode === undefined && isFinal(error)) throw error;
      return error;
    }
    return new NoAnswerError(
      "follow the command",
      "the stream ended before the command did",
    );
  }

  async #start(): Promise<void> {
    const { client, signal } = this.#context;
    const { vmId, request } = this.#options;
    await client.execStream(vmId, request, {
      signal,
      listener: this,
    });
  }

  async #attach(): Promise<void> {
    const { client, signal } = this.#context;
    const { vmId, request: { exec_id } } = this.#options;
    const from = this.#cursor === undefined ? {} : { cursor: this.#cursor };
    await client.attachExec(vmId, { exec_id, ...from }, {
      signal,
      listener: this,
    });
  }

  onOpen(): void {
    this.#isKnown = true;
    this.#openedAtMs = this.#context.clock.elapsedMs();
  }

  async onEvent(event: ExecEvent): Promise<void> {
    try {
      await this.#take(event);
    } catch (error) {
      this.#refused = { error };
      throw error;
    }
  }

  async #take(event: ExecEvent): Promise<void> {
    // What comes after the end is a repetition.
    if (this.#exitCode !== undefined) return;
    this.#seen();
    switch (event.type) {
      case "chunk":
        if (this.#cursor !== undefined && event.cursor <= this.#cursor) return;
        await this.#options.onOutput(event.stream, event.bytes);
        this.#cursor = event.cursor;
        this.#seen();
        return;
      case "exit":
        this.#exitCode = event.exit_code;
        return;
      case "error":
        throw reported(event);
    }
  }

  #seen(): void {
    this.#seenAtMs = this.#context.clock.elapsedMs();
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#breaks = 0;
    this.#unknownLooks = 0;
  }

  /** Waits before the next look, unless there have been too many. */
  async #pause(broken: Failure): Promise<void> {
    const { clock, signal } = this.#context;
    const nowMs = clock.elapsedMs();
    // A command may have nothing to say: its open stream is a sign of it.
    const wasOpenMs = nowMs - (this.#openedAtMs ?? nowMs);
    if (wasOpenMs >= STEADY_MS) this.#seenAtMs = nowMs;
    this.#openedAtMs = undefined;
    if (nowMs - this.#seenAtMs >= PATIENCE_MS) {
      throw outOfSight(broken);
    }
    this.#options.onBroken(broken, ++this.#breaks);
    const wanted = broken instanceof ApiError ? broken.retryAfterMs ?? 0 : 0;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    await clock.sleep(
      Math.max(pauseMs, Math.min(wanted, LONGEST_RETRY_AFTER_MS)),
      signal,
    );
  }

  /** Whether an attempt to attach shows that there is nothing to attach to. */
  #isLost(error: Failure): boolean {
    if (!(error instanceof ApiError)) return !isPassing(error);
    if (error.status !== 404) return !error.isTransient;
    if (this.#isKnown) throw forgotten(error);
    this.#unknownLooks++;
    if (this.#unknownLooks >= UNKNOWN_LOOKS) throw neverStarted(error);
    return false;
  }
}

/** Whether the request that starts a command did not do so for certain. */
function isNotStarted(error: Failure): boolean {
  if (error instanceof ApiError) return error.isRefusal || error.isThrottled;
  return !(error instanceof NoAnswerError);
}

function isPassing(error: Failure): boolean {
  return error instanceof NoAnswerError || error instanceof NotSentError;
}

function reported(event: ExecEvent & { type: "error" }): Failure {
  const said = [event.message, event.code && `code ${event.code}`]
    .filter((part) => part !== "").join(", ");
  return new Failure(
    `Cannot run the command: the service reported an error` +
      (said === "" ? "" : ` (${said})`),
    { code: "server_error" },
  );
}

function neverStarted(cause: ApiError): Failure {
  return new Failure(
    "Cannot run the command: the connection broke before the first output, " +
      "and the service does not know the command: it seems never to have started",
    {
      code: "not_sent",
      retryable: true,
      advice: { type: "exec_not_started" },
      cause,
    },
  );
}

function forgotten(cause: ApiError): Failure {
  return new Failure(
    "Cannot read the rest of the output: the service no longer knows the " +
      "command",
    { code: "general", advice: { type: "exec_forgotten" }, cause },
  );
}

function outOfSight(cause: Failure): Failure {
  return new Failure(
    `Cannot follow the command: nothing was heard of it for ${
      PATIENCE_MS / 1_000
    } s`,
    { code: "unreachable", advice: { type: "exec_out_of_sight" }, cause },
  );
}
