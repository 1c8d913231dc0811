import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { fetchTransport } from "../api/transport.ts";
import { VersClient } from "../api/vers_client.ts";
import { Failure } from "../failure.ts";
import type { Fault, FaultRule } from "../simulator/faults/faults.ts";
import { runInFakeShell } from "../simulator/service/fake_shell.ts";
import { Simulator } from "../simulator/simulator.ts";
import { execInVm, type ExecInVmOptions } from "./exec.ts";

interface World {
  readonly simulator: Simulator;
  readonly clock: FakeClock;
  readonly client: VersClient;
  readonly vmId: string;
}

async function world(): Promise<World> {
  const clock = new FakeClock();
  const simulator = new Simulator({ clock });
  const vmId = await simulator.addVm();
  const client = new VersClient({
    origin: "http://vers.test",
    apiKey: simulator.apiKey,
    transport: fetchTransport((request) => simulator.fetch(request)),
    clock,
  });
  return { simulator, clock, client, vmId };
}

interface Heard {
  exitCode?: number;
  readonly stdout: number[];
  readonly stderr: number[];
  /** Which stream each piece was of. */
  readonly order: string[];
  readonly breaks: number[];
}

async function run(
  { client, clock, vmId }: World,
  script: string,
  {
    signal = new AbortController().signal,
    heard = { stdout: [], stderr: [], order: [], breaks: [] },
    ...more
  }: Partial<ExecInVmOptions> & { signal?: AbortSignal; heard?: Heard } = {},
): Promise<Heard> {
  heard.exitCode = await execInVm({ client, clock, signal }, {
    vmId,
    request: {
      command: ["bash", "-c", script],
      exec_id: crypto.randomUUID(),
    },
    onOutput(stream, bytes) {
      heard[stream].push(...bytes);
      heard.order.push(stream);
      return Promise.resolve();
    },
    onBroken: (_, times) => heard.breaks.push(times),
    ...more,
  });
  return heard;
}

/** What the command writes when nothing goes wrong. */
function writtenBy(script: string): Heard {
  const { output, exitCode } = runInFakeShell({
    command: ["bash", "-c", script],
    env: {},
    stdin: "",
    workingDir: "/",
  });
  const of = (name: string) =>
    output.filter(({ stream }) => stream === name)
      .flatMap(({ bytes }) => [...bytes]);
  return {
    stdout: of("stdout"),
    stderr: of("stderr"),
    order: output.map(({ stream }) => stream),
    exitCode,
    breaks: [],
  };
}

async function startsOf({ simulator }: World): Promise<number> {
  const requests = await simulator.requests();
  return requests.filter(({ operation, committed }) =>
    operation === "exec_stream" && committed
  ).length;
}

const once = (operation: FaultRule["operation"], ...faults: Fault[]) => ({
  operation,
  times: 1,
  faults,
});

Deno.test("execInVm() cut ten times at random delivers every byte, in order, once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(30_000), { minLength: 10, maxLength: 10 }),
      fc.nat(20_000),
      fc.nat(255),
      async (cuts, length, exitCode) => {
        const here = await world();
        for (const [index, bytes] of cuts.entries()) {
          const operation = index === 0 ? "exec_stream" : "exec_attach";
          await here.simulator.addFault(
            once(operation, { type: "cut", bytes }),
          );
        }
        const script = `noise ${length} ${exitCode}; echo mid >&2; ` +
          `noise ${length >> 2} 3; exit ${exitCode}`;
        const heard = await run(here, script);
        deepStrictEqual({ ...heard, breaks: [] }, writtenBy(script));
        strictEqual(await startsOf(here), 1);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("execInVm() tells what a command writes as it writes it", async () => {
  const here = await world();
  const at: number[] = [];
  await run(here, "echo one; sleep 60; echo two", {
    onOutput() {
      at.push(Math.round(here.clock.elapsedMs() / 1_000));
      return Promise.resolve();
    },
  });
  deepStrictEqual(at, [0, 60]);
});

Deno.test("execInVm() looks again after two minutes without a byte, and misses nothing", async () => {
  const here = await world();
  const heard = await run(here, "echo one; sleep 300; echo two");
  strictEqual(String.fromCharCode(...heard.stdout), "one\ntwo\n");
  ok(heard.breaks.length > 0);
  strictEqual(await startsOf(here), 1);
});

Deno.test("execInVm() whose first answer is lost attaches, and starts nothing again", async () => {
  for (
    const fault of [
      { type: "drop", when: "after" },
      { type: "cut", bytes: 0 },
      { type: "answer", when: "after", status: 502 },
      { type: "commit_late", ms: 1_000 },
    ] as const
  ) {
    const here = await world();
    await here.simulator.addFault(once("exec_stream", fault));
    const heard = await run(here, "echo once; exit 4");
    strictEqual(String.fromCharCode(...heard.stdout), "once\n");
    strictEqual(heard.exitCode, 4);
    const sent = await here.simulator.requests();
    strictEqual(
      sent.filter(({ operation }) => operation === "exec_stream").length,
      1,
    );
  }
});

Deno.test("execInVm() says so when the request never arrived, and does not send it again", async () => {
  const here = await world();
  await here.simulator.addFault(
    once("exec_stream", { type: "drop", when: "before" }),
  );
  await rejects(run(here, "echo never"), (error: Failure) => {
    strictEqual(error.code, "not_sent");
    match(error.message, /seems never to have started/);
    return error.retryable;
  });
  strictEqual(await startsOf(here), 0);
});

for (
  const [status, code] of [[400, "bad_request"], [403, "authentication"], [
    404,
    "not_found",
  ], [409, "conflict"]] as const
) {
  Deno.test(`execInVm() refused with ${status} does not look for the command`, async () => {
    const here = await world();
    await here.simulator.addFault(
      once("exec_stream", { type: "answer", when: "before", status }),
    );
    await rejects(run(here, "echo never"), { code });
    strictEqual((await here.simulator.requests()).length, 1);
  });
}

Deno.test("execInVm() never sent is not looked for", async () => {
  const here = await world();
  await here.simulator.addFault(once("exec_stream", { type: "unreachable" }));
  await rejects(run(here, "echo never"), { code: "not_sent" });
});

Deno.test("execInVm() outlives an outage, and honours Retry-After", async () => {
  const here = await world();
  await here.simulator.addFault(
    once("exec_stream", { type: "cut", bytes: 20 }),
  );
  await here.simulator.addFault(once("exec_attach", {
    type: "answer",
    when: "before",
    status: 429,
    headers: { "retry-after": "7" },
  }));
  await here.simulator.addFault({
    operation: "exec_attach",
    times: 3,
    faults: [{ type: "unreachable" }],
  });
  const heard = await run(here, "seq 1 500");
  deepStrictEqual(heard.stdout, writtenBy("seq 1 500").stdout);
  deepStrictEqual(heard.breaks, [1, 2, 3, 4, 5]);
  ok(here.clock.sleeps.includes(7_000));
});

Deno.test("execInVm() gives up after two minutes out of sight, and does not call it not run", async () => {
  const here = await world();
  await here.simulator.addFault(once("exec_stream", { type: "cut", bytes: 0 }));
  await here.simulator.addFault({
    operation: "exec_attach",
    faults: [{ type: "unreachable" }],
  });
  await rejects(run(here, "echo lost"), (error: Failure) => {
    strictEqual(error.advice?.type, "exec_out_of_sight");
    return error.code === "unreachable";
  });
  ok(here.clock.elapsedMs() >= 120_000);
});

Deno.test("execInVm() says what is missing when the service forgets a command", async () => {
  const here = await world();
  await here.simulator.addFault(
    once("exec_stream", { type: "cut", bytes: 4_000 }),
  );
  await here.simulator.addFault(
    once("exec_attach", { type: "answer", when: "before", status: 404 }),
  );
  const heard: Heard = { stdout: [], stderr: [], order: [], breaks: [] };
  await rejects(
    run(here, "noise 9000", { heard }),
    /no longer knows the command/,
  );
  const { stdout } = writtenBy("noise 9000");
  ok(heard.stdout.length > 0);
  deepStrictEqual(heard.stdout, stdout.slice(0, heard.stdout.length));
});

Deno.test("execInVm() ends with what its listener throws, unchanged", async () => {
  const here = await world();
  const reason = new Error("full");
  await rejects(
    run(here, "echo x", { onOutput: () => Promise.reject(reason) }),
    (error) => error === reason,
  );
});

Deno.test("execInVm() ends with the signal's reason; the command goes on", async () => {
  const here = await world();
  const controller = new AbortController();
  const reason = new Failure("stop", { code: "interrupted" });
  const { signal } = controller;
  await rejects(
    run(here, "echo x; sleep 600", {
      signal,
      onOutput() {
        controller.abort(reason);
        return Promise.resolve();
      },
    }),
    (error) => error === reason,
  );
  strictEqual(await startsOf(here), 1);
});
