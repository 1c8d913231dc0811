import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../../../main.ts";
import { SlowService } from "../../../../tests/helpers/job_in_flight.ts";
import { InterruptedError } from "../../../patience.ts";

const GO_LEDGER = new URL(
  "../../../../tests/testdata/ledgers/go.jsonl",
  import.meta.url,
);

function withSlowVms(
  name: string,
  action: (service: SlowService) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using service = await SlowService.create();
    await action(service);
  });
}

const DELIVERED = ["submitted", "running", "complete", "delivered"];

withSlowVms(
  "vers jobs wait waits for jobs of any kinds together",
  async (service) => {
    const first = await service.start("run", "--vm-alias", "my-vm");
    const second = await service.start("deploy", "ada/site");
    await using context = await service.context();
    const before = service.clock.elapsedMs();
    const line = ["jobs", "wait", second.id, first.id, "--timeout", "1h"];
    strictEqual(await main(line, context), 0, context.err());
    const { jobs } = JSON.parse(context.out());
    deepStrictEqual(
      jobs.map((
        { job_id, kind, status, exit_code, vm_ids }: Record<string, unknown>,
      ) => [job_id, kind, status, exit_code, vm_ids]),
      [
        [second.id, "vm.deploy", "complete", 0, [second.vmId]],
        [first.id, "vm.run", "complete", 0, [first.vmId]],
      ],
    );
    const { vm_id, alias, effect, job_id } = jobs[1].result;
    deepStrictEqual(
      [vm_id, alias, effect, job_id],
      [first.vmId, "my-vm", "attached", first.id],
    );
    deepStrictEqual(service.story(first.id), DELIVERED);
    deepStrictEqual(service.story(second.id), DELIVERED);
    // At the same time, not one after the other.
    ok(service.clock.elapsedMs() - before < 90_000);
  },
);

withSlowVms(
  "vers jobs wait reports all, and ends with the first failure's code",
  async (service) => {
    const doomed = await service.start("run", "--vm-alias", "doomed");
    const sound = await service.start("run", "--vm-alias", "sound");
    strictEqual(await service.ask("DELETE", doomed.vmId), 200);
    await using context = await service.context({ isTerminal: true });
    const line = ["jobs", "wait", sound.id, doomed.id, "--timeout=1h"];
    const code = await main(line, context);
    strictEqual(
      context.out().split("\n")[0],
      `${sound.id} complete: VM ${sound.vmId}`,
    );
    match(
      context.out().split("\n")[1] ?? "",
      new RegExp(
        `^${doomed.id} failed: VM ${doomed.vmId} of job ${doomed.id} is gone`,
      ),
    );
    strictEqual(code, 3);
    match(context.err(), new RegExp(`error: VM ${doomed.vmId} of job `));
    deepStrictEqual(service.story(sound.id), DELIVERED);
    strictEqual(service.story(doomed.id).at(-1), "failed");
  },
);

withSlowVms(
  "vers jobs wait whose time runs out says how to wait on",
  async (service) => {
    const { id, vmId } = await service.start("run", "--vm-alias", "my-vm");
    await using context = await service.context();
    const timeout = `${(service.clock.elapsedMs() + 30_000) / 1_000}s`;
    const line = ["jobs", "wait", id, "--timeout", timeout];
    strictEqual(await main(line, context), 6);
    const { jobs: [job] } = JSON.parse(context.out());
    deepStrictEqual(
      [job.status, job.exit_code, job.vm_ids, job.error.code],
      ["running", 6, [vmId], "timed_out"],
    );
    const { error } = JSON.parse(
      context.err().trimEnd().split("\n").at(-1) ?? "",
    );
    strictEqual(
      error.resume_command,
      `vers jobs wait ${id} --timeout ${timeout}`,
    );
    deepStrictEqual(service.story(id), ["submitted", "running"]);
  },
);

withSlowVms(
  "vers jobs wait, interrupted, prints nothing and loses nothing",
  async (service) => {
    const { id } = await service.start("run", "--vm-alias", "my-vm");
    await using context = await service.context();
    service.clock.onAdvance = () =>
      context.abort(new InterruptedError("SIGTERM"));
    strictEqual(await main(["jobs", "wait", id, "--timeout=0"], context), 143);
    service.clock.onAdvance = undefined;
    strictEqual(context.out(), "");
    const { error } = JSON.parse(
      context.err().trimEnd().split("\n").at(-1) ?? "",
    );
    strictEqual(error.resume_command, `vers jobs wait ${id} --timeout=0`);
    deepStrictEqual(service.story(id), ["submitted", "running"]);
  },
);

withSlowVms(
  "vers jobs wait whose result nobody reads delivers it the next time",
  async (service) => {
    const { id, vmId } = await service.start("run", "--vm-alias", "my-vm");
    const closed = {
      write: () => Promise.reject(new Deno.errors.BrokenPipe("closed")),
    };
    await using deaf = await service.context({ stdoutWriter: closed });
    strictEqual(await main(["jobs", "wait", id, "--timeout=0"], deaf), 1);
    match(deaf.err(), /"code":"undelivered"/);
    deepStrictEqual(service.story(id), ["submitted", "running", "complete"]);
    await using context = await service.context();
    const line = ["jobs", "wait", id, "-q", "--timeout=0"];
    strictEqual(await main(line, context), 0, context.err());
    strictEqual(context.out(), `${vmId}\n`);
    deepStrictEqual(service.story(id), DELIVERED);
  },
);

withSlowVms(
  "vers jobs wait names a job once, however often it is named",
  async (service) => {
    const { id } = await service.start("run", "--vm-alias", "my-vm");
    await using context = await service.context();
    const line = ["jobs", "wait", id, id.slice(4), id, "--timeout=0"];
    strictEqual(await main(line, context), 0, context.err());
    strictEqual(JSON.parse(context.out()).jobs.length, 1);
  },
);

withSlowVms(
  "vers jobs wait for a job that is not there waits for none",
  async (service) => {
    const { id } = await service.start("run", "--vm-alias", "my-vm");
    await using context = await service.context();
    const line = ["jobs", "wait", id, "job_0000000000"];
    strictEqual(await main(line, context), 3);
    strictEqual(context.out(), "");
    deepStrictEqual(service.story(id), ["submitted", "running"]);
  },
);

withSlowVms(
  "vers jobs wait for a job of another origin says which to set",
  async (service) => {
    const { id } = await service.start("run", "--vm-alias", "my-vm");
    await using context = await service.context({
      env: { VERS_URL: "https://other.example" },
    });
    strictEqual(await main(["jobs", "wait", id], context), 3);
    match(context.err(), /VERS_URL=https:\/\/api\.vers\.sh vers jobs wait/);
  },
);

withSlowVms(
  "vers jobs wait for jobs of the Go CLI says what that noted",
  async (service) => {
    await Deno.mkdir(`${service.home}/.vers`);
    await Deno.copyFile(GO_LEDGER, `${service.home}/.vers/jobs.jsonl`);
    await using context = await service.context({ hasKey: false });
    strictEqual(await main(["jobs", "wait", "1a2b", "3c4d"], context), 20);
    const { jobs } = JSON.parse(context.out());
    deepStrictEqual(
      jobs.map(({ status, exit_code }: Record<string, unknown>) => [
        status,
        exit_code,
      ]),
      [["complete", 0], ["failed", 20]],
    );
    await using other = await service.context();
    strictEqual(await main(["jobs", "wait", "4d5e"], other), 1);
    match(other.err(), /does not record its VM/);
  },
);

withSlowVms(
  "vers jobs wait without a job says what is missing",
  async (service) => {
    await using context = await service.context();
    strictEqual(await main(["jobs", "wait"], context), 5);
    match(context.err(), /vers jobs wait job_8f2a3b4c5d/);
  },
);
