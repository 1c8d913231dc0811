import {
  deepStrictEqual,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { Failure } from "../../failure.ts";
import { ask, makeVm } from "../../../tests/helpers/ask_simulator.ts";
import { until } from "../../../tests/helpers/until.ts";
import { ConnectionDropped } from "../response.ts";
import { Simulator } from "../simulator.ts";
import { FolderStore } from "./store.ts";

async function withFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/local`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("two simulators on one folder are one service", () =>
  withFolder(async (stateDir) => {
    const clock = new FakeClock({ autoAdvance: false });
    const [one, other] = [
      new Simulator({ clock, stateDir }),
      new Simulator({ clock, stateDir }),
    ];
    await other.addFault({
      operation: "new_root",
      times: 1,
      faults: [{ type: "drop", when: "after" }],
    });
    await rejects(makeVm(one), ConnectionDropped);
    const [vm] = await (await ask(other, "GET vms")).json();
    strictEqual((await ask(one, `DELETE vm/${vm.vm_id}`)).status, 200);
    deepStrictEqual(await one.faults(), []);
    deepStrictEqual(
      (await other.requests()).map((request) => request.status),
      ["dropped", 200, 200],
    );
    deepStrictEqual(await one.requests(), await other.requests());
  }));

Deno.test("one simulator releases what another holds", () =>
  withFolder(async (stateDir) => {
    const clock = new FakeClock();
    const [one, other] = [
      new Simulator({ clock, stateDir }),
      new Simulator({ clock, stateDir }),
    ];
    await one.addFault({ faults: [{ type: "hold", when: "before" }] });
    const asked = ask(one, "GET vms");
    await until(async () => (await other.held()).length > 0);
    await other.release();
    strictEqual((await asked).status, 200);
  }));

Deno.test("changes of many at once are all kept", () =>
  withFolder(async (stateDir) => {
    const clock = new FakeClock();
    const simulators = [1, 2, 3].map(() => new Simulator({ clock, stateDir }));
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => simulators)
        .flat()
        .map((simulator) => makeVm(simulator)),
    );
    const vms = await new Simulator({ clock, stateDir }).vms();
    deepStrictEqual(vms.map((vm) => vm.vmId).sort(), ids.sort());
  }));

Deno.test("two processes on one folder are one service", () =>
  withFolder(async (stateDir) => {
    const clock = new FakeClock();
    const here = new Simulator({ clock, stateDir });
    const vmId = await here.addVm({ state: "paused" });
    const script = `
      import { systemClock } from "${import.meta.resolve("../../clock.ts")}";
      import { Simulator } from "${import.meta.resolve("../simulator.ts")}";
      const [stateDir] = Deno.args;
      const there = new Simulator({ clock: systemClock, stateDir });
      const [vm] = await there.vms();
      await there.setVmState(vm.vmId, "dead");
      await Deno.stdout.write(new TextEncoder().encode(vm.vmId));`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--allow-read",
        "--allow-write",
        "--config=deno.json",
        `data:application/typescript,${encodeURIComponent(script)}`,
        stateDir,
      ],
      cwd: new URL("../../..", import.meta.url),
    }).output();
    strictEqual(new TextDecoder().decode(stderr), "");
    strictEqual(new TextDecoder().decode(stdout), vmId);
    clock.stepWall(Date.now());
    strictEqual((await here.vms())[0]?.state, "dead");
  }));

Deno.test("the state is private and holds no secret of a key", () =>
  withFolder(async (stateDir) => {
    const simulator = new Simulator({ clock: new FakeClock(), stateDir });
    const added = await simulator.addKey();
    await ask(simulator, "GET vms", { apiKey: added });
    await makeVm(simulator);
    const names = [...Deno.readDirSync(stateDir)].map(({ name }) => name);
    deepStrictEqual(names.sort(), [
      "requests.jsonl",
      "state.json",
      "state.lock",
    ]);
    for (const name of names) {
      const path = `${stateDir}/${name}`;
      const text = await Deno.readTextFile(path);
      for (const apiKey of [added, simulator.apiKey]) {
        strictEqual(text.includes(apiKey.slice(36)), false);
      }
      if (Deno.build.os !== "windows") {
        strictEqual((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
      }
    }
  }));

Deno.test("a state that cannot be read is said, and left as it is", () =>
  withFolder(async (stateDir) => {
    const simulator = new Simulator({ clock: new FakeClock(), stateDir });
    for (const text of ["{", '{"v":9}', '{"v":1,"vms":[{}]}']) {
      await Deno.writeTextFile(`${stateDir}/state.json`, text);
      await rejects(
        ask(simulator, "GET vms"),
        (error: unknown) =>
          error instanceof Failure &&
          error.message.startsWith("Cannot use the simulator's state "),
      );
      strictEqual(await Deno.readTextFile(`${stateDir}/state.json`), text);
    }
  }));

Deno.test("a folder that cannot be made is said at once", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(folder, "");
    throws(() => new FolderStore(`${folder}/state`), Failure);
  }));

Deno.test("the record forgets its older half when it grows too large", () =>
  withFolder(async (stateDir) => {
    const simulator = new Simulator({ clock: new FakeClock(), stateDir });
    await ask(simulator, "GET vms");
    const path = `${stateDir}/requests.jsonl`;
    const [record] = await simulator.requests();
    const old = Array.from(
      { length: 20_000 },
      (_, index) => JSON.stringify({ ...record, id: `${index}` }) + "\n",
    );
    await Deno.writeTextFile(path, old.join(""));
    await ask(simulator, "GET vm");
    const kept = await simulator.requests();
    strictEqual(kept.length, 10_001);
    strictEqual(kept.at(-1)?.path, "/api/v1/vm");
    strictEqual(kept.at(-2)?.id, "19999");
  }));

Deno.test("an unfinished line of the record is passed over", () =>
  withFolder(async (stateDir) => {
    const simulator = new Simulator({ clock: new FakeClock(), stateDir });
    await ask(simulator, "GET vms");
    const path = `${stateDir}/requests.jsonl`;
    await Deno.writeTextFile(path, '{"id":"torn\n', { append: true });
    await ask(simulator, "GET vms");
    strictEqual((await simulator.requests()).length, 2);
  }));
