import { ApiError, NOT_THE_API, NotSentError } from "../api/api_error.ts";
import { foreignAnswer } from "../api/server_word.ts";
import { Failure } from "../failure.ts";
import { look, pause, type Run, untilNextLook } from "./look.ts";

/**
 * Returns the time by the server's clock, to tell later what was made after
 * it; `undefined` when the server does not show it. Nothing is sent before
 * this look is answered: of a server that cannot be asked it could not be
 * found out whether it carried a request out.
 *
 * @throws {NotSentError} when no connection can be made.
 * @throws {Failure} of code `unreachable` when something else than the service
 *   answers.
 * @throws {TimedOutError} when the deadline passes before an answer.
 */
export async function readServerClock(run: Run): Promise<Date | undefined> {
  const isUnreachable = (error: Failure) => error instanceof NotSentError;
  const isForeign = (error: Failure) => foreignAnswer(error) !== undefined;
  const vain = [
    { isMet: isUnreachable, intervalMs: 2_500, times: 0 },
    { isMet: isForeign, intervalMs: 1_000, times: 0 },
  ];
  for (let looks = 1;; looks++) {
    const looked = await look(
      run,
      "vm",
      (client, options) => client.serverClock(options),
    );
    if (looked.type === "answer") return looked.value;
    const { error, retryAfterMs } = looked;
    let intervalMs: number | undefined;
    for (const kind of vain) {
      kind.times = kind.isMet(error) ? kind.times + 1 : 0;
      if (kind.times > 0) intervalMs = kind.intervalMs;
      const isOver = kind.times >= TIMES ||
        (kind.times > 0 && !error.retryable);
      if (isOver) throw inWords(error);
    }
    run.engine.notify({ type: "notAnswered", error });
    const pauseMs = untilNextLook(run, { looks, intervalMs, retryAfterMs });
    await pause(run, pauseMs, "asking the server for its time");
  }
}

/** How often in a row something may stand in the way of the server. */
const TIMES = 3;

/** What answers in the service's place is named, whatever shape it has. */
function inWords(error: Failure): Failure {
  const other = foreignAnswer(error);
  if (other === undefined || error instanceof ApiError) return error;
  const said = [`${other.status}`, other.contentType].filter(Boolean);
  return new Failure(
    `Cannot send the request: ${NOT_THE_API} (${said.join(", ")})`,
    { code: error.code, hint: error.hint, retryable: true, cause: error },
  );
}
