import type { LocalEffects } from "../engine/engine.ts";
import type { Job } from "../job/job.ts";
import type { Handle, JobKind } from "../job/record.ts";
import type { JsonObject } from "../json.ts";
import type { Patience } from "../patience.ts";
import {
  type Command,
  type CommandInput,
  JOB_FILES,
} from "./command_line/command.ts";
import type { FlagTable, FlagValues } from "./command_line/flag.ts";
import { checkWaitFlags, type WAIT_FLAGS } from "./command_line/wait_flags.ts";
import type { Context } from "./context.ts";
import { lazy } from "./lazy.ts";
import { nameVm, type WantedNames } from "./local_effects.ts";
import { type ResultView, textsIn } from "./output/render_result.ts";
import { openSession, type Session } from "./session.ts";

/** What a command asks the service for. */
export interface AskedWork {
  /** The normalised wishes. */
  readonly inputs: JsonObject;
  /** The VM or commit that the target stands for now. */
  readonly source?: string | undefined;
  /** What the request needs besides and no file may hold. */
  readonly secrets?: JsonObject;
}

/** A command that starts a job of one kind, or resumes one. */
export interface WorkCommand<F extends FlagTable>
  extends Omit<Command<F>, "run"> {
  readonly kind: JobKind;
  /** Returns what is asked for; not called where `--resume-job` names it. */
  work(
    input: CommandInput<F>,
    context: Context,
    session: Session,
  ): AskedWork | Promise<AskedWork>;
  /** Whether what is asked for alone tells this work from any other. */
  isStable(flags: FlagValues<F>): boolean;
  /** The names that the command sets; without it, it sets none. */
  sets?(flags: FlagValues<F>): WantedNames;
  /** Whether HEAD is to stand for the VM of a job; it is, without this. */
  setsHead?(job: Job): boolean;
  /** What the result says of the names that were set, if not just that. */
  said?(effects: LocalEffects): LocalEffects;
  readonly view: ResultView;
}

/** Returns the command that does the work, and waits for it if it is told to. */
export function defineWorkCommand<const F extends FlagTable>(
  definition: WorkCommand<F>,
): Command<F> {
  const { kind, view, sets } = definition;
  const command: Command<F> = {
    files: JOB_FILES,
    ...definition,
    check: (given) => [
      ...checkWaitFlags(given),
      ...definition.check?.(given) ?? [],
    ],
    async run(
      input: CommandInput<F> & CommandInput<typeof WAIT_FLAGS>,
      context: Context,
    ): Promise<number> {
      const { startJob } = await lazy.startJob();
      const { flags, progress } = input;
      const session = await openSession(input, context);
      const { client } = session.engine;
      const asked = flags["resume-job"] === undefined
        ? await definition.work(input, context, session)
        : { inputs: {} };
      const setNames = async (job: JobWithVm, patience: Patience) => {
        const setsHead = definition.setsHead?.(job) ?? true;
        const names = { context, progress, client, setsHead, patience };
        const effects = await nameVm(job, names);
        return definition.said?.(effects) ?? effects;
      };
      await startJob(session, {
        ...asked,
        input,
        context,
        command,
        kind,
        isStable: definition.isStable(flags),
        ...(sets === undefined ? {} : { sets: sets(flags) }),
        onAccepted: sets === undefined ? () => Promise.resolve({}) : setNames,
        view,
      });
      return 0;
    },
  };
  return command;
}

type JobWithVm = Job & { readonly handle: Handle };

/** Returns the lines that say which names stand for a new VM. */
export function nameLines({ alias, head }: JsonObject): readonly string[] {
  return [
    ...textsIn(alias).map((alias) => `Alias: ${alias}`),
    ...textsIn(head).map((head) => `HEAD now points to: ${head}`),
  ];
}
