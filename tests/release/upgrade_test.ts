import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import { needing } from "../helpers/machine.ts";
import { errorOf, resultOf, startProgram } from "../helpers/program.ts";
import { ReleaseFolder } from "../helpers/release_folder.ts";
import { Sandbox } from "../helpers/sandbox.ts";

const IS_WINDOWS = Deno.build.os === "windows";
const binary = Deno.env.get("VERS_BINARY");

Deno.test({
  ...needing(["binary"], "vers upgrade replaces the executable that runs"),
  async fn() {
    const sandbox = await Sandbox.create();
    await using _sandbox = sandbox;
    const host = await ReleaseFolder.serve();
    await using _host = host;
    // As large as a real one, and told from the old one by its end.
    const old = await Deno.readFile(binary ?? "");
    const next = new Uint8Array(old.length + 1);
    next.set(old);
    await host.add("99.0.0", { [Deno.build.target]: next });
    const name = IS_WINDOWS ? "vers.exe" : "vers";
    const executable = `${sandbox.project}/${name}`;
    await Deno.copyFile(binary ?? "", executable);

    const program = await startProgram(["upgrade"], {
      cwd: sandbox.project,
      env: { ...sandbox.env, VERS_RELEASES_URL: host.url },
      command: { executable, args: [] },
    });
    await using _program = program;
    const { path, ...rest } = resultOf(await program.done);
    deepStrictEqual(rest, {
      status: "upgraded",
      version: VERSION,
      release: "99.0.0",
    });
    strictEqual(Deno.realPathSync(path), Deno.realPathSync(executable));
    deepStrictEqual(await Deno.readFile(executable), next);
    const names = [...Deno.readDirSync(sandbox.project)]
      .map(({ name }) => name).sort();
    deepStrictEqual(names, IS_WINDOWS ? [name, `${name}.old`] : [name]);
  },
});

Deno.test({
  ...needing(
    ["source"],
    "vers upgrade from source or bundle says where the newer one is",
  ),
  async fn() {
    const sandbox = await Sandbox.create();
    await using _sandbox = sandbox;
    const result = await sandbox.run(["upgrade"]);
    const error = errorOf(result);
    deepStrictEqual([error.code, result.code], ["general", 1]);
    match(error.hint, /vers upgrade --check$/);
  },
});
