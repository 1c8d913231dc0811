import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import { ReleaseFolder } from "../../../tests/helpers/release_folder.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";
import { Failure } from "../../failure.ts";
import { ROUTES } from "../app.ts";
import type { JsonObject } from "../../json.ts";
import type { CommandInput } from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { parseCommandLine } from "../command_line/parse.ts";
import { Progress } from "../output/progress.ts";
import { type command, type RunningProgram, upgrade } from "./upgrade.ts";

const TARGET = "x86_64-unknown-linux-gnu";
const OLD = "the old program";
const NEW = "the new program";

/** A program in a folder of its own, and a host that has a newer one. */
async function upgrading(options: {
  readonly target?: string;
  readonly args?: readonly string[];
  readonly isExecutable?: boolean;
  readonly current?: string;
  readonly spoil?: (host: ReleaseFolder, folder: string) => void;
}) {
  const { target = TARGET, args = [] } = options;
  const { isExecutable = true, current = "0.1.0" } = options;
  const host = await ReleaseFolder.serve();
  await using _host = host;
  await host.add("0.2.0", { [target]: NEW });
  await host.add("0.1.0", { [target]: OLD });
  host.latest = "0.2.0";
  const folder = await Deno.makeTempDir();
  const path = `${folder}/vers`;
  await Deno.writeTextFile(path, OLD, { mode: 0o755 });
  options.spoil?.(host, folder);
  await using context = await testContext({
    env: { VERS_RELEASES_URL: host.url },
  });
  const program: RunningProgram = {
    version: current,
    isExecutable,
    path: () => path,
    target,
  };
  try {
    const input = await inputFor(args, context);
    let result: JsonObject = {};
    const error = await upgrade(input, {
      ...context,
      transport: () => Promise.resolve(host.transport),
    }, program).then((said) => {
      result = said.result;
    }, (error) => error);
    const there = await Deno.readTextFile(path);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    return {
      error: error instanceof Failure ? error : undefined,
      result,
      there,
      names,
      mode: (await Deno.stat(path)).mode ?? 0,
      asked: host.asked,
    };
  } finally {
    await Deno.chmod(folder, 0o700);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns what the command is given for a command line. */
async function inputFor(
  words: readonly string[],
  context: Context,
): Promise<CommandInput<typeof command.flags>> {
  const routes = ROUTES;
  const request = await parseCommandLine(["upgrade", ...words], {
    routes,
    context,
  });
  if (request.type !== "command") throw new Error("It is no command");
  const { args, invocation } = request;
  const flags = { check: words.includes("--check") };
  const progress = new Progress(context);
  return { flags, args, invocation, progress, routes: new Map() };
}

Deno.test("vers upgrade puts the latest release in the program's place", async () => {
  const { result, there, names, mode } = await upgrading({});
  const { path, ...rest } = result;
  deepStrictEqual(rest, {
    status: "upgraded",
    version: "0.1.0",
    release: "0.2.0",
  });
  match(String(path), /\/vers$/);
  deepStrictEqual([there, names], [NEW, ["vers"]]);
  if (Deno.build.os !== "windows") strictEqual(mode & 0o777, 0o755);
});

Deno.test("vers upgrade on Windows sets the running program aside", async () => {
  const target = "x86_64-pc-windows-msvc";
  const { there, names } = await upgrading({ target });
  deepStrictEqual([there, names], [NEW, ["vers", "vers.old"]]);
});

Deno.test("vers upgrade --check changes nothing, and downloads no program", async () => {
  const { result, there, asked } = await upgrading({ args: ["--check"] });
  deepStrictEqual(result, {
    status: "available",
    version: "0.1.0",
    release: "0.2.0",
  });
  strictEqual(there, OLD);
  deepStrictEqual(asked, ["latest/download/SHA256SUMS"]);
});

for (const current of ["0.2.0", "0.3.0"]) {
  Deno.test(`vers upgrade of ${current} leaves it where 0.2.0 is the latest`, async () => {
    const { result, there } = await upgrading({ current });
    deepStrictEqual([result.status, there], ["current", OLD]);
  });
}

Deno.test("vers upgrade 0.1.0 goes back to what is named", async () => {
  const { result, asked } = await upgrading({
    args: ["v0.1.0"],
    current: "0.2.0",
  });
  deepStrictEqual([result.status, result.release], ["upgraded", "0.1.0"]);
  strictEqual(asked[0], "download/v0.1.0/SHA256SUMS");
});

for (
  const { name, spoil, code, message, retryable = false } of [
    {
      name: "another file than its checksum says",
      spoil: (host: ReleaseFolder) =>
        host.files.set(`download/v0.2.0/vers-${TARGET}.gz`, bytes("other")),
      code: "general",
      message: /its SHA-256 is [0-9a-f]{64}, and SHA256SUMS says [0-9a-f]{64}/,
    },
    {
      name: "an answer that is cut off",
      spoil: (host: ReleaseFolder) => {
        host.cut = `vers-${TARGET}.gz`;
      },
      code: "unreachable",
      message: /the connection broke before all of it was there/,
      retryable: true,
    },
    {
      name: "no program for this system",
      spoil: (host: ReleaseFolder) => {
        host.latest = "0.0.9";
        host.files.set(
          "latest/download/SHA256SUMS",
          bytes(`${"0".repeat(64)}  vers-0.9.0-aarch64-apple-darwin.tar.gz\n`),
        );
      },
      code: "not_found",
      message: /"vers-x86_64-unknown-linux-gnu\.gz" in release 0\.9\.0/,
    },
    {
      name: "a page that is no list of checksums",
      spoil: (host: ReleaseFolder) => {
        host.files.set("latest/download/SHA256SUMS", bytes("<html>"));
      },
      code: "general",
      message: /its SHA256SUMS is not that of a release/,
    },
    {
      name: "an error of the host",
      spoil: (host: ReleaseFolder) => {
        host.status = 503;
      },
      code: "server_error",
      message: /the host answered 503/,
      retryable: true,
    },
    {
      name: "a redirection to another machine without encryption",
      spoil: (host: ReleaseFolder) => {
        host.location = "http://example.com/vers";
      },
      code: "general",
      message: /it points to http:\/\/example\.com/,
    },
  ]
) {
  Deno.test(`vers upgrade keeps the old program when there is ${name}`, async () => {
    const { error, there, names } = await upgrading({ spoil });
    ok(error);
    match(error.message, message);
    deepStrictEqual([error.code, error.retryable], [code, retryable]);
    deepStrictEqual([there, names], [OLD, ["vers"]]);
  });
}

Deno.test("vers upgrade keeps the old program when it cannot be replaced", async () => {
  const { error, there, names } = await upgrading({
    target: "x86_64-pc-windows-msvc",
    // The old program cannot be moved to where something else is.
    spoil: (_, folder) =>
      Deno.mkdirSync(`${folder}/vers.old/in-the-way`, {
        recursive: true,
      }),
  });
  match(error?.message ?? "", /^Cannot put the new program at ".*vers": /);
  match(error?.hint ?? "", /the old one is still there/);
  deepStrictEqual([there, names], [OLD, ["vers", "vers.old"]]);
});

Deno.test("vers upgrade to a release that is not there says so", async () => {
  const { error } = await upgrading({ args: ["9.9.9"] });
  deepStrictEqual(error?.code, "not_found");
  match(error?.message ?? "", /^Cannot find release 9\.9\.9 at http:\/\/127/);
});

Deno.test("vers upgrade follows redirections on the same machine", async () => {
  const { result } = await upgrading({
    spoil: (host) => {
      host.moved = "/moved";
    },
  });
  strictEqual(result.status, "upgraded");
});

Deno.test("vers upgrade of what Deno runs from a file says what to do", async () => {
  const { error, asked } = await upgrading({ isExecutable: false });
  match(error?.message ?? "", /^Cannot upgrade: this is vers run by Deno/);
  deepStrictEqual(asked, []);
  const { result } = await upgrading({
    isExecutable: false,
    args: ["--check"],
  });
  strictEqual(result.status, "available");
});

for (
  const { variable, args, message } of [
    {
      variable: "http://example.com/releases",
      args: ["upgrade", "--check"],
      message: "Cannot use VERS_RELEASES_URL: it is not an https:// URL",
    },
    ...["https://ada@h.test/r", "https://:secret@h.test/r"].map((variable) => ({
      variable,
      args: ["upgrade", "--check"],
      message: "Cannot use VERS_RELEASES_URL: it is not an https:// URL",
    })),
    {
      variable: "releases",
      args: ["upgrade", "--check"],
      message: "Cannot use VERS_RELEASES_URL: it is not an https:// URL",
    },
    {
      variable: "https://example.com/releases",
      args: ["upgrade", "latest"],
      message: "Cannot upgrade to that version: it must be three numbers, " +
        "as in 0.1.0",
    },
  ]
) {
  Deno.test(`vers ${args.join(" ")} with ${variable} is a mistake`, async () => {
    await using context = await testContext({
      env: { VERS_RELEASES_URL: variable },
    });
    strictEqual(await main(args, context), 5);
    const { error } = JSON.parse(context.err());
    strictEqual(error.message, message);
    match(error.hint, /vers upgrade/);
  });
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
