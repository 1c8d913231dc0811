import { ApiError, NoAnswerError, NotSentError } from "../api/api_error.ts";
import type { ExecListener } from "../api/exec_events.ts";
import type { ExecEvent, ExecRequest } from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";
import { CursorWatch } from "./exec_cursor.ts";

/**
 * Takes a piece of output; the next one comes when it has returned. The bytes
 * are there until then.
 */
export type OnOutput = (
  stream: "stdout" | "stderr",
  bytes: Uint8Array,
) => Promise<void>;

/** Options for {@linkcode ExecStream}. */
export interface ExecStreamOptions {
  readonly client: VersClient;
  readonly clock: Clock;
  readonly vmId: string;
  /** The caller's own name for this run, by which it is found again. */
  readonly execId: string;
  /**
   * What it throws ends the following, unchanged. Without it, old output is
   * not asked for.
   */
  readonly onOutput?: OnOutput | undefined;
  /**
   * Called when the connection broke and the command is looked for again:
   * why, and how many times in a row nothing was heard of it.
   */
  readonly onBroken?: ((why: Failure, times: number) => void) | undefined;
}

/** How a command ended. */
export interface ExecEnd {
  readonly exitCode: number;
  /** Whether all of its output was there to be read. */
  readonly isWhole: boolean;
}

/** What the service needs besides the name of the run. */
export type ExecOrder = Omit<ExecRequest, "exec_id">;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const LONGEST_RETRY_AFTER_MS = 60_000;
/** How often in a row the service must say that it knows no such command. */
const UNKNOWN_LOOKS = 3;
/** And over how long. */
const UNKNOWN_MS = 5_000;

/** The service does not know the command, as it says again and again. */
export class UnknownExecError extends Failure {
  override readonly name = "UnknownExecError";

  constructor(cause: ApiError) {
    super("Cannot follow the command: the service does not know it", {
      code: "unconfirmed",
      cause,
    });
  }
}

/** The service said that the command could not be run, or not be followed. */
export class ReportedExecError extends Failure {
  override readonly name = "ReportedExecError";
  /** Whether nothing but this was ever heard of the command. */
  readonly isFirstWord: boolean;

  constructor(
    { message, code }: ExecEvent & { type: "error" },
    isFirstWord: boolean,
  ) {
    const said = [message, code && `code ${code}`]
      .filter((part) => part !== "").join(", ");
    super(
      `Cannot run the command: the service reported an error` +
        (said === "" ? "" : ` (${said})`),
      { code: "server_error" },
    );
    this.isFirstWord = isFirstWord;
  }
}

/**
 * What a command in a VM does, from its first byte to its exit code.
 *
 * Its output arrives whole, in order and once, however often the connection
 * breaks: the command is found again by its `exec_id` and the number of the
 * last event that came. Nothing is taken from the service before somebody
 * follows, and no faster than the output is taken from here.
 */
export class ExecStream implements ExecListener {
  readonly #options: ExecStreamOptions;
  readonly #cursors = new CursorWatch();
  readonly #followed = Promise.withResolvers<void>();
  #connection: Connection | undefined;
  #onOpen: () => void = () => {};
  #exitCode: number | undefined;
  #hasHeard = false;
  #hasStarted = false;
  #isFromLatest = false;
  #pauseMs = FIRST_PAUSE_MS;
  #breaks = 0;
  #unknownLooks = 0;
  #unknownSinceMs = 0;
  /** What the listener threw: no fault of the connection. */
  #refused: { readonly error: unknown } | undefined;

  constructor(options: ExecStreamOptions) {
    this.#options = options;
  }

  /** Whether nothing is known to be missing of what was taken so far. */
  get isWhole(): boolean {
    return this.#cursors.isWhole;
  }

  /**
   * Sends the request that starts the command, once, and returns when the
   * service has agreed to tell of it.
   *
   * @throws {Failure} why it did not; {@linkcode NoAnswerError} leaves open
   *   whether the command was started.
   */
  async start(order: ExecOrder, signal: AbortSignal): Promise<void> {
    const { client, vmId, execId } = this.#options;
    const request = { ...order, exec_id: execId };
    this.#hasStarted = true;
    await this.#open(
      (signal) => client.execStream(vmId, request, { signal, listener: this }),
      signal,
    );
  }

  /**
   * Goes on with a command that was started before, and returns when the
   * service has agreed to tell of it.
   */
  async attach(signal: AbortSignal): Promise<void> {
    const { client, vmId, execId, onOutput } = this.#options;
    const cursor = this.#cursors.latest;
    // Whoever wants no output wants none that is old; but the end may be, too.
    this.#isFromLatest = onOutput === undefined && !this.#isFromLatest;
    const from = this.#isFromLatest
      ? { from_latest: true }
      : cursor === undefined
      ? {}
      : { cursor };
    this.#hasStarted = false;
    if (onOutput !== undefined) this.#cursors.attached();
    await this.#open(
      (signal) =>
        client.attachExec(vmId, { exec_id: execId, ...from }, {
          signal,
          listener: this,
        }),
      signal,
    );
  }

  /**
   * Returns how the command ended, once all of its output was taken.
   *
   * @throws {UnknownExecError} when the service does not know it.
   * @throws {ReportedExecError} when the service reports an error of it.
   * @throws {Failure} when it cannot be gone on with.
   * @throws {unknown} the signal's reason, when that is aborted.
   */
  async follow(signal: AbortSignal): Promise<ExecEnd> {
    this.#followed.resolve();
    let broken = this.#connection && await this.#ended(signal);
    while (this.#exitCode === undefined) {
      if (broken !== undefined) await this.#pause(broken, signal);
      broken = await this.#attachOrSay(signal);
    }
    return { exitCode: this.#exitCode, isWhole: this.#cursors.isWhole };
  }

  async #attachOrSay(signal: AbortSignal): Promise<Failure> {
    try {
      await this.attach(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      if (this.#isFinal(error)) throw error;
      return error;
    }
    return await this.#ended(signal);
  }

  async #open(
    call: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const opened = Promise.withResolvers<void>();
    this.#onOpen = opened.resolve;
    const streaming = call(stop.signal);
    // It may break before anybody follows: then that is who is told.
    streaming.catch(() => {});
    const onAbort = () => stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      await Promise.race([opened.promise, streaming]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    this.#connection = { streaming, stop };
  }

  /** Returns why a stream has ended, if not with the command. */
  async #ended(signal: AbortSignal): Promise<Failure> {
    const { streaming, stop } = this.#connection ?? NOT_CONNECTED;
    const onAbort = () => stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    try {
      await streaming;
    } catch (error) {
      if (this.#refused) throw this.#refused.error;
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      if (this.#exitCode === undefined && this.#isFinal(error)) throw error;
      return error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#connection = undefined;
    }
    return new NoAnswerError(
      "follow the command",
      "the stream ended before the command did",
    );
  }

  onOpen(): void {
    this.#onOpen();
  }

  async onEvent(event: ExecEvent): Promise<void> {
    await this.#followed.promise;
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
    const isFirstWord = this.#hasStarted && !this.#hasHeard;
    this.#heard();
    const { onOutput } = this.#options;
    switch (event.type) {
      case "chunk":
        if (onOutput === undefined) return;
        if (!this.#cursors.isNew(event.cursor)) return;
        await onOutput(event.stream, event.bytes);
        this.#cursors.took(event.cursor, event.bytes.length);
        return;
      case "exit":
        if (onOutput !== undefined) this.#cursors.ended(event.cursor);
        this.#exitCode = event.exit_code;
        return;
      case "error":
        throw new ReportedExecError(event, isFirstWord);
    }
  }

  #heard(): void {
    this.#hasHeard = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#breaks = 0;
    this.#unknownLooks = 0;
  }

  /** Waits before the next look. */
  async #pause(broken: Failure, signal: AbortSignal): Promise<void> {
    const { clock, onBroken } = this.#options;
    onBroken?.(broken, ++this.#breaks);
    const wanted = broken instanceof ApiError ? broken.retryAfterMs ?? 0 : 0;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    await clock.sleep(
      Math.max(pauseMs, Math.min(wanted, LONGEST_RETRY_AFTER_MS)),
      signal,
    );
  }

  /** Whether an error shows that there is nothing to go on with. */
  #isFinal(error: Failure): boolean {
    if (!(error instanceof ApiError)) {
      return !(error instanceof NoAnswerError || error instanceof NotSentError);
    }
    if (!error.isNotFound) return !error.isTransient;
    const nowMs = this.#options.clock.elapsedMs();
    if (this.#unknownLooks++ === 0) this.#unknownSinceMs = nowMs;
    const isSure = this.#unknownLooks >= UNKNOWN_LOOKS &&
      nowMs - this.#unknownSinceMs >= UNKNOWN_MS;
    if (isSure) throw new UnknownExecError(error);
    return false;
  }
}

/** A stream that the service has agreed to. */
interface Connection {
  /** Resolves, or rejects, when it is over. */
  readonly streaming: Promise<void>;
  readonly stop: AbortController;
}

const NOT_CONNECTED: Connection = {
  streaming: Promise.resolve(),
  stop: new AbortController(),
};
