import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { startForwardProxy } from "../helpers/forward_proxy.ts";
import { type Need, needing } from "../helpers/machine.ts";
import { type Program, startProgram } from "../helpers/program.ts";
import { programCommand } from "../helpers/program_command.ts";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import { startSimulator } from "../helpers/simulator_process.ts";

/** How a permission is shown to be needed. */
interface Proof {
  /** What it takes to show it. */
  readonly needs?: readonly Need[];
  /** Whether a command does all it should, started with these flags. */
  readonly holds: (flags: readonly string[]) => Promise<boolean>;
}

/** What each permission of the set is there for. */
const PROOFS: Record<string, Proof> = {
  "read": { holds: keepsJob },
  "write": { holds: keepsJob },
  "net": { holds: keepsJob },
  "sys=uid": {
    needs: ["root"],
    holds: leavesLedgerToItsUser,
  },
  "env=VERS_*": { holds: keepsJob },
  "env=HOME": { needs: ["posix"], holds: keepsJob },
  "env=USERPROFILE": { needs: ["windows"], holds: keepsJob },
  "env=TERM": {
    needs: ["terminal"],
    holds: leavesDumbTerminalAlone,
  },
  ...Object.fromEntries(
    ["HTTPS", "HTTP", "ALL", "NO"].flatMap((kind) => [
      [`env=${kind}_PROXY`, { holds: namesProxy }],
      [`env=${kind.toLowerCase()}_proxy`, {
        // On Windows the two are one.
        needs: ["posix"],
        holds: namesProxy,
      }],
    ]),
  ),
  "env=REQUEST_METHOD": { holds: namesProxy },
  "env=DENO_CERT": { holds: refuses({ DENO_CERT: "deno.json" }) },
  "env=DENO_TLS_CA_STORE": { holds: refuses({ DENO_TLS_CA_STORE: "Mozilla" }) },
  "env=COLUMNS": {
    needs: ["terminal", "tool:stty"],
    holds: fitsTerminal,
  },
};

Deno.test("the permission set has nothing that is not shown to be needed", () => {
  deepStrictEqual(permissions().sort(), Object.keys(PROOFS).sort());
});

Deno.test("the permission set lets the program start nothing and load nothing", () => {
  const names = Object.keys(config.permissions.default);
  deepStrictEqual(names.sort(), ["env", "net", "read", "sys", "write"]);
});

for (const [permission, { needs = [], holds }] of Object.entries(PROOFS)) {
  Deno.test({
    ...needing(
      ["source", ...needs],
      `the program needs the permission ${permission}`,
    ),
    async fn() {
      ok(await holds(flagsOf(permissions())), "It fails with the whole set");
      const others = permissions().filter((one) => one !== permission);
      strictEqual(await holds(flagsOf(others)), false);
    },
  });
}

/** Returns the set's permissions, each as a flag would name it. */
function permissions(): string[] {
  return Object.entries(config.permissions.default).flatMap((
    [name, allowed],
  ) =>
    allowed === true
      ? [name]
      : Object.values(allowed).map((value) => `${name}=${value}`)
  );
}

/** Returns one flag for each name: Deno takes none of them twice. */
function flagsOf(permissions: readonly string[]): string[] {
  const values = new Map<string, string[]>();
  for (const permission of permissions) {
    const [name = "", value] = permission.split("=");
    values.set(name, [...values.get(name) ?? [], ...value ? [value] : []]);
  }
  return [...values].map(([name, listed]) =>
    listed.length === 0
      ? `--allow-${name}`
      : `--allow-${name}=${listed.join(",")}`
  );
}

/** Whether a job is waited for, journaled and named, without a warning. */
async function keepsJob(flags: readonly string[]): Promise<boolean> {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "0"]);
  const program = await start(sandbox, commandWith(flags), RUN);
  const { code, stderr } = await program.done;
  return code === 0 && !stderr.includes("warning") &&
    sandbox.ledgerLines().length === 4;
}

/** Whether what root makes in a user's home is the user's. */
async function leavesLedgerToItsUser(
  flags: readonly string[],
): Promise<boolean> {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "0"]);
  await Deno.mkdir(`${sandbox.home}/.vers`);
  await Deno.chown(`${sandbox.home}/.vers`, 12345, 12345);
  const { code } = await (await start(sandbox, commandWith(flags), RUN)).done;
  strictEqual(code, 0);
  return Deno.statSync(`${sandbox.home}/.vers/jobs.jsonl`).uid === 12345;
}

/** Whether a terminal that says it is dumb gets no control sequences. */
async function leavesDumbTerminalAlone(
  flags: readonly string[],
): Promise<boolean> {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "700"]);
  sandbox.env.TERM = "dumb";
  return !(await onTerminal(sandbox, flags)).includes("\x1b[");
}

/** Whether a terminal that is wide, and does not tell it, gets whole lines. */
async function fitsTerminal(flags: readonly string[]): Promise<boolean> {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "700"]);
  Object.assign(sandbox.env, { TERM: "xterm", COLUMNS: "200" });
  const seen = await onTerminal(sandbox, flags, "stty cols 0 && ");
  ok(seen.includes("next look") || seen.includes("…"), seen);
  return !seen.includes("…");
}

/** Waits for a job on a terminal, and returns all that came to it. */
async function onTerminal(
  sandbox: Sandbox,
  flags: readonly string[],
  before = "",
): Promise<string> {
  const line = [...commandWith(flags), ...RUN].map((word) => `'${word}'`);
  const words = ["script", "-qec", before + line.join(" "), "/dev/null"];
  const { code, stdout, stderr } = await (await start(sandbox, words, [])).done;
  strictEqual(code, 0, stdout + stderr);
  return stdout;
}

/**
 * Whether an error of a connection names the proxy that it was to go through.
 * Where one variable cannot be read, none is believed.
 */
async function namesProxy(flags: readonly string[]): Promise<boolean> {
  await using sandbox = await Sandbox.create();
  await using proxy = startForwardProxy();
  sandbox.env.VERS_URL = "https://vers.test";
  sandbox.env.VERS_API_KEY = "key";
  sandbox.env.HTTPS_PROXY = proxy.url;
  const { stderr } =
    await (await start(sandbox, commandWith(flags), ["status"])).done;
  return stderr.includes(`through the proxy ${proxy.url} of HTTPS_PROXY`);
}

/** Whether a setting of the runtime's that cannot be followed is named. */
function refuses(env: Readonly<Record<string, string>>): Proof["holds"] {
  return async (flags) => {
    await using sandbox = await Sandbox.create();
    await startSimulator(sandbox);
    await Deno.writeTextFile(`${sandbox.project}/deno.json`, "{}");
    Object.assign(sandbox.env, env);
    const { stderr } =
      await (await start(sandbox, commandWith(flags), ["status"])).done;
    return stderr.includes(`Cannot use ${Object.keys(env)}`);
  };
}

/** Returns the program's command, with other permissions. */
function commandWith(flags: readonly string[]): string[] {
  const { executable, args } = programCommand();
  const [run = "", ...rest] = args.filter((arg) =>
    !arg.startsWith("--allow-") && arg !== "--permission-set"
  );
  return [executable, run, ...flags, ...rest];
}

function start(
  sandbox: Sandbox,
  [executable = "", ...before]: readonly string[],
  args: readonly string[],
): Promise<Program> {
  return startProgram(args, {
    cwd: sandbox.project,
    env: { ...sandbox.env, PATH: "/usr/bin:/bin", SHELL: "/bin/sh" },
    command: { executable, args: before },
  });
}
