import type { RequestTrace } from "../../api/exchange.ts";
import type { Clock } from "../../clock.ts";
import type { Notice } from "../../engine/engine.ts";
import type { Job } from "../../job/job.ts";
import type { Context } from "../context.ts";
import {
  isLook,
  type LookNotice,
  renderLook,
  renderNotice,
  renderTrace,
} from "./render_notice.ts";
import type { Sink } from "./sink.ts";
import { shorten } from "./terminal_text.ts";

const LINE_EVERY_MS = 30_000;
const CLEAR_LINE = "\r\x1b[K";

/**
 * Shows the person watching what happens: notices as lines, and what the looks
 * show as one line that is rewritten; where nobody watches, as a line every
 * 30 seconds.
 */
export class Progress {
  readonly #stderr: Sink;
  readonly #clock: Clock;
  readonly #canRewrite: boolean;
  #isLineOpen = false;
  #job: Job | undefined;
  readonly #warned = new Set<string>();
  readonly #saidAt = new Map<LookNotice["type"], number>();

  constructor({ stderr, clock, env }: Context) {
    this.#stderr = stderr;
    this.#clock = clock;
    this.#canRewrite = stderr.isTerminal && env("TERM") !== "dumb";
  }

  /** The job that the last notice was about: the one under way. */
  get job(): Job | undefined {
    return this.#job;
  }

  /** Takes note of what a notice is about, and says nothing. */
  readonly heed = (notice: Notice): void => {
    if ("job" in notice && JOBS_UNDER_WAY.has(notice.type)) {
      this.#job = notice.job;
    }
  };

  /** Says what a notice says; never fails. */
  readonly notify = (notice: Notice): void => {
    this.heed(notice);
    if (!isLook(notice)) return this.say(renderNotice(notice));
    const text = renderLook(notice, this.#clock.elapsedMs());
    if (this.#canRewrite) this.#rewrite(text);
    else if (this.#isTimeFor(notice)) this.say(text);
  };

  /** Says what became of a request; never fails. */
  readonly trace = (trace: RequestTrace): void => {
    this.say(renderTrace(trace));
  };

  /** Writes lines of text; the newline at the end is added. */
  say(text: string): void {
    this.clear();
    void this.#stderr.write(text + "\n");
  }

  /** Says something that is worth saying once, however often it is met. */
  readonly warn = (text: string): void => {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.say(text);
  };

  /** Takes the live line away, so that something else can be written. */
  clear(): void {
    if (!this.#isLineOpen) return;
    this.#isLineOpen = false;
    void this.#stderr.write(CLEAR_LINE);
  }

  #rewrite(text: string): void {
    const line = shorten(text, this.#stderr.columns - 1);
    this.#isLineOpen = true;
    void this.#stderr.write(CLEAR_LINE + line);
  }

  /** The first look that shows nothing yet is not news; a missed one is. */
  #isTimeFor({ type }: LookNotice): boolean {
    const now = this.#clock.elapsedMs();
    const last = this.#saidAt.get(type);
    if (last === undefined && type === "look") {
      this.#saidAt.set(type, now);
      return false;
    }
    if (last !== undefined && now - last < LINE_EVERY_MS) return false;
    this.#saidAt.set(type, now);
    return true;
  }
}

/** Notices of these types are about the job that the command works on. */
const JOBS_UNDER_WAY: ReadonlySet<Notice["type"]> = new Set([
  "submitted",
  "accepted",
  "resuming",
  "returning",
  "confirming",
  "sendingAgain",
  "look",
  "missedLook",
]);
