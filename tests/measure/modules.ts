/**
 * `deno task measure:modules [ARGUMENT...]`: which modules of `src` a command
 * evaluates. Without arguments it is the one that matters most, `run --wait`
 * against a server over HTTP that makes a VM which runs at once; all arguments
 * together are another command, run beside the same server.
 *
 * The engine's own coverage tells: a module that was evaluated is in it.
 */
import { Sandbox } from "../helpers/sandbox.ts";
import { startSimulator } from "../helpers/simulator_process.ts";

const SRC = new URL("../../src/", import.meta.url).href;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const RUN = ["run", "--wait", "--vm-alias", "my-vm"];

const args = Deno.args.length > 0 ? Deno.args : RUN;
await using sandbox = await Sandbox.create();
await startSimulator(sandbox, ["--boot-ms", "0"]);
const modules = await evaluatedModules(sandbox, args);
for (const module of modules) await say(`${module}\n`);
await say(`${modules.length} modules of src: vers ${args.join(" ")}\n`);

/** Returns the modules of `src` that a command evaluates, by their paths. */
async function evaluatedModules(
  { env, project, home }: Sandbox,
  args: readonly string[],
): Promise<string[]> {
  const folder = `${home}/coverage`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", `--coverage=${folder}`, MAIN, ...args],
    cwd: project,
    env: { ...env },
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const urls = [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.endsWith(".json"))
    .map(({ name }): string =>
      JSON.parse(Deno.readTextFileSync(`${folder}/${name}`)).url
    );
  return urls.filter((url) => url.startsWith(SRC))
    .map((url) => url.slice(SRC.length)).toSorted();
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
