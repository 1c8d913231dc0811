import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { fetchTransport } from "../api/transport.ts";
import { VersClient } from "../api/vers_client.ts";
import { Failure } from "../failure.ts";
import type { Fault, FaultRule } from "../simulator/faults/faults.ts";
import { runInFakeShell } from "../simulator/service/fake_shell.ts";
import { Simulator } from "../simulator/simulator.ts";
import { ApiError, NoAnswerError } from "../api/api_error.ts";
import { type ExecEnd, ExecStream, type ExecStreamOptions } from "./exec.ts";

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
  isWhole?: boolean;
  readonly stdout: number[];
  readonly stderr: number[];
  /** Which stream each piece was of. */
  readonly order: string[];
  readonly breaks: number[];
}

/** Starts a command, whatever becomes of the answer, and follows it. */
async function run(
  { client, clock, vmId }: World,
  script: string,
  {
    signal = new AbortController().signal,
    heard = { stdout: [], stderr: [], order: [], breaks: [] },
    ...more
  }: Partial<ExecStreamOptions> & { signal?: AbortSignal; heard?: Heard } = {},
): Promise<Heard> {
  const stream = new ExecStream({
    client,
    clock,
    vmId,
    execId: crypto.randomUUID(),
    onOutput(stream, bytes) {
      heard[stream].push(...bytes);
      heard.order.push(stream);
      return Promise.resolve();
    },
    onBroken: (_, times) => heard.breaks.push(times),
    ...more,
  });
  try {
    await stream.start({ command: ["bash", "-c", script] }, signal);
  } catch (error) {
    const isLost = error instanceof NoAnswerError ||
      error instanceof ApiError && error.isTransient;
    if (!isLost) throw error;
    heard.breaks.push(0);
  }
  const end: ExecEnd = await stream.follow(signal);
  return Object.assign(heard, end);
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
    isWhole: true,
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

Deno.test("ExecStream cut ten times at random delivers every byte, in order, once", async () => {
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

Deno.test("ExecStream tells what a command writes as it writes it", async () => {
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

Deno.test("ExecStream looks again after two minutes without a byte, and misses nothing", async () => {
  const here = await world();
  const heard = await run(here, "echo one; sleep 300; echo two");
  strictEqual(String.fromCharCode(...heard.stdout), "one\ntwo\n");
  ok(heard.breaks.length > 0);
  strictEqual(await startsOf(here), 1);
});

Deno.test("ExecStream whose first answer is lost attaches, and starts nothing again", async () => {
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

for (
  const [status, code] of [[400, "bad_request"], [403, "authentication"], [
    404,
    "not_found",
  ], [409, "conflict"]] as const
) {
  Deno.test(`ExecStream refused with ${status} does not look for the command`, async () => {
    const here = await world();
    await here.simulator.addFault(
      once("exec_stream", { type: "answer", when: "before", status }),
    );
    await rejects(run(here, "echo never"), { code });
    strictEqual((await here.simulator.requests()).length, 1);
  });
}

Deno.test("ExecStream never sent is not looked for", async () => {
  const here = await world();
  await here.simulator.addFault(once("exec_stream", { type: "unreachable" }));
  await rejects(run(here, "echo never"), { code: "not_sent" });
});

Deno.test("ExecStream outlives an outage, and honours Retry-After", async () => {
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

Deno.test("ExecStream is not ended by an outage, however long", async () => {
  const here = await world();
  await here.simulator.addFault(
    once("exec_stream", { type: "cut", bytes: 20 }),
  );
  await here.simulator.addFault({
    operation: "exec_attach",
    times: 400,
    faults: [{ type: "unreachable" }],
  });
  const heard = await run(here, "seq 1 500");
  deepStrictEqual(heard.stdout, writtenBy("seq 1 500").stdout);
  ok(here.clock.elapsedMs() > 1_800_000);
});

Deno.test("ExecStream takes three looks over 5 s to believe that a command is not known", async () => {
  const here = await world();
  await here.simulator.addFault(
    once("exec_stream", { type: "cut", bytes: 4_000 }),
  );
  const unknown = (times: number) => ({
    operation: "exec_attach" as const,
    times,
    faults: [{ type: "answer" as const, when: "before" as const, status: 404 }],
  });
  await here.simulator.addFault(unknown(2));
  const whole = await run(here, "noise 9000");
  deepStrictEqual(whole.stdout, writtenBy("noise 9000").stdout);
  await here.simulator.addFault(
    once("exec_stream", { type: "cut", bytes: 4_000 }),
  );
  await here.simulator.addFault(unknown(20));
  const heard: Heard = { stdout: [], stderr: [], order: [], breaks: [] };
  await rejects(run(here, "noise 9000", { heard }), { code: "unconfirmed" });
  const { stdout } = writtenBy("noise 9000");
  ok(heard.stdout.length > 0);
  deepStrictEqual(heard.stdout, stdout.slice(0, heard.stdout.length));
});

Deno.test("ExecStream takes nothing before somebody follows, and no faster than it is taken", async () => {
  const here = await world();
  const taken: number[] = [];
  const { client, clock, vmId } = here;
  const turn = Promise.withResolvers<void>();
  const stream = new ExecStream({
    client,
    clock,
    vmId,
    execId: crypto.randomUUID(),
    async onOutput(_, { length }) {
      taken.push(length);
      if (taken.length === 1) await turn.promise;
    },
  });
  const { signal } = new AbortController();
  await stream.start({ command: ["noise", "5000"] }, signal);
  deepStrictEqual(taken, []);
  const followed = stream.follow(signal);
  // What is taken slowly is no silence: no limit of time breaks the stream.
  await clock.sleep(3_600_000);
  deepStrictEqual(taken, [1_024]);
  turn.resolve();
  deepStrictEqual(await followed, { exitCode: 0, isWhole: true });
  deepStrictEqual(taken, [1_024, 1_024, 1_024, 1_024, 904]);
  strictEqual(
    (await here.simulator.requests())
      .filter(({ operation }) => operation === "exec_attach").length,
    0,
  );
});

Deno.test("ExecStream without a reader asks for no old output, and learns how it ended", async () => {
  const here = await world();
  const { client, clock, vmId } = here;
  const execId = crypto.randomUUID();
  const { signal } = new AbortController();
  const first = new ExecStream({ client, clock, vmId, execId });
  await first.start({ command: ["bash", "-c", "seq 1 5; exit 7"] }, signal);
  const second = new ExecStream({ client, clock, vmId, execId });
  deepStrictEqual(await second.follow(signal), { exitCode: 7, isWhole: true });
});

Deno.test("ExecStream ends with what its listener throws, unchanged", async () => {
  const here = await world();
  const reason = new Error("full");
  await rejects(
    run(here, "echo x", { onOutput: () => Promise.reject(reason) }),
    (error) => error === reason,
  );
});

Deno.test("ExecStream ends with the signal's reason; the command goes on", async () => {
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
