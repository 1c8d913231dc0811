import { match, ok, strictEqual } from "node:assert/strict";
import { ROUTES } from "../../src/cli/app.ts";
import { renderHelp } from "../../src/cli/command_line/help.ts";
import { commandOf } from "../../src/engine/named_job.ts";
import { JOB_KINDS } from "../../src/job/record.ts";

for (const kind of JOB_KINDS) {
  Deno.test(`${kind} has a command that waits, whose help says when it can be resumed`, async () => {
    const name = commandOf(kind);
    const route = ROUTES.get(name);
    ok(route?.type === "command");
    const { command } = await route.load();
    strictEqual(command.summary, route.summary);
    // A command in a VM is waited for without being told.
    const waits = kind === "vm.exec" ? [] : ["wait"];
    for (const flag of [...waits, "resume-job", "no-resume"]) {
      ok(Object.hasOwn(command.flags, flag), flag);
    }
    const help = await renderHelp([name], ROUTES);
    match(help, /^resuming:\n {2}With --(wait|idempotency-key)/m);
    match(help, kind === "vm.exec" ? /^ {2}125 /m : /^ {2}20 /m);
  });
}
