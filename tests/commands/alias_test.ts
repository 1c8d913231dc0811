import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { killedMidPoll, Sandbox, writeSettings } from "../helpers/sandbox.ts";
import { addVm, headOf, writeHead } from "../helpers/service.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { errorOf, resultOf } from "../helpers/program.ts";

const ID = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";

for (
  const alias of [ID, "list", "../x", "a b", "my\u200bvm", "-x", "a\u001bb"]
) {
  for (
    const args of [
      ["run", "--wait", `--vm-alias=${alias}`],
      ["run-commit", ID, "--wait", `-N${alias}`],
      ["branch", ID, "--wait", `--alias=${alias}`],
      ["alias", "set", "--", alias, ID],
    ]
  ) {
    const line = JSON.stringify(args.join(" "));
    Deno.test(`${line} is refused before anything is sent`, async () => {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox);
      const done = await sandbox.run(args);
      strictEqual(done.code, 5, done.stderr);
      match(errorOf(done).message, /must be a name/);
      strictEqual((await simulator.requests()).length, 0);
    });
  }
}

Deno.test("run --wait takes the two spellings of an alias for one VM and one key", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { poll_interval: "200ms" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "2000"]);
  await killedMidPoll(sandbox, ["run", "--wait", "-N", "cafe\u0301"]);
  const done = await sandbox.run(["run", "--wait", "-N", "caf\u00e9"]);
  const { effect, vm_id, alias } = resultOf(done);
  strictEqual(effect, "attached");
  strictEqual(alias, "caf\u00e9");
  strictEqual(await creations(simulator), 1);
  for (const typed of ["cafe\u0301", "caf\u00e9"]) {
    const { code, stdout } = await sandbox.run(["alias", "get", typed]);
    strictEqual(code, 0);
    strictEqual(stdout, `${vm_id}\n`);
  }
});

Deno.test("aliases of the Go CLI that no command would set can be used and removed", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const vmId = await addVm(simulator);
  const names = ["a b", "../x", "list", ID, "cafe\u0301", "my\u200bvm"];
  await Deno.mkdir(`${sandbox.home}/.vers`);
  const path = `${sandbox.home}/.vers/aliases.json`;
  await Deno.writeTextFile(
    path,
    JSON.stringify(Object.fromEntries(names.map((name) => [name, vmId]))),
  );
  for (const name of names) {
    const got = await sandbox.run(["alias", "get", name]);
    strictEqual(got.stdout, `${vmId}\n`, got.stderr);
    if (name !== ID) {
      const shown = await sandbox.run(["status", name]);
      strictEqual(JSON.parse(shown.stdout).vm_id, vmId);
    }
    const removed = await sandbox.run(["alias", "remove", name]);
    strictEqual(removed.code, 0, removed.stderr);
  }
  deepStrictEqual(JSON.parse(await Deno.readTextFile(path)), {});
});

Deno.test("HEAD that holds an alias is its VM, and is cleared with that", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const vmId = await addVm(simulator);
  await sandbox.run(["alias", "set", "web", vmId]);
  await writeHead(sandbox, "web\n");
  strictEqual((await sandbox.run(["head"])).stdout, `${vmId}\n`);
  const paused = await sandbox.run(["pause"]);
  strictEqual(JSON.parse(paused.stdout).vm_id, vmId);
  const deleted = await sandbox.run(["delete", "-y"]);
  const { head_cleared, aliases_removed } = JSON.parse(deleted.stdout);
  deepStrictEqual([head_cleared, aliases_removed], [true, ["web"]]);
  strictEqual(await Deno.stat(headOf(sandbox)).catch(() => "gone"), "gone");
});
