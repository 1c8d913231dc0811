import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { testNeeding } from "../helpers/machine.ts";
import { resultOf } from "../helpers/program.ts";
import { killedMidPoll, RUN, Sandbox } from "../helpers/sandbox.ts";
import { addVm, writeHead } from "../helpers/service.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";

const ADA = 12_345;
const HER_GROUP = 12_346;

/** Returns every file and folder below one, with itself. */
function pathsIn(folder: string): string[] {
  return [
    folder,
    ...[...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
      isDirectory ? pathsIn(`${folder}/${name}`) : [`${folder}/${name}`]
    ),
  ];
}

/** Makes all of the sandbox a user's who is not root. */
function giveToAda({ home, project }: Sandbox): void {
  for (const path of [...pathsIn(home), ...pathsIn(project)]) {
    Deno.chownSync(path, ADA, HER_GROUP);
  }
}

/** Returns what in the sandbox is not that user's. */
function notAdas({ home, project }: Sandbox): string[] {
  return [...pathsIn(home), ...pathsIn(project)].filter((path) => {
    const { uid, gid } = Deno.statSync(path);
    return uid !== ADA || gid !== HER_GROUP;
  });
}

for (
  const [what, hasFiles] of [
    ["files as they belong to her", true],
    ["new files to whom the folder belongs", false],
  ] as const
) {
  testNeeding(["root"], `root in a user's folders leaves ${what}`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const vmId = await addVm(simulator);
    const versrc = `${sandbox.home}/.versrc`;
    if (hasFiles) {
      await Deno.mkdir(`${sandbox.home}/.vers`);
      await Deno.writeTextFile(
        `${sandbox.home}/.vers/aliases.json`,
        JSON.stringify({ old: vmId }),
      );
      await Deno.writeTextFile(`${sandbox.home}/.vers/settings.jsonc`, "{}");
      await Deno.writeTextFile(versrc, '{"apiKey": "x"}', { mode: 0o600 });
      await writeHead(sandbox, vmId);
    }
    giveToAda(sandbox);
    for (
      const { args, stdin } of [
        { args: ["logout"] },
        { args: ["login", "--token", "-"], stdin: simulator.apiKey },
        { args: ["alias", "set", "my-vm", vmId] },
        { args: ["config", "set", "timeout", "5m"] },
        { args: ["checkout", "my-vm"] },
        { args: ["status", "--local"] },
        { args: ["run", "--wait", "-N", "new"] },
      ]
    ) {
      const done = await sandbox.run(args, { stdin });
      strictEqual(done.code, 0, done.stderr);
      deepStrictEqual(notAdas(sandbox), [], args.join(" "));
    }
    strictEqual((Deno.statSync(versrc).mode ?? 0) & 0o777, 0o600);
  });
}

testNeeding(["root"], "root goes on with a user's job in flight", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
  await killedMidPoll(sandbox);
  giveToAda(sandbox);
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);
  deepStrictEqual(notAdas(sandbox), []);
});
