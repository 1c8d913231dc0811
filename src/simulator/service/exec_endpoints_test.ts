import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { ask } from "../../../tests/helpers/ask_simulator.ts";
import { ConnectionDropped } from "../response.ts";
import { Simulator } from "../simulator.ts";

const EXEC_ID = "0a0a0a0a-7c1e-4c55-9d0e-2f6a3b4c5d6e";

async function vm(state = "running") {
  const simulator = new Simulator({ clock: new FakeClock() });
  return { simulator, vmId: await simulator.addVm({ state }) };
}

function shell(script: string, more: Record<string, unknown> = {}) {
  return { body: { command: ["bash", "-c", script], ...more } };
}

async function eventsOf(response: Response) {
  strictEqual(response.headers.get("content-type"), "application/x-ndjson");
  const text = await response.text();
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("exec answers when the command is over", async () => {
  const { simulator, vmId } = await vm();
  const response = await ask(
    simulator,
    `POST vm/${vmId}/exec`,
    shell("cat; echo err >&2; sleep 3; exit 4", {
      stdin: "in",
      exec_id: EXEC_ID,
    }),
  );
  deepStrictEqual(await response.json(), {
    exit_code: 4,
    stdout: "in",
    stderr: "err\n",
    exec_id: EXEC_ID,
  });
  strictEqual(simulator.clock.elapsedMs(), 3_000);
});

Deno.test("exec/stream tells each piece and the end, numbered", async () => {
  const { simulator, vmId } = await vm();
  const response = await ask(
    simulator,
    `POST vm/${vmId}/exec/stream`,
    shell("echo hi; echo no >&2; exit 2", { exec_id: EXEC_ID }),
  );
  deepStrictEqual(await eventsOf(response), [
    {
      type: "chunk",
      stream: "stdout",
      data_b64: btoa("hi\n"),
      cursor: 1,
      exec_id: EXEC_ID,
    },
    {
      type: "chunk",
      stream: "stderr",
      data_b64: btoa("no\n"),
      cursor: 2,
      exec_id: EXEC_ID,
    },
    { type: "exit", exit_code: 2, cursor: 3, exec_id: EXEC_ID },
  ]);
});

Deno.test("exec/stream/attach goes on behind the cursor, or begins anew", async () => {
  const { simulator, vmId } = await vm();
  const script = shell("echo 1; echo 2; sleep 9; echo 3", { exec_id: EXEC_ID });
  await eventsOf(
    await ask(simulator, `POST vm/${vmId}/exec/stream`, script),
  );
  for (
    const [from, cursors] of [
      [{}, [1, 2, 3, 4]],
      [{ cursor: 0 }, [1, 2, 3, 4]],
      [{ cursor: 2 }, [3, 4]],
      [{ cursor: 4 }, []],
      [{ from_latest: true }, [4]],
    ] as const
  ) {
    const response = await ask(
      simulator,
      `POST vm/${vmId}/exec/stream/attach`,
      { body: { exec_id: EXEC_ID, ...from } },
    );
    const text = await response.text();
    const events = text.split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line).cursor);
    deepStrictEqual(events, [...cursors]);
  }
});

Deno.test("exec/stream cut after some bytes was carried out all the same", async () => {
  const { simulator, vmId } = await vm();
  await simulator.addFault({
    operation: "exec_stream",
    times: 1,
    faults: [{ type: "cut", bytes: 30 }],
  });
  const response = await ask(
    simulator,
    `POST vm/${vmId}/exec/stream`,
    shell("echo hi", { exec_id: EXEC_ID }),
  );
  const reader = response.body?.getReader();
  strictEqual((await reader?.read())?.value?.length, 30);
  await rejects(async () => await reader?.read(), ConnectionDropped);
  const again = await ask(simulator, `POST vm/${vmId}/exec/stream/attach`, {
    body: { exec_id: EXEC_ID },
  });
  strictEqual((await eventsOf(again)).length, 2);
});

Deno.test("exec ends a command whose time is up with 124", async () => {
  const { simulator, vmId } = await vm();
  const response = await ask(
    simulator,
    `POST vm/${vmId}/exec`,
    shell("echo a; sleep 60; echo b", { timeout_secs: 5 }),
  );
  const { exit_code, stdout } = await response.json();
  deepStrictEqual([exit_code, stdout], [124, "a\n"]);
  strictEqual(simulator.clock.elapsedMs(), 5_000);
});

Deno.test("exec waits for a VM that boots, and refuses one that does not run", async () => {
  const simulator = new Simulator({ clock: new FakeClock(), bootMs: 4_000 });
  const made = await ask(simulator, "POST vm/new_root", {
    body: { vm_config: {} },
  });
  const { vm_id } = await made.json();
  const ran = await ask(simulator, `POST vm/${vm_id}/exec`, shell("true"));
  strictEqual(ran.status, 200);
  strictEqual(simulator.clock.elapsedMs(), 4_000);
  const paused = await simulator.addVm({ state: "paused" });
  const refused = await ask(simulator, `POST vm/${paused}/exec`, shell("true"));
  strictEqual(refused.status, 400);
  deepStrictEqual((await refused.json()).error, "vm is paused");
});

Deno.test("exec refuses what the service would", async () => {
  const { simulator, vmId } = await vm();
  const taken = shell("true", { exec_id: EXEC_ID });
  await ask(simulator, `POST vm/${vmId}/exec`, taken);
  const nobody = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";
  for (
    const [path, options, status] of [
      [`vm/${vmId}/exec/stream`, taken, 409],
      [`vm/${vmId}/exec`, { body: { command: [] } }, 422],
      [`vm/${vmId}/exec`, { body: { command: "ls" } }, 422],
      [`vm/${vmId}/exec`, { text: "{" }, 400],
      [`vm/${nobody}/exec`, shell("true"), 404],
      [`vm/${nobody}/exec/stream/attach`, { body: { exec_id: EXEC_ID } }, 404],
      [`vm/${vmId}/exec/stream/attach`, { body: { exec_id: nobody } }, 404],
      [`vm/${vmId}/exec/stream/attach`, { body: {} }, 422],
    ] as const
  ) {
    const response = await ask(simulator, `POST ${path}`, options);
    strictEqual(response.status, status, path);
    await response.body?.cancel();
  }
});

Deno.test("attaching to a command that was forgotten shows what is left, or a 404", async () => {
  const { simulator, vmId } = await vm();
  const body = { exec_id: EXEC_ID };
  const attach = () =>
    ask(simulator, `POST vm/${vmId}/exec/stream/attach`, { body });
  await ask(
    simulator,
    `POST vm/${vmId}/exec/stream`,
    shell("echo 1; echo 2; echo 3", body),
  );
  const forget = (events?: number) =>
    simulator.addFault({
      operation: "exec_attach",
      times: 1,
      faults: [{ type: "forget", ...(events === undefined ? {} : { events }) }],
    });
  await forget(2);
  const left = await eventsOf(await attach());
  deepStrictEqual(left.map(({ cursor }) => cursor), [3, 4]);
  await forget();
  strictEqual((await attach()).status, 404);
  strictEqual((await eventsOf(await attach())).length, 4);
});
