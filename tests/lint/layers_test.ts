import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { MAY_IMPORT, MAY_USE } from "./imports.ts";
import plugin from "./layers.ts";
import { sourcePath } from "./source_path.ts";

/** A source, where it lies, and which rule has something to say of it. */
interface Case {
  readonly rule: string;
  /** A second rule that has something to say of it. */
  readonly and?: string;
  readonly file: string;
  readonly bad: string;
  /** The same file as it should be. */
  readonly good: string;
  /** Files in which what is bad elsewhere is allowed. */
  readonly allowedIn?: readonly string[];
}

const CASES: readonly Case[] = [
  // Imports.
  {
    rule: "layers",
    file: "src/job/job.ts",
    bad: `import { FileLedger } from "../ledger/ledger.ts";`,
    good: `import { Clock } from "../clock.ts"; import "./record.ts";`,
    allowedIn: ["src/engine/engine.ts", "src/job/job_test.ts"],
  },
  {
    rule: "layers",
    file: "src/ledger/ledger_error.ts",
    bad: `import type { VersClient } from "../api/vers_client.ts";`,
    good: `import type { Job } from "../job/job.ts";`,
    allowedIn: ["src/cli/session.ts", "tests/wait/run_wait_test.ts"],
  },
  {
    rule: "layers",
    file: "src/engine/kinds.ts",
    bad: `const { app } = await import("../cli/app.ts");`,
    good: `const { job } = await import("../job/job.ts");`,
  },
  {
    rule: "layers",
    file: "src/engine/kinds.ts",
    bad: `const part = await import("../../" + name);`,
    good: `const part = await import("./branch.ts");`,
  },
  {
    rule: "layers",
    file: "src/clock.ts",
    bad: `import { Job } from "./job/job.ts";`,
    good: `import { Failure } from "./failure.ts";`,
  },
  {
    rule: "layers",
    file: "main.ts",
    bad: `import { Engine } from "./src/engine/engine.ts";`,
    good: `import { app } from "./src/cli/app.ts"; import "./src/clock.ts";`,
  },
  {
    rule: "layers",
    file: "src/cli/app.ts",
    bad: `import { main } from "../../main.ts";`,
    good: `import { VERSION } from "../version.ts";`,
  },
  {
    rule: "layers",
    file: "src/cli/app.ts",
    bad: `import { FakeClock } from "../helpers/fake_clock.ts";`,
    good: `import { systemClock } from "../clock.ts";`,
    allowedIn: ["src/cli/app_test.ts"],
  },
  {
    rule: "layers",
    file: "src/cli/app.ts",
    bad: `import config from "../../deno.json" with { type: "json" };`,
    good: `import { VERSION } from "../version.ts";`,
    allowedIn: ["tests/program_test.ts"],
  },
  {
    rule: "layers",
    file: "src/cli/commands/run.ts",
    bad: `import { branch } from "./branch.ts";`,
    good: `import { waitFlags } from "../wait_flags.ts";`,
    allowedIn: ["src/cli/app.ts", "src/cli/commands/run_test.ts"],
  },
  {
    rule: "layers",
    file: "src/cli/commands/run.ts",
    bad: `const { startJob } = await import("../start_job.ts");`,
    good: `const { startJob } = await lazy.startJob();`,
    allowedIn: ["src/cli/app.ts", "src/cli/lazy.ts", "src/cli/app_test.ts"],
  },
  {
    rule: "layers",
    file: "src/cli/commands/jobs/list.ts",
    bad: `import { get } from "./get.ts";`,
    good: `import { renderRow } from "./_row.ts";`,
  },
  {
    rule: "layers",
    file: "src/engine/wait.ts",
    bad: `import { label } from "./drivers/_label.ts";`,
    good: `import { label } from "./_label.ts";`,
  },
  {
    rule: "layers",
    file: "src/engine/wait.ts",
    bad: `import { join } from "node:path";`,
    good: `import { z } from "zod/mini";`,
    allowedIn: ["src/engine/wait_test.ts"],
  },
  {
    rule: "layers",
    file: "src/cli/commands/simulate.ts",
    bad: `const { createServer } = await import("node:http");`,
    good: `const { serveSimulator } = await lazy.simulatorServer();`,
    allowedIn: ["src/simulator/serve.ts"],
  },
  {
    rule: "layers",
    file: "src/simulator/serve.ts",
    bad: `import { createServer } from "node:http";`,
    good: `import type { Server } from "node:http"; await import("node:http");`,
  },
  {
    rule: "layers",
    file: "src/ledger/file/entry_line.ts",
    bad: `import { z } from "zod";`,
    good: `import { z } from "zod/mini";`,
  },
  {
    rule: "layers",
    file: "src/engine/engine.ts",
    bad: `import { modify } from "jsonc-parser";`,
    good: `import type { Job } from "../job/job.ts";`,
    allowedIn: ["src/project/settings_edit.ts"],
  },
  {
    rule: "layers",
    file: "src/simulator/serve.ts",
    bad: `import { createServer } from "node:http";`,
    good: `import type { Server } from "node:http"; await import("node:http");`,
  },
  {
    rule: "layers",
    file: "src/simulator/serve.ts",
    bad: `await import("node:fs");`,
    good: `await import("./faults/faults.ts");`,
    allowedIn: ["src/simulator/serve_test.ts"],
  },
  {
    rule: "layers",
    file: "src/simulator/simulator.ts",
    bad: `const { createServer } = await import("node:http");`,
    good: `const { serve } = await import("./serve.ts");`,
    allowedIn: ["src/simulator/serve.ts"],
  },
  {
    rule: "barrels",
    file: "src/job/job.ts",
    bad: `export * from "./record.ts";`,
    good: `export const STATES = ["running"];`,
  },
  {
    rule: "barrels",
    file: "tests/helpers/program.ts",
    bad: `export { decide } from "./resume_policy.ts";`,
    good: `function decide() {} export { decide };`,
  },
  {
    rule: "file-names",
    file: "src/cli/runCommand.ts",
    bad: `run();`,
    good: ``,
    allowedIn: ["src/cli/run_command.ts", "src/cli/_run_command.ts"],
  },
  {
    rule: "file-names",
    file: "src/cli/utils.ts",
    bad: `run();`,
    good: ``,
    allowedIn: ["src/cli/duration.ts"],
  },
  {
    rule: "file-names",
    file: "src/job/types.ts",
    bad: `run();`,
    good: ``,
    allowedIn: ["src/api/types.ts"],
  },
  // Bars.
  {
    rule: "exit",
    file: "src/cli/app.ts",
    bad: `Deno.exit(1);`,
    good: `throw new Failure("Cannot go on");`,
    allowedIn: ["main.ts", "tests/demo.ts"],
  },
  {
    rule: "exit",
    file: "src/engine/wait.ts",
    bad: `Deno.exitCode = 1;`,
    good: `const exitCode = 1; other.exit();`,
  },
  {
    rule: "exit",
    file: "src/engine/wait.ts",
    bad: `globalThis.Deno["exit"](1);`,
    good: `globalThis.Deno["pid"];`,
  },
  {
    rule: "printing",
    file: "src/engine/wait.ts",
    bad: `Deno.stderr.writeSync(bytes);`,
    good: `engine.notify(notice);`,
    allowedIn: ["src/cli/output/sink.ts", "src/engine/wait_test.ts"],
  },
  {
    rule: "printing",
    file: "src/engine/wait.ts",
    bad: `if (confirm("Delete it?")) go();`,
    good: `if (client.confirm("it")) go();`,
  },
  {
    rule: "printing",
    file: "src/cli/output/sink.ts",
    bad: `const writer = Deno.stdout.writable.getWriter();`,
    good: `await Deno.stdout.write(bytes);`,
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const now = Date.now();`,
    good: `const now = clock.now(), then = Date.parse(text);`,
    allowedIn: ["src/clock.ts", "src/engine/wait_test.ts"],
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const now = new Date();`,
    good: `const then = new Date(text);`,
    allowedIn: ["src/cli/context.ts"],
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const now = Date();`,
    good: `function show(date: Date) {}`,
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const ms = performance.now();`,
    good: `const ms = clock.elapsedMs();`,
    allowedIn: ["src/file_lock.ts"],
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `setTimeout(wake, 10);`,
    good: `await clock.sleep(10);`,
    allowedIn: ["src/cli/output/sink.ts"],
  },
  {
    rule: "clock",
    file: "src/simulator/fake_vm.ts",
    bad: `globalThis.setInterval(wake, 10);`,
    good: `await clock.sleep(10);`,
  },
  {
    rule: "environment",
    file: "src/cli/config.ts",
    bad: `const home = Deno.env.get("HOME");`,
    good: `const home = context.env.get("HOME");`,
    allowedIn: ["src/cli/context.ts", "tests/helpers/program.ts"],
  },
  {
    rule: "network",
    file: "src/engine/kinds.ts",
    bad: `await fetch(url);`,
    good: `await simulator.fetch(request);`,
    allowedIn: ["src/api/transport.ts", "tests/program_test.ts"],
  },
  {
    rule: "network",
    file: "src/cli/context.ts",
    bad: `Deno.createHttpClient({ poolMaxIdlePerHost: 0 });`,
    good: `createTransport();`,
    allowedIn: ["src/api/transport.ts"],
  },
  {
    rule: "network",
    file: "src/cli/commands/simulate.ts",
    bad: `Deno.serve(handle);`,
    good: `serve(handle);`,
    allowedIn: ["src/simulator/serve.ts"],
  },
  {
    rule: "durability",
    file: "src/engine/start_job.ts",
    bad: `await file.lock(true);`,
    good: `using _lock = await acquireFileLock(path, options);`,
    allowedIn: ["src/file_lock.ts", "src/ledger/file/file_ledger.ts"],
  },
  {
    rule: "durability",
    file: "src/file_lock.ts",
    bad: `file.lockSync(true);`,
    good: `await file.lock(true);`,
  },
  {
    rule: "durability",
    file: "src/ledger/file/file_ledger.ts",
    bad: `await file.tryLock(true);`,
    good: `await file.lock(true);`,
  },
  {
    rule: "durability",
    file: "src/project/head.ts",
    bad: `file.syncDataSync();`,
    good: `replaceFile(path, text);`,
    allowedIn: ["src/atomic_file.ts"],
  },
  {
    rule: "durability",
    file: "src/project/head.ts",
    bad: `await file.sync();`,
    good: `await project.sync(folder);`,
  },
  {
    rule: "durability",
    file: "src/project/head.ts",
    bad: `Deno.renameSync(from, to);`,
    good: `renameOver(from, to);`,
    allowedIn: ["src/ledger/file/prune.ts", "src/project/head_test.ts"],
  },
  {
    rule: "durability",
    file: "src/project/aliases.ts",
    bad: `Deno.writeTextFileSync(path, text);`,
    good: `replaceFile(path, text);`,
  },
  {
    rule: "files",
    file: "src/project/head.ts",
    bad: `Deno.readTextFileSync(path);`,
    good: `readTextFile(path);`,
    allowedIn: ["src/regular_file.ts", "src/project/head_test.ts"],
  },
  {
    rule: "files",
    file: "src/file_lock.ts",
    bad: `const file = Deno.openSync(path);`,
    good: `const file = openRegularFile(path);`,
    allowedIn: ["src/atomic_file.ts", "src/ledger/file/ledger_file.ts"],
  },
  {
    rule: "start-up",
    file: "src/cli/output/render_job.ts",
    bad: `new Intl.NumberFormat().format(n);`,
    good: `String(n);`,
    allowedIn: ["src/cli/render_job_test.ts"],
  },
  {
    rule: "start-up",
    file: "src/cli/output/render_job.ts",
    bad: `date.toLocaleString();`,
    good: `date.toISOString();`,
  },
  {
    rule: "start-up",
    file: "src/cli/output/render_job.ts",
    bad: `names.sort((a, b) => a.localeCompare(b));`,
    good: `names.sort();`,
  },
  {
    rule: "in-full",
    file: "src/job/key.ts",
    bad: `const system = Deno.build.os;`,
    good: `const hash = await crypto.subtle.digest("SHA-256", bytes);`,
    allowedIn: ["src/atomic_file.ts", "src/job/testdata/planted.ts"],
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    and: "exit",
    bad: `const { exit } = Deno;`,
    good: `const pid = Deno.pid; let file: Deno.FsFile;`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `(Deno as Everything).exit();`,
    good: `const name = { Deno: 1 }.Deno;`,
  },
  // Ways around the bars.
  {
    rule: "exit",
    file: "src/engine/wait.ts",
    bad: `const end = Deno.exit;`,
    good: `const end = other.exit;`,
    allowedIn: ["main.ts"],
  },
  {
    rule: "exit",
    and: "in-full",
    file: "src/engine/wait.ts",
    bad: `const { exit: end } = globalThis.Deno;`,
    good: `const { exit: end } = other.Deno;`,
  },
  {
    rule: "exit",
    file: "src/engine/wait.ts",
    bad: `Deno?.exit?.(1);`,
    good: `other?.exit?.(1);`,
  },
  {
    rule: "processes",
    file: "src/cli/commands/exec.ts",
    bad: `new Deno.Command("ssh").spawn();`,
    good: `new Command("ssh");`,
    allowedIn: ["src/cli/commands/exec_test.ts", "tests/helpers/program.ts"],
  },
  {
    rule: "processes",
    file: "main.ts",
    bad: `Deno.kill(Deno.pid);`,
    good: `job.kill();`,
  },
  {
    rule: "processes",
    file: "src/engine/wait.ts",
    bad: `new Worker(url);`,
    good: `class Worker {} new Worker();`,
  },
  {
    rule: "printing",
    file: "src/engine/wait.ts",
    bad: `const out = { ...Deno.stdout };`,
    good: `const out = { ...engine.stdout };`,
    allowedIn: ["src/cli/context.ts"],
  },
  {
    rule: "printing",
    file: "src/cli/output/sink.ts",
    bad: `const { writable } = Deno.stderr;`,
    good: `const { rid } = writer;`,
  },
  {
    rule: "printing",
    file: "src/cli/output/sink.ts",
    bad: `const { log } = console;`,
    good: `const { log } = simulator;`,
    allowedIn: ["tests/demo.ts"],
  },
  {
    rule: "printing",
    file: "src/engine/wait.ts",
    bad: `const ask = prompt;`,
    good: `function show(prompt: string) { return prompt; }`,
    allowedIn: ["src/cli/commands/_confirm.ts"],
  },
  {
    rule: "clock",
    and: "in-full",
    file: "src/engine/wait.ts",
    bad: `const { now } = Date;`,
    good: `const { now } = clock;`,
  },
  {
    rule: "clock",
    and: "in-full",
    file: "src/engine/wait.ts",
    bad: `function wait({ now } = performance) {}`,
    good: `function wait({ now } = clock) {}`,
  },
  {
    rule: "clock",
    and: "in-full",
    file: "src/engine/wait.ts",
    bad: `let now; ({ "now": now } = Date);`,
    good: `let now; ({ "now": now } = clock);`,
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const now = Date.now;`,
    good: `const parse = Date.parse;`,
    allowedIn: ["src/patience.ts"],
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const now = new Date(...[]);`,
    good: `const then = new Date(...[text], 1);`,
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `const later = setTimeout;`,
    good: `let timer: ReturnType<typeof setTimeout>;`,
    allowedIn: ["src/clock.ts"],
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `globalThis["setImmediate"](wake);`,
    good: `queueMicrotask(wake);`,
  },
  {
    rule: "clock",
    file: "src/api/exchange.ts",
    bad: `const signal = AbortSignal.timeout(10);`,
    good: `const signal = AbortSignal.any([one, other]);`,
    allowedIn: ["src/patience.ts", "src/api/exchange_test.ts"],
  },
  {
    rule: "clock",
    and: "in-full",
    file: "src/api/exchange.ts",
    bad: `const { timeout } = AbortSignal;`,
    good: `const { timeout } = options;`,
  },
  {
    rule: "clock",
    file: "src/engine/wait.ts",
    bad: `Temporal.Now.instant();`,
    good: `Temporal.Instant.from(text);`,
  },
  {
    rule: "clock",
    file: "src/file_lock.ts",
    bad: `Atomics.wait(cells, 0, 0, 20);`,
    good: `Atomics.load(cells, 0);`,
    allowedIn: ["src/atomic_file.ts"],
  },
  {
    rule: "environment",
    file: "src/project/head.ts",
    bad: `const folder = Deno.cwd();`,
    good: `const folder = context.cwd;`,
    allowedIn: ["src/cli/context.ts"],
  },
  {
    rule: "environment",
    file: "src/cli/context.ts",
    bad: `const args = Deno.args;`,
    good: `const args = context.args;`,
    allowedIn: ["main.ts"],
  },
  {
    rule: "network",
    file: "src/engine/drivers/run.ts",
    bad: `const send = fetch;`,
    good: `const send = simulator.fetch;`,
    allowedIn: ["src/api/transport.ts", "src/engine/drivers/run_test.ts"],
  },
  {
    rule: "network",
    file: "src/engine/drivers/run.ts",
    bad: `start({ fetch });`,
    good: `function start(fetch: Send) { return { fetch }; }`,
  },
  {
    rule: "network",
    file: "src/engine/drivers/run.ts",
    bad: `start({ send: globalThis.fetch });`,
    good: `start({ fetch: send });`,
  },
  {
    rule: "network",
    and: "in-full",
    file: "src/cli/session.ts",
    bad: `const { fetch: send } = globalThis;`,
    good: `const { fetch: send } = simulator;`,
  },
  {
    rule: "network",
    file: "src/cli/session.ts",
    bad: `{ const fetch = 1; } fetch(url);`,
    good: `{ const fetch = send; fetch(url); }`,
  },
  {
    rule: "network",
    file: "src/engine/exec_stream.ts",
    bad: `new WebSocket(url);`,
    good: `import { WebSocket } from "./socket.ts"; new WebSocket(url);`,
    allowedIn: ["src/api/vers_client.ts"],
  },
  {
    rule: "network",
    file: "src/ledger/file/file_ledger.ts",
    bad: `await Deno.connectTls(options);`,
    good: `await pool.connect();`,
  },
  {
    rule: "network",
    file: "src/api/transport.ts",
    bad: `const { serve } = Deno.listen(options);`,
    good: `const { serve } = service.listen(options);`,
    allowedIn: ["src/simulator/serve.ts"],
  },
  {
    rule: "durability",
    file: "src/project/credentials.ts",
    bad: `Deno.chmodSync(path, 0o600);`,
    good: `replaceFile(path, text, { mode: 0o600 });`,
    allowedIn: ["src/atomic_file.ts", "src/ledger/file/replacement.ts"],
  },
  {
    rule: "durability",
    file: "src/project/credentials.ts",
    bad: `await Deno.chown(path, 1, 1);`,
    good: `ownerOf(path);`,
    allowedIn: ["src/atomic_file.ts"],
  },
  {
    rule: "durability",
    file: "src/project/credentials.ts",
    bad: `Deno.truncateSync(path, 0);`,
    good: `replaceFile(path, "");`,
    allowedIn: ["src/ledger/file/ledger_file.ts"],
  },
  {
    rule: "durability",
    file: "src/regular_file.ts",
    bad: `file.truncateSync(0);`,
    good: `file.statSync();`,
    allowedIn: ["src/file_lock.ts"],
  },
  {
    rule: "durability",
    file: "src/regular_file.ts",
    bad: `await file.truncate();`,
    good: `truncate(text); class A { #lock() { this.#lock(); } }`,
    allowedIn: ["src/replace_file.ts"],
  },
  {
    rule: "durability",
    file: "src/regular_file.ts",
    bad: `const cut = file.truncateSync.bind(file);`,
    good: `const size = file.statSync.bind(file);`,
  },
  {
    rule: "durability",
    file: "src/ledger/file/file_ledger.ts",
    bad: `const { lockSync } = file;`,
    good: `const { locked } = file;`,
  },
  {
    rule: "durability",
    file: "src/ledger/file/file_ledger.ts",
    bad: `file["lockSync"](true);`,
    good: `file["lock"](true);`,
  },
  {
    rule: "durability",
    file: "src/project/aliases.ts",
    bad: `Deno.linkSync(from, to);`,
    good: `link(from, to);`,
    allowedIn: ["src/atomic_file.ts"],
  },
  {
    rule: "durability",
    file: "src/project/aliases.ts",
    bad: `await Deno.symlink(from, to);`,
    good: `Deno.readLinkSync(from);`,
    allowedIn: ["src/replace_file.ts"],
  },
  {
    rule: "durability",
    file: "src/project/aliases.ts",
    bad: `Deno.utimeSync(path, then, then);`,
    good: `Deno.statSync(path).mtime;`,
    allowedIn: ["src/ledger/file/prune.ts"],
  },
  {
    rule: "durability",
    file: "src/project/aliases.ts",
    bad: `Deno.mkdirSync(path);`,
    good: `ensureFolder(path);`,
    allowedIn: ["src/atomic_file.ts"],
  },
  {
    rule: "durability",
    file: "src/project/aliases.ts",
    bad: `Deno.removeSync(path);`,
    good: `aliases.remove(name);`,
    allowedIn: ["src/project/head.ts", "src/ledger/file/rewrite.ts"],
  },
  {
    rule: "durability",
    file: "src/ledger/file/prune.ts",
    bad: `await Deno.writeFile(path, bytes);`,
    good: `writeAllSync(file, bytes);`,
  },
  {
    rule: "durability",
    file: "src/ledger/file/prune.ts",
    bad: `const file = Deno.createSync(path);`,
    good: `const client = createClient(path);`,
  },
  {
    rule: "durability",
    file: "src/ledger/file/prune.ts",
    bad: `Deno.copyFileSync(from, to); Deno.makeTempDirSync();`,
    good: `replacement.copy(from, to);`,
  },
  {
    rule: "durability",
    file: "src/project/settings.ts",
    bad: `localStorage.setItem("key", key);`,
    good: `settings.setItem("key", key);`,
  },
  {
    rule: "durability",
    and: "files",
    file: "src/project/settings.ts",
    bad: `const file = Deno.openSync(path, { write: true });`,
    good: `const file = openRegularFile(path, { read: true });`,
    allowedIn: ["src/atomic_file.ts", "src/ledger/file/ledger_file.ts"],
  },
  {
    rule: "durability",
    file: "src/regular_file.ts",
    bad: `const file = Deno.openSync(path, { write: true, "create": true });`,
    good: `const file = Deno.openSync(path, { read: true, write: false });`,
    allowedIn: ["src/cli/commands/jobs/_ledger_checks.ts"],
  },
  {
    rule: "durability",
    file: "src/project/settings.ts",
    bad: `const options = { append: true }; openRegularFile(path, options);`,
    good: `const options = { read: true }; openRegularFile(path, options);`,
    allowedIn: ["src/file_lock.ts", "src/simulator/service/store.ts"],
  },
  {
    rule: "files",
    file: "src/project/settings.ts",
    bad: `const read = Deno.readTextFile;`,
    good: `const read = readRegularFile;`,
    allowedIn: ["src/regular_file.ts"],
  },
  {
    rule: "start-up",
    file: "src/cli/output/render_job.ts",
    bad: `const numbers = Intl; const { toLocaleString } = date;`,
    good: `const { toISOString } = date;`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `const D = Deno;`,
    good: `const D = other.Deno;`,
    allowedIn: ["src/engine/waiter_test.ts", "tests/demo.ts"],
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `Deno[name]();`,
    good: `other[name]();`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: "Deno[`exit`]();",
    good: "other[`exit`]();",
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `Reflect.get(globalThis, name);`,
    good: `Reflect.get(fields, name);`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `class Moment extends Date {}`,
    good: `const is = value instanceof Date; let date: Date | AbortSignal;`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `const Day = Date;`,
    good: `const at = Date.UTC(2026, 1), date = new Date(at);`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `const watch = performance;`,
    good: `const mode = { performance: 1 }.performance;`,
  },
  {
    rule: "in-full",
    file: "src/engine/wait.ts",
    bad: `self.fetch(url);`,
    good: `function f(self: Job) { return self.id; }`,
  },
  // Bindings.
  {
    rule: "using",
    file: "src/ledger/file/file_ledger.ts",
    bad: `using file = Deno.openSync(path);`,
    good: `const file = Deno.openSync(path); using _closing = file;`,
    allowedIn: ["src/ledger/file/file_ledger_test.ts"],
  },
  {
    rule: "using",
    file: "src/ledger/file/file_ledger.ts",
    bad: `await using lock = await acquire();`,
    good: `await using _lock = await acquire();`,
  },
  {
    rule: "words",
    file: "src/engine/wait.ts",
    bad: `new Failure(why, { code, hint: "wait a while" });`,
    good: `new Failure(why, { code, hint: error.hint, advice: { type } });`,
    allowedIn: ["src/cli/targets.ts", "src/engine/wait_test.ts"],
  },
  {
    rule: "words",
    file: "src/api/proxy.ts",
    bad: "new Failure(why, { code, hint: `set ${name}` });",
    good: "new Failure(why, { code, hint, advice });",
  },
  {
    rule: "words",
    file: "src/project/settings.ts",
    bad: `const HINT = "log in: vers login --token -";`,
    good: `const why = "vers may not use files there";`,
  },
  {
    rule: "words",
    file: "src/engine/settle.ts",
    bad: "const line = `to see it: vers jobs get ${id}`;",
    good: "const userAgent = `vers/${VERSION}`;",
  },
  {
    rule: "words",
    file: "src/engine/run_work.ts",
    bad: `const advice = "leave out --resume-job";`,
    good: `const dashes = "--"; const why = "a -- b";`,
  },
  {
    rule: "using",
    file: "src/ledger/file/file_ledger.ts",
    bad: `using _lock = await acquire(); _lock.writeHolder(now);`,
    good:
      `const lock = await acquire(); using _held = lock; lock.writeHolder(now);`,
  },
];

for (const { rule, and, file, bad, good, allowedIn = [] } of CASES) {
  Deno.test(`vers/${rule} reports ${bad} in ${file}`, () => {
    const rules = and === undefined ? [rule] : [rule, and];
    deepStrictEqual(
      rulesThatReport(file, bad),
      rules.map((name) => `vers/${name}`).sort(),
    );
    if (good !== "") deepStrictEqual(rulesThatReport(file, good), []);
    for (const place of allowedIn) {
      deepStrictEqual(rulesThatReport(place, bad), [], place);
    }
  });
}

Deno.test("every rule of the plugin has a case that it reports", () => {
  const covered = new Set(CASES.map(({ rule }) => rule));
  deepStrictEqual(
    Object.keys(plugin.rules).filter((rule) => !covered.has(rule)),
    [],
  );
});

Deno.test("MAY_IMPORT leads no folder back to itself", () => {
  const done = new Set<string>();
  function visit(folder: string, way: readonly string[]) {
    ok(!way.includes(folder), [...way, folder].join(" → "));
    if (done.has(folder)) return;
    for (const next of MAY_IMPORT[folder] ?? []) visit(next, [...way, folder]);
    done.add(folder);
  }
  for (const folder of Object.keys(MAY_IMPORT)) visit(folder, []);
});

Deno.test("MAY_IMPORT and MAY_USE name the folders that src has", () => {
  const src = new URL("../../src/", import.meta.url);
  const folders = [...Deno.readDirSync(src)]
    .filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
  deepStrictEqual(Object.keys(MAY_IMPORT).sort(), folders);
  deepStrictEqual(Object.keys(MAY_USE).sort(), folders);
});

Deno.test("sourcePath() finds a file of this project by its whole name", () => {
  const file = new URL("../../src/job/job.ts", import.meta.url);
  const path = decodeURIComponent(file.pathname);
  strictEqual(sourcePath(path), "src/job/job.ts");
  strictEqual(sourcePath("src\\job\\job.ts"), "src/job/job.ts");
});

Deno.test("deno lint with this project's settings fails on each of them", async () => {
  // On macOS the temporary folder is behind a link.
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await copyProject(folder);
    const before = await lint(folder);
    strictEqual(before.code, 0, before.text);
    await Deno.writeTextFile(
      `${folder}/src/job/planted.ts`,
      `import "../ledger/ledger.ts";\nconsole.log(Deno.env);\n`,
    );
    const after = await lint(folder);
    strictEqual(after.code, 1, after.text);
    for (const rule of [/vers\/layers/, /vers\/environment/, /no-console/]) {
      match(after.text, rule);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Returns the rules that have something to say, each once. */
function rulesThatReport(file: string, source: string): string[] {
  const diagnostics = Deno.lint.runPlugin(plugin, file, source);
  return [...new Set(diagnostics.map(({ id }) => id))].sort();
}

async function copyProject(folder: string): Promise<void> {
  const root = new URL("../../", import.meta.url);
  await Deno.mkdir(`${folder}/tests/lint`, { recursive: true });
  await Deno.mkdir(`${folder}/src/job`, { recursive: true });
  for (const name of ["deno.json", "src/clock.ts"]) {
    await Deno.copyFile(new URL(name, root), `${folder}/${name}`);
  }
  for await (const { name } of Deno.readDir(new URL("tests/lint", root))) {
    if (name.endsWith("_test.ts")) continue;
    const from = new URL(`tests/lint/${name}`, root);
    await Deno.copyFile(from, `${folder}/tests/lint/${name}`);
  }
}

async function lint(folder: string): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["lint", "--quiet"],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
