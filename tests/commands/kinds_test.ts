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
    for (const flag of ["wait", "resume-job", "no-resume"]) {
      ok(Object.hasOwn(command.flags, flag), flag);
    }
    const help = await renderHelp([name], ROUTES);
    match(help, /^resuming:\n {2}With --wait/m);
    match(help, /^ {2}20 /m);
  });
}
