import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { needing } from "../helpers/machine.ts";
import { runInShell, Sandbox } from "../helpers/sandbox.ts";
import { addVm } from "../helpers/service.ts";
import { startSimulator } from "../helpers/simulator_process.ts";
import { errorOf } from "../helpers/program.ts";

const TLS = new URL("../testdata/tls/", import.meta.url);
const ANY_KEY = `00000000-0000-4000-8000-000000000001${"51".repeat(32)}`;

Deno.test("a certificate that is not trusted: the hint says how to trust it, and that helps", async () => {
  await using sandbox = await Sandbox.create();
  await using server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    cert: await Deno.readTextFile(new URL("cert.pem", TLS)),
    key: await Deno.readTextFile(new URL("key.pem", TLS)),
    onListen: () => {},
  }, () => Response.json([]));
  sandbox.env.VERS_URL = `https://127.0.0.1:${server.addr.port}`;
  sandbox.env.VERS_API_KEY = ANY_KEY;
  const error = errorOf(await sandbox.run(["status"]));
  deepStrictEqual([error.code, error.exit_code], ["not_sent", 1]);
  match(error.message, /certificate/);
  match(error.hint, /DENO_TLS_CA_STORE=system/);
  match(error.hint, /DENO_CERT=/);

  const path = decodeURIComponent(new URL("cert.pem", TLS).pathname);
  const env = { DENO_CERT: path.replace(/^\/([A-Za-z]:)/, "$1") };
  const trusted = await sandbox.run(["status"], { env });
  deepStrictEqual([trusted.code, trusted.stdout], [0, "[]\n"], trusted.stderr);
});

Deno.test("--verbose traces each request on stderr, and never the key", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const quiet = await sandbox.run(["status"]);
  deepStrictEqual([quiet.stdout, quiet.stderr], ["[]\n", ""]);
  for (
    const [args, env] of [
      [["status", "--verbose"], {}],
      [["-V", "status"], {}],
      [["status"], { VERS_VERBOSE: "1" }],
    ] as const
  ) {
    const { code, stdout, stderr } = await sandbox.run(args, { env });
    deepStrictEqual([code, stdout], [0, "[]\n"]);
    match(
      stderr,
      /^trace: GET \/api\/v1\/vms 200 in \d+ ms \(request [0-9a-f-]{36}\)\n$/,
    );
    strictEqual(stderr.includes(simulator.apiKey.slice(36)), false);
    const { headers } = (await simulator.requests()).at(-1) ?? {};
    ok(stderr.includes(headers?.["x-request-id"] ?? "none"));
  }
});

Deno.test("every error of the service names the request, in JSON and in text", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const vm = await addVm(simulator);
  for (
    const fault of [
      { type: "answer", when: "before", status: 500, text: "no" },
      { type: "answer", when: "before", status: 403, text: "no" },
      { type: "answer", when: "before", status: 200, text: "no JSON" },
      { type: "drop", when: "before" },
    ] as const
  ) {
    for (const format of ["json", "text"]) {
      await simulator.addFault({
        operation: "status",
        times: 1,
        faults: [fault],
      });
      const args = ["status", vm, "--output", format];
      const result = await sandbox.run(args);
      const { headers } = (await simulator.requests()).at(-1) ?? {};
      const id = headers?.["x-request-id"];
      strictEqual(typeof id, "string");
      if (format === "json") strictEqual(errorOf(result).request_id, id);
      else match(result.stderr, new RegExp(`^request: ${id}`, "m"));
      strictEqual(result.stdout, "");
    }
  }
});

Deno.test("a mistyped command or flag is answered with the one that was meant", async () => {
  await using sandbox = await Sandbox.create();
  for (
    const [args, meant] of [
      [["rnu"], /did you mean vers run\?/],
      [["jobs", "lst"], /did you mean vers jobs list\?/],
      [["run", "--wiat"], /did you mean --wait\?/],
      [["run", "--vm_alias", "x"], /did you mean --vm-alias\?/],
      [["run", "--output", "jsn"], /--output json/],
    ] as const
  ) {
    const error = errorOf(await sandbox.run([...args, "--output=json"]));
    strictEqual(error.exit_code, 5);
    match(`${error.message} ${error.hint}`, meant);
  }
  deepStrictEqual([...Deno.readDirSync(sandbox.home)], []);
});

const ESCAPE = "\x1b";

/** Runs a waiting command on a terminal of its own, 30 columns wide. */
async function onTerminal(env: Readonly<Record<string, string>>) {
  await using sandbox = await Sandbox.create();
  const settings = Object.entries(env).map(([name, value]) =>
    `${name}=${value}`
  );
  const result = await runInShell(
    sandbox,
    `export ${settings.join(" ")}; ` +
      `script -qec "stty cols 30; $VERS run --wait --local -N my-vm ` +
      `--mem-size 1 --vcpu-count 1 --fs-size-vm 1 --rootfs a --kernel b" ` +
      `/dev/null`,
  );
  strictEqual(result.code, 0, result.stdout);
  match(result.stdout, /VM '[0-9a-f-]{36}' started successfully\./);
  return result.stdout;
}

Deno.test({
  ...needing(
    ["terminal"],
    "on a terminal a wait shows one live line, as wide as there is room",
  ),
  async fn() {
    const text = await onTerminal({ TERM: "xterm-256color", NO_COLOR: "1" });
    const live = text.split(`\r${ESCAPE}[K`).slice(1, -1);
    ok(live.length >= 3, text);
    ok(live.some((line) => line.startsWith("job job_")), text);
    for (const line of live) ok([...line].length < 30, line);
    // The line is taken away, and nothing is coloured.
    const escapes = text.split(ESCAPE).slice(1);
    deepStrictEqual(
      new Set(escapes.map((each) => each.slice(0, 2))),
      new Set(["[K"]),
    );
  },
});

Deno.test({
  ...needing(
    ["terminal"],
    "on a dumb terminal a wait shows no live line and no escapes",
  ),
  async fn() {
    const text = await onTerminal({ TERM: "dumb" });
    strictEqual(text.includes(ESCAPE), false);
  },
});
