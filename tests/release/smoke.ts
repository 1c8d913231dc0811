/**
 * `deno run -A tests/release/smoke.ts [EXECUTABLE]`: says which executable that
 * is, `dist/vers` by default, and fails unless it is this version, of this commit (`VERS_COMMIT`, if
 * that is set), and can be killed while it waits and go on.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { killedMidPoll, RUN, Sandbox } from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { resultOf } from "../helpers/program.ts";
import { executableName } from "./compile.ts";
import { ROOT } from "./root.ts";
import { runScript } from "./script.ts";

const BOOT_MS = 3_000;

/** Tries the program that VERS_BINARY names, and returns what it is. */
async function smoke(): Promise<string> {
  const sandbox = await Sandbox.create();
  await using _sandbox = sandbox;

  const version = await sandbox.run(["--version", "--json"]);
  strictEqual(version.code, 0, version.stderr);
  const said = JSON.parse(version.stdout);
  strictEqual(said.version, config.version);
  const commit = Deno.env.get("VERS_COMMIT");
  if (commit) strictEqual(said.commit, commit);

  const help = await sandbox.run(["help"]);
  strictEqual(help.code, 0, help.stderr);
  match(help.stdout, /^usage: vers <command>/m);

  const upgrade = await sandbox.run(["upgrade", "--check"], {
    env: { VERS_RELEASES_URL: "http://127.0.0.1:9/releases" },
  });
  deepStrictEqual([upgrade.code, upgrade.stdout], [1, ""]);
  match(upgrade.stderr, /"code":"not_sent"/);

  const simulator = await startSimulator(sandbox, [`--boot-ms=${BOOT_MS}`]);
  await killedMidPoll(sandbox);
  const resumed = await sandbox.run(RUN);
  match(resumed.stderr, /^note: resuming in-flight job /m);
  const { vm_id, effect } = resultOf(resumed);
  strictEqual(effect, "attached");
  strictEqual(await creations(simulator), 1);
  deepStrictEqual(await livingVms(simulator), [vm_id]);
  return `vers ${said.version}, commit ${said.commit}`;
}

await runScript(async () => {
  const [path = `${ROOT}dist/${executableName(Deno.build.target)}`] = Deno.args;
  Deno.env.set("VERS_BINARY", path);
  const said = await smoke();
  const { size } = await Deno.stat(path);
  const line = `${await Deno.realPath(path)}: ${size} bytes, ${said}\n`;
  await Deno.stdout.write(new TextEncoder().encode(line));
});
