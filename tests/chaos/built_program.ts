import {
  permissionFlags,
  type ProgramCommand,
  programCommand,
} from "../helpers/program_command.ts";
import { readableBundle, writeBundle } from "../release/bundle.ts";

/** A change to the program's text that must make the suite fail. */
export interface Mutation {
  readonly name: string;
  /** What is replaced; it is there exactly once. */
  readonly from: RegExp;
  readonly to: string;
}

/** The program in one file of its own, as it was when this was built. */
export class BuiltProgram implements AsyncDisposable {
  readonly command: ProgramCommand;
  readonly #folder: string;

  private constructor(folder: string) {
    const executable = Deno.env.get("VERS_DENO") || Deno.execPath();
    this.#folder = folder;
    this.command = {
      executable,
      args: [
        "run",
        "--quiet",
        "--no-config",
        "--no-lock",
        ...permissionFlags(),
        `${folder}/vers.js`,
      ],
    };
  }

  /**
   * Builds the program as it is released, but to a place of its own.
   *
   * @throws {Error} when the text that a mutation replaces is not there once.
   */
  static async build(mutation?: Mutation): Promise<BuiltProgram> {
    const folder = await Deno.makeTempDir({ prefix: "vers_chaos_" });
    const program = new BuiltProgram(folder);
    const path = `${folder}/vers.js`;
    if (mutation === undefined) await writeBundle(path);
    else {
      const text = mutate(await readableBundle(), mutation);
      await Deno.writeTextFile(path, text);
    }
    return program;
  }

  /** Removes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/**
 * Returns how to start the program under test: what the environment names, if
 * it does, and else what is built of the source. Starting that takes a fifth
 * of the time that the source takes.
 */
export function chosenCommand(built: BuiltProgram): ProgramCommand {
  const isChosen = Deno.env.get("VERS_BINARY") ||
    Deno.env.get("VERS_PROGRAM") === "bundle";
  return isChosen ? programCommand() : built.command;
}

function mutate(text: string, { name, from, to }: Mutation): string {
  const found = [...text.matchAll(new RegExp(from, "g"))].length;
  if (found === 1) return text.replace(from, to);
  throw new Error(
    `Cannot make the mutation "${name}": its text is there ${found} times, not once: ${from}`,
  );
}
