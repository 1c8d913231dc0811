import type {
  Command,
  CommandInput,
  Done,
} from "../../command_line/command.ts";
import type { FlagTable } from "../../command_line/flag.ts";
import type { Context } from "../../context.ts";
import type { FoundJobs } from "../../job_ledger.ts";
import { lazy } from "../../lazy.ts";

/** A command about jobs of the ledger, which are there when it runs. */
export interface JobCommand<F extends FlagTable>
  extends Omit<Command<F>, "positionals" | "run"> {
  /** What cannot be done without them: "show". */
  readonly verb: string;
  /** Whether it takes more than one. */
  readonly takesMany?: boolean;
  run(
    found: FoundJobs,
    input: CommandInput<F>,
    context: Context,
  ): Promise<Done> | Done;
}

/** Returns the command whose arguments name the jobs that it is about. */
export function defineJobCommand<const F extends FlagTable>(
  { verb, takesMany, ...command }: JobCommand<F>,
): Command<F> {
  return {
    ...command,
    positionals: [{
      name: "job",
      brief: "A job ID, or a unique prefix of one",
      ...(takesMany ? { isList: true } : {}),
    }],
    async run(input, context) {
      const { findJobs } = await lazy.jobLedger();
      const found = await findJobs(input, context, verb);
      return await command.run(found, input, context);
    },
  };
}
