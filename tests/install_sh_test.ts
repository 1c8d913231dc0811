import {
  deepStrictEqual,
  match,
  notStrictEqual,
  strictEqual,
} from "node:assert/strict";
import {
  assertRefused,
  bytesOf,
  Installation,
  IS_WINDOWS,
  PACKED,
} from "./helpers/installation.ts";
import { ROOT } from "./release/root.ts";

/** Defines a test of install.sh alone. */
function shellTest(
  name: string,
  fn: (installation: Installation) => Promise<void>,
): void {
  Deno.test({
    name: IS_WINDOWS ? `${name} (skipped: Windows has install.ps1)` : name,
    ignore: IS_WINDOWS,
    async fn() {
      const installation = await Installation.prepare();
      await using _installation = installation;
      await fn(installation);
    },
  });
}

/** What install.sh may use, besides what downloads and verifies. */
const TOOLS = ["cat", "chmod", "gzip", "mkdir", "mv", "rm", "sh", "uname"];

/** Returns a PATH on which there are these commands and no others. */
async function pathOf(
  { home }: Installation,
  commands: readonly string[],
  scripts: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = `${home}/.path`;
  await Deno.mkdir(folder);
  for (const command of commands) {
    const found = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
      .map((place) => `${place}/${command}`)
      .find(exists);
    if (found) await Deno.symlink(found, `${folder}/${command}`);
  }
  for (const [command, script] of Object.entries(scripts)) {
    await Deno.writeTextFile(`${folder}/${command}`, `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
  }
  return folder;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

const CHECKSUM_TOOL = exists("/usr/bin/sha256sum") ? "sha256sum" : "shasum";

for (const downloader of ["curl", "wget"]) {
  const isThere = exists(`/usr/bin/${downloader}`);
  Deno.test({
    name: isThere || IS_WINDOWS
      ? `install.sh needs ${downloader} and a few tools, and nothing else`
      : `install.sh needs ${downloader} (skipped: it is not here)`,
    ignore: !isThere || IS_WINDOWS,
    async fn() {
      const installation = await Installation.prepare();
      await using _installation = installation;
      const tools = [...TOOLS, downloader, CHECKSUM_TOOL];
      const PATH = await pathOf(installation, tools);
      const { code, stderr } = await installation.install({ PATH });
      strictEqual(code, 0, stderr);
      deepStrictEqual(installation.program(), bytesOf("0.2.0"));
      installation.host.cut = PACKED;
      const cut = await installation.install({
        PATH,
        VERS_VERSION: "0.1.0",
      });
      match(cut.stderr, new RegExp(`: ${downloader} ended with \\d+`));
      deepStrictEqual(installation.program(), bytesOf("0.2.0"));
    },
  });
}

for (
  const { name, leaveOut, scripts = {}, why } of [
    {
      name: "there is neither curl nor wget",
      leaveOut: ["curl", "wget"],
      why: /Cannot download: there is neither curl nor wget/,
    },
    {
      name: "checksums cannot be computed",
      leaveOut: ["sha256sum", "shasum", "openssl"],
      why: /Cannot verify a download: there is no sha256sum, shasum or openssl/,
    },
    {
      name: "the C library is musl",
      leaveOut: ["uname", "ldd"],
      scripts: {
        uname: "case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac",
        ldd: 'echo "musl libc (x86_64)" >&2; exit 1',
      },
      why: /vers needs glibc, and its C library is musl\nhint: .*apk add deno/s,
    },
    {
      name: "there is no loader for its programs",
      leaveOut: ["uname", "ldd"],
      scripts: {
        uname: `case $1 in -s) echo Linux ;; *) echo ${otherCpu()} ;; esac`,
      },
      why: /vers needs glibc, and there is no \/lib\S+ld-linux-/,
    },
    {
      name: "there is no vers for the system",
      leaveOut: ["uname"],
      scripts: {
        uname: "case $1 in -s) echo SunOS ;; *) echo sun4v ;; esac",
      },
      why: /Cannot install on SunOS sun4v: there is no vers for it/,
    },
    {
      name: "there is no vers for the processor",
      leaveOut: ["uname"],
      scripts: {
        uname: "case $1 in -s) echo Linux ;; *) echo riscv64 ;; esac",
      },
      why: /Cannot install on Linux riscv64: there is no vers for it/,
    },
    {
      name: "it is Windows",
      leaveOut: ["uname"],
      scripts: { uname: "echo MINGW64_NT-10.0" },
      why: /Cannot install on Windows with this script\nhint: .*install\.ps1/s,
    },
  ]
) {
  shellTest(
    `install.sh installs nothing where ${name}`,
    async (installation) => {
      const tools = [...TOOLS, "curl", "wget", "sha256sum", "shasum", "ldd"]
        .filter((tool) => !leaveOut.includes(tool));
      const PATH = await pathOf(installation, tools, scripts);
      const result = await installation.install({ PATH });
      notStrictEqual(result.code, 0);
      match(result.stderr, why);
      strictEqual(installation.program(), undefined);
      deepStrictEqual(installation.host.asked, []);
    },
  );
}

/** A processor that vers is there for, and this machine has not. */
function otherCpu(): string {
  return Deno.build.arch === "x86_64" ? "aarch64" : "x86_64";
}

shellTest(
  "install.sh says what to do where HOME is not set",
  async (installation) => {
    delete installation.env.HOME;
    const result = await installation.install();
    assertRefused(installation, result, /Cannot install: HOME is not set/);
    match(result.stderr, /VERS_INSTALL_DIR=/);
  },
);

for (
  const [folder, place] of [
    ["~/bin", "bin"],
    ["~/bin/ ", "bin/"],
    ["", ".local/bin"],
  ] as const
) {
  shellTest(
    `install.sh takes VERS_INSTALL_DIR="${folder}" for ~/${place}`,
    async (installation) => {
      const env = { VERS_INSTALL_DIR: folder };
      const { code, stdout, stderr } = await installation.install(env);
      strictEqual(code, 0, stderr);
      match(stdout, new RegExp(`: ${installation.home}/${place}/?vers\n`));
    },
  );
}

for (const folder of ["'~/bin'", "$HOME/bin", "~", "~ada/bin", '"bin"']) {
  shellTest(
    `install.sh makes no folder of the name ${folder}`,
    async (installation) => {
      const result = await installation.install({ VERS_INSTALL_DIR: folder });
      assertRefused(installation, result, /Cannot use VERS_INSTALL_DIR/);
      match(result.stderr, /VERS_INSTALL_DIR=\//);
    },
  );
}

shellTest(
  "install.sh installs to no home that is relative",
  async (installation) => {
    const result = await installation.install({ HOME: "home" });
    assertRefused(installation, result, /HOME is no absolute path/);
  },
);

shellTest(
  "install.sh installs when a shell reads it from a pipe",
  async (installation) => {
    const script = await Deno.readTextFile(`${ROOT}install.sh`);
    const { code, stderr } = await installation.install({}, { script });
    strictEqual(code, 0, stderr);
    deepStrictEqual(installation.program(), bytesOf("0.2.0"));
  },
);

shellTest(
  "install.sh that is cut off in a pipe does nothing",
  async (installation) => {
    const script = await Deno.readTextFile(`${ROOT}install.sh`);
    for (const part of [0.3, 0.6, 0.9, 1 - 3 / script.length]) {
      const cut = script.slice(0, script.length * part);
      await installation.install({}, { script: cut });
      deepStrictEqual(installation.names(), []);
    }
    deepStrictEqual(installation.host.asked, []);
  },
);
