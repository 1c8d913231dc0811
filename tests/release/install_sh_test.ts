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
  PACKED,
} from "../helpers/installation.ts";
import {
  DOWNLOADERS,
  findTool,
  type Need,
  testNeeding,
} from "../helpers/machine.ts";
import { ROOT } from "./root.ts";

/** Defines a test of install.sh alone, which may need tools. */
function shellTest(
  name: string,
  fn: (installation: Installation) => Promise<void>,
  needs: readonly Need[] = [],
): void {
  testNeeding(["posix", ...needs], name, async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    await fn(installation);
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
    const found = findTool(command);
    if (found) await Deno.symlink(found, `${folder}/${command}`);
  }
  for (const [command, script] of Object.entries(scripts)) {
    await Deno.writeTextFile(`${folder}/${command}`, `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
  }
  return folder;
}

const CHECKSUM_TOOLS = ["sha256sum", "shasum", "openssl"];

for (const downloader of DOWNLOADERS) {
  shellTest(
    `install.sh needs ${downloader} and a few tools, and nothing else`,
    async (installation) => {
      const [sums = ""] = CHECKSUM_TOOLS.filter(findTool);
      const PATH = await pathOf(installation, [...TOOLS, downloader, sums]);
      installation.host.moved = "/moved";
      const { code, stderr } = await installation.install({ PATH });
      strictEqual(code, 0, stderr);
      deepStrictEqual(installation.program(), bytesOf("0.2.0"));
      const older = { PATH, VERS_VERSION: "0.1.0" };
      for (
        const spoil of [
          { cut: PACKED },
          { status: 404 },
          { location: "file:///etc/passwd" },
        ]
      ) {
        Object.assign(installation.host, spoil);
        const { code, stderr } = await installation.install(older);
        strictEqual(code, 1);
        match(stderr, new RegExp(`^error: .*: ${downloader} ended with`, "m"));
        deepStrictEqual(installation.program(), bytesOf("0.2.0"));
        Object.assign(installation.host, { cut: undefined, status: undefined });
      }
    },
    [`tool:${downloader}`],
  );
}

for (const downloader of DOWNLOADERS) {
  shellTest(
    `install.sh by ${downloader} does not follow from https:// to http://`,
    async (installation) => {
      const { host, home } = installation;
      const { server, asked, env } = await secured(home, host.url);
      await using _server = server;
      const [sums = ""] = CHECKSUM_TOOLS.filter(findTool);
      const PATH = await pathOf(installation, [...TOOLS, downloader, sums]);
      const { code, stderr } = await installation.install({ ...env, PATH });
      strictEqual(code, 1);
      match(stderr, new RegExp(`^error: .*: ${downloader} ended with`, "m"));
      deepStrictEqual(host.asked, []);
      strictEqual(installation.program(), undefined);
      // It is for that reason alone: the host itself is trusted.
      deepStrictEqual(asked, ["/releases/latest/download/SHA256SUMS"]);
    },
    [`tool:${downloader}`],
  );
}

/** Returns a host that is trusted with `env`, and leads to another one. */
async function secured(home: string, to: string) {
  const tls = new URL("../testdata/tls/", import.meta.url);
  const cert = await Deno.readTextFile(new URL("cert.pem", tls));
  const key = await Deno.readTextFile(new URL("key.pem", tls));
  const asked: string[] = [];
  const options = { cert, key, hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, ({ url }) => {
    const path = new URL(url).pathname;
    asked.push(path);
    const location = to + path.replace("/releases", "");
    return new Response(null, { status: 302, headers: { location } });
  });
  await Deno.writeTextFile(`${home}/.cert.pem`, cert);
  await Deno.writeTextFile(
    `${home}/.wgetrc`,
    `ca_certificate = ${home}/.cert.pem\n`,
  );
  return {
    server,
    asked,
    env: {
      VERS_RELEASES_URL: `https://127.0.0.1:${server.addr.port}/releases`,
      CURL_CA_BUNDLE: `${home}/.cert.pem`,
      NODE_EXTRA_CA_CERTS: `${home}/.cert.pem`,
      SSL_CERT_FILE: `${home}/.cert.pem`,
    },
  };
}

shellTest(
  "install.sh downloads by python3 where node is too old to have fetch",
  async (installation) => {
    const [sums = ""] = CHECKSUM_TOOLS.filter(findTool);
    const PATH = await pathOf(installation, [...TOOLS, "python3", sums], {
      node: "exit 1",
    });
    const { code, stderr } = await installation.install({ PATH });
    strictEqual(code, 0, stderr);
  },
  ["tool:python3"],
);

for (
  const { name, leaveOut, scripts = {}, why } of [
    {
      name: "there is nothing to download by",
      leaveOut: [...DOWNLOADERS],
      why:
        /there is no curl, wget, node \(18 or later\) or python3\nhint: .*apt-get/,
    },
    {
      name: "checksums cannot be computed",
      leaveOut: [...CHECKSUM_TOOLS, ...DOWNLOADERS],
      scripts: { curl: "exit 1" },
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
      const tools = [...TOOLS, ...DOWNLOADERS, ...CHECKSUM_TOOLS, "ldd"]
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
    const script = await Deno.readTextFile(`${ROOT}install/install.sh`);
    const { code, stderr } = await installation.install({}, { script });
    strictEqual(code, 0, stderr);
    deepStrictEqual(installation.program(), bytesOf("0.2.0"));
  },
  ["downloader"],
);

shellTest(
  "install.sh that is cut off in a pipe does nothing",
  async (installation) => {
    const script = await Deno.readTextFile(`${ROOT}install/install.sh`);
    for (const part of [0.3, 0.6, 0.9, 1 - 3 / script.length]) {
      const cut = script.slice(0, script.length * part);
      await installation.install({}, { script: cut });
      deepStrictEqual(installation.names(), []);
    }
    deepStrictEqual(installation.host.asked, []);
  },
);
