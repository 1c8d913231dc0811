import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import { type Damage, HARMLESS, RUINOUS } from "../helpers/damages.ts";
import { SlowService } from "../helpers/job_in_flight.ts";

/** A user of a slow service, with a ledger that somebody meddles with. */
class Meddled implements AsyncDisposable {
  readonly service: SlowService;

  private constructor(service: SlowService) {
    this.service = service;
  }

  static async create(): Promise<Meddled> {
    return new Meddled(await SlowService.create());
  }

  get path(): string {
    return `${this.service.home}/.vers/jobs.jsonl`;
  }

  /** Runs a command, and returns all that it came to. */
  async run(...args: readonly string[]) {
    await using context = await this.service.context();
    const code = await main(args, context);
    const [out, err] = [context.out(), context.err()];
    const last = err.trimEnd().split("\n").at(-1) ?? "";
    return {
      code,
      err,
      result: out === "" ? undefined : JSON.parse(out),
      error: last.startsWith('{"error"') ? JSON.parse(last).error : undefined,
    };
  }

  /** Does to the ledger's file what somebody did. */
  meddle(damage: Damage): void {
    Deno.writeFileSync(this.path, damage(Deno.readFileSync(this.path)));
  }

  /** Returns how many VMs the service has. */
  async vmCount(): Promise<number> {
    const { simulator } = this.service;
    const response = await simulator.fetch(
      new Request("http://localhost/api/v1/vms", {
        headers: { authorization: `Bearer ${simulator.apiKey}` },
      }),
    );
    return (await response.json()).length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.service[Symbol.asyncDispose]();
  }
}

const RUN = ["run", "-N", "my-vm"];
const WAIT = [...RUN, "--wait"];
const KEYED = [...WAIT, "--idempotency-key", "k"];

const ALL: Damage = (content) =>
  Object.values(HARMLESS).reduce((bytes, damage) => damage(bytes), content);

for (
  const [name, damage] of Object.entries({ ...HARMLESS, "all of that": ALL })
) {
  Deno.test(`after ${name} in its ledger, every command goes on with the job in flight`, async () => {
    for (
      const args of [
        (_: string) => WAIT,
        (id: string) => ["run", "--resume-job", id],
        (id: string) => ["jobs", "wait", id],
      ]
    ) {
      await using user = await Meddled.create();
      const { id, vmId } = await user.service.start(...RUN);
      user.meddle(damage);
      const shown = await user.run("jobs", "get", id);
      deepStrictEqual([shown.code, shown.result.vm_ids], [0, [vmId]]);
      const explained = await user.run(...WAIT, "--explain");
      strictEqual(explained.result.would, "attach");
      const { code, err, result } = await user.run(...args(id));
      strictEqual(code, 0, err);
      ok(!err.includes("warning"), err);
      ok(JSON.stringify(result).includes(vmId));
      strictEqual(await user.vmCount(), 1);
    }
  });

  Deno.test(`after ${name} in its ledger, a job that is complete under a key is returned`, async () => {
    await using user = await Meddled.create();
    const first = await user.run(...KEYED);
    strictEqual(first.code, 0, first.err);
    user.meddle(damage);
    const { code, err, result } = await user.run(...KEYED);
    strictEqual(code, 0, err);
    deepStrictEqual(
      [result.effect, result.vm_id],
      ["returned", first.result.vm_id],
    );
    ok(!err.includes("warning"), err);
    strictEqual(await user.vmCount(), 1);
  });
}

/**
 * Checks that a command sends nothing beside a line that cannot be read, says
 * which and how to go on, and that the doctor shows it, and sets it aside.
 */
async function checkRefusal(
  user: Meddled,
  args: readonly string[],
): Promise<void> {
  const before = Deno.readFileSync(user.path);
  const vms = await user.vmCount();
  const refused = await user.run(...args);
  strictEqual(refused.code, 1, refused.err);
  const { code, message, hint, retryable } = refused.error;
  deepStrictEqual([code, retryable], ["ledger_corrupt", false]);
  const number = Number(/: line (\d+) of ".*jobs\.jsonl" /.exec(message)?.[1]);
  match(hint, /vers jobs doctor --repair/);
  match(hint, /--no-resume/);
  const explained = await user.run(...args, "--explain");
  deepStrictEqual(
    [explained.result.would, explained.result.reason],
    ["refuse", "unreadable_line"],
  );
  const doctor = await user.run("jobs", "doctor", "--json");
  strictEqual(doctor.code, 1);
  const bad = doctor.result.bad_lines.find((
    { line, last_line }: { line: number; last_line: number },
  ) => line <= number && number <= last_line);
  ok(message.endsWith(bad.why), message);
  strictEqual(await user.vmCount(), vms);
  deepStrictEqual(Deno.readFileSync(user.path), before);
}

for (const [name, damage] of Object.entries(RUINOUS)) {
  Deno.test(`after ${name} in its ledger, nothing is sent until vers jobs doctor --repair`, async () => {
    for (const args of [WAIT, KEYED]) {
      await using user = await Meddled.create();
      if (args === WAIT) await user.service.start(...RUN);
      else strictEqual((await user.run(...KEYED)).code, 0);
      user.meddle(damage);
      await checkRefusal(user, args);
      const named = await user.run("run", "--resume-job", "job_0123456789");
      ok(named.code === 1 || named.code === 3);
      const repaired = await user.run("jobs", "doctor", "--repair");
      strictEqual(repaired.code, 0, repaired.err);
      strictEqual(repaired.result.repaired.all, true);
      const again = await user.run(...args);
      strictEqual(again.code, 0, again.err);
      strictEqual(again.result.effect, "created");
      strictEqual(await user.vmCount(), 2);
    }
  });
}

Deno.test("after a repair that leaves intact lines, the same command goes on with their job", async () => {
  await using user = await Meddled.create();
  const { vmId } = await user.service.start(...RUN);
  const intact = Deno.readFileSync(user.path);
  // What somebody ran without our knowledge, and a tool rewrote.
  await user.service.start(...RUN, "--no-resume");
  const all = Deno.readFileSync(user.path);
  const rest = RUINOUS["jq ."]?.(all.slice(intact.length)) ?? all;
  Deno.writeFileSync(user.path, new Uint8Array([...intact, ...rest]));
  await checkRefusal(user, WAIT);
  strictEqual((await user.run("jobs", "doctor", "--repair")).code, 0);
  const { code, err, result } = await user.run(...WAIT);
  strictEqual(code, 0, err);
  deepStrictEqual([result.effect, result.vm_id], ["attached", vmId]);
});

Deno.test("--no-resume goes on beside a line that cannot be read, and then the same command does", async () => {
  await using user = await Meddled.create();
  await user.service.start(...RUN);
  user.meddle(RUINOUS["Python's json.dumps"] ?? ((content) => content));
  await checkRefusal(user, WAIT);
  const { vmId } = await user.service.start(...RUN, "--no-resume");
  const { code, err, result } = await user.run(...WAIT);
  strictEqual(code, 0, err);
  deepStrictEqual([result.effect, result.vm_id], ["attached", vmId]);
});

Deno.test("lines of other work that cannot be read are said once, and nothing stands still", async () => {
  await using user = await Meddled.create();
  await user.service.start("run", "-N", "other");
  user.meddle(RUINOUS["Python's json.dumps"] ?? ((content) => content));
  const { code, err, result } = await user.run(...WAIT);
  strictEqual(code, 0, err);
  strictEqual(result.effect, "created");
  const said = err.split("\n").filter((line) => line.startsWith("warning"));
  deepStrictEqual(said, [
    "warning: 2 lines of the ledger cannot be read; vers jobs doctor shows them",
  ]);
});
