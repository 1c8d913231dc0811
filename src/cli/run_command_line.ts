import type { Routes } from "./command_line/command.ts";
import { guessFormat } from "./command_line/output_choice.ts";
import {
  type CommandRequest,
  parseCommandLine,
  type Request,
} from "./command_line/parse.ts";
import { exposedSecrets, hasJob } from "./command_line/written_line.ts";
import type { Context } from "./context.ts";
import { checkFolders } from "./folders.ts";
import { lazy } from "./lazy.ts";
import { exitCodeFor } from "./output/exit_code.ts";
import { Progress } from "./output/progress.ts";
import { renderFailure } from "./output/render_failure.ts";
import { ClosedPipeError } from "./output/sink.ts";
import { isLocal } from "./session.ts";

/** How long a command that was told to stop may take to do so by itself. */
const STOP_MS = 1_200;

/**
 * Does what a command line says, and returns the exit code. Whatever goes
 * wrong is said on stderr; nothing is thrown.
 */
export async function runCommandLine(
  words: readonly string[],
  context: Context,
  routes: Routes,
): Promise<number> {
  const progress = new Progress(context);
  let request: Request | undefined;
  try {
    const understood = await parseCommandLine(words, { routes, context });
    request = understood;
    if (understood.type === "command") {
      checkPlaces(understood, context, progress);
      exposedSecrets(understood).forEach(progress.warn);
    }
    return await untilStopped(
      carryOut(understood, { context, routes, progress }),
      context,
    );
  } catch (error) {
    // Whoever reads only the beginning of an answer has had enough of it.
    if (error instanceof ClosedPipeError) return 0;
    progress.clear();
    const invoked = request?.type === "command"
      ? { command: request.command, invocation: request.invocation }
      : undefined;
    // Awaited below, for as long as somebody may still read it.
    context.stderr.write(renderFailure(error, {
      format: invoked?.invocation.output.format ?? guessFormat(words, context),
      invoked,
      job: progress.job,
    })).catch(() => {});
    return exitCodeFor(error, invoked?.command);
  } finally {
    progress.clear();
    await flushed(context);
  }
}

/** A pipe that takes nothing for so long is read by nobody. */
const FLUSH_MS = 10_000;

/** Returns when all of stderr was taken, or is not going to be. */
async function flushed({ stderr, clock }: Context): Promise<void> {
  const isOver = new AbortController();
  const late = clock.sleep(FLUSH_MS, isOver.signal).catch(() => {});
  await Promise.race([stderr.flush(), late]);
  isOver.abort();
}

/** @throws {UsageError} when a job would be kept where nobody finds it. */
function checkPlaces(
  request: CommandRequest,
  context: Context,
  progress: Progress,
): void {
  if (request.isHidden) return;
  checkFolders(context, {
    hasJob: hasJob(request),
    isLocal: isLocal(context, request.invocation),
    warn: progress.warn,
  });
}

/** What a request is carried out with. */
interface Surroundings {
  readonly context: Context;
  readonly routes: Routes;
  readonly progress: Progress;
}

async function carryOut(
  request: Request,
  { context, routes, progress }: Surroundings,
): Promise<number> {
  switch (request.type) {
    case "version": {
      const { renderVersion } = await lazy.version();
      await context.stdout.write(renderVersion(request.isJson));
      return 0;
    }
    case "help": {
      const { renderHelp } = await lazy.help();
      await context.stdout.write(await renderHelp(request.path, routes));
      return 0;
    }
    case "command": {
      const { command, flags, args, invocation } = request;
      const input = { flags, args, invocation, progress, routes };
      const done = await command.run(input, context);
      if (typeof done === "number") return done;
      const { print } = await lazy.print();
      return await print(done, { context, progress, ...invocation });
    }
  }
}

/**
 * Returns what `work` returns, but does not wait for it much longer when the
 * process was told to end: a lock or a request may hang.
 *
 * @throws {unknown} what `work` threw, or the signal's reason.
 */
async function untilStopped<T>(
  work: Promise<T>,
  { signal, clock }: Context,
): Promise<T> {
  const isOver = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const onAbort = async () => {
      await clock.sleep(STOP_MS, isOver.signal).catch(() => {});
      reject(signal.reason);
    };
    if (signal.aborted) void onAbort();
    else signal.addEventListener("abort", onAbort, { signal: isOver.signal });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    isOver.abort();
    stopped.catch(() => {});
    work.catch(() => {});
  }
}
