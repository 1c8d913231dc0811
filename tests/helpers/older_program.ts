import { type Program, startProgram } from "./program.ts";
import { permissionFlags } from "./program_command.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Version 0.1.0 as one file, at its last commit: that checked out, bundled by
 * `deno task bundle`, and packed by `gzip -9 -n`. It says itself which commit
 * it is.
 */
const PACKED = new URL(
  "../testdata/released/vers-0.1.0.js.gz",
  import.meta.url,
);

/** The commit that the program below is made of. */
export const OLDER_COMMIT = "abf1b8920e053b178e7215848e5e46afe8af9b5d";

/** An earlier version of the program, for a ledger that both write. */
export class OlderProgram implements AsyncDisposable {
  readonly #path: string;
  readonly #sandbox: Sandbox;
  readonly #programs: Program[] = [];

  private constructor(path: string, sandbox: Sandbox) {
    this.#path = path;
    this.#sandbox = sandbox;
  }

  /** Returns it for the sandbox's user, unpacked there. */
  static async unpack(sandbox: Sandbox): Promise<OlderProgram> {
    const path = `${sandbox.project}/vers-0.1.0.js`;
    const unpacked = new Blob([await Deno.readFile(PACKED)]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    await Deno.writeFile(path, unpacked);
    return new OlderProgram(path, sandbox);
  }

  /** Starts a command, and returns it while it runs. */
  async start(args: readonly string[]): Promise<Program> {
    const { project: cwd, env } = this.#sandbox;
    const flags = ["--quiet", "--no-config", "--no-lock", ...permissionFlags()];
    const executable = Deno.env.get("VERS_DENO") || Deno.execPath();
    const command = { executable, args: ["run", ...flags, this.#path] };
    const program = await startProgram(args, { cwd, env, command });
    this.#programs.push(program);
    return program;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[]) {
    return await (await this.start(args)).done;
  }

  /** Kills what still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
  }
}
