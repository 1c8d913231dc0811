import {
  deepStrictEqual,
  match,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { RELEASES_URL } from "../../src/api/release_host.ts";
import {
  assertRefused,
  bytesOf,
  EXECUTABLE,
  Installation,
  INSTALLER,
  IS_WINDOWS,
  PACKED,
} from "../helpers/installation.ts";
import { asOneOfMany, testNeeding } from "../helpers/machine.ts";
import type { ReleaseFolder } from "../helpers/release_folder.ts";
import { ROOT } from "./root.ts";

/** Defines a test of the installer for this system. */
function installerTest(name: string, fn: () => Promise<void>): void {
  testNeeding(["downloader"], name, fn);
}

installerTest(`${INSTALLER} installs the latest release`, async () => {
  const installation = await Installation.prepare();
  await using _installation = installation;
  const { code, stdout, stderr } = await installation.install();
  strictEqual(code, 0, stderr);
  match(stdout, /^vers 0\.2\.0 is installed: /);
  match(stdout, /to find it by its name: /);
  deepStrictEqual(installation.program(), bytesOf("0.2.0"));
  deepStrictEqual(installation.names(), [`.local/bin/${EXECUTABLE}`]);
  if (!IS_WINDOWS) {
    const { mode } = await Deno.stat(`${installation.folder}/vers`);
    strictEqual((mode ?? 0) & 0o777, 0o755);
  }
});

installerTest(`${INSTALLER} run twice changes nothing`, async () => {
  const installation = await Installation.prepare();
  await using _installation = installation;
  await installation.install();
  const path = `${installation.folder}/${EXECUTABLE}`;
  const before = await Deno.stat(path);
  installation.host.asked.length = 0;
  const { code, stdout } = await installation.install();
  deepStrictEqual([code, stdout.split(": ")[0]], [
    0,
    "vers 0.2.0 is installed already",
  ]);
  const after = await Deno.stat(path);
  deepStrictEqual([after.mtime, after.ino], [before.mtime, before.ino]);
  deepStrictEqual(installation.host.asked, ["latest/download/SHA256SUMS"]);
});

installerTest(
  `${INSTALLER} installs the release and to the folder that is named`,
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    const folder = `${installation.home}/a folder/bin`;
    const env = { VERS_INSTALL_DIR: folder, VERS_VERSION: "v0.1.0" };
    const { code, stderr } = await installation.install(env);
    strictEqual(code, 0, stderr);
    deepStrictEqual(installation.program(folder), bytesOf("0.1.0"));
    await installation.install({ ...env, VERS_VERSION: "0.2.0" });
    deepStrictEqual(installation.program(folder), bytesOf("0.2.0"));
    deepStrictEqual(installation.names(), [`a folder/bin/${EXECUTABLE}`]);
  },
);

installerTest(
  `${INSTALLER} says nothing of the PATH when the folder is in it`,
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    const separator = IS_WINDOWS ? ";" : ":";
    const folder = IS_WINDOWS
      ? installation.folder.replaceAll("/", "\\")
      : installation.folder;
    const path = `${installation.env.PATH}${separator}${folder}`;
    const { stdout } = await installation.install({ PATH: path });
    strictEqual(stdout.trimEnd().split("\n").length, 1);
  },
);

for (
  const { name, spoil, env = {}, why } of [
    {
      name: "a file with another checksum",
      spoil: ({ files }: ReleaseFolder) =>
        files.set(`download/v0.2.0/${PACKED}`, new Uint8Array([1, 2, 3])),
      why:
        /Cannot use .*: its SHA-256 is [0-9a-f]{64}, and SHA256SUMS says [0-9a-f]{64}/,
    },
    {
      name: "a download that is cut off",
      spoil: (host: ReleaseFolder) => {
        host.cut = PACKED;
      },
      why: IS_WINDOWS ? /Cannot (download|use) / : /Cannot download .*\.gz: /,
    },
    {
      name: "a list of checksums that is cut off before this platform's",
      spoil: ({ files }: ReleaseFolder) =>
        files.set("latest/download/SHA256SUMS", new Uint8Array()),
      why: /Cannot find vers for .* at http/,
    },
    {
      name: "a release that is not there",
      env: { VERS_VERSION: "9.9.9" },
      why: /Cannot download .*v9\.9\.9\/SHA256SUMS/,
    },
    {
      name: "another release than was named",
      env: { VERS_VERSION: "0.3.0" },
      spoil: ({ files }: ReleaseFolder) => {
        const sums = files.get("download/v0.2.0/SHA256SUMS");
        ok(sums);
        files.set("download/v0.3.0/SHA256SUMS", sums);
      },
      why: /Cannot install vers 0\.3\.0: what is there is 0\.2\.0/,
    },
    {
      name: "a version that is none",
      env: { VERS_VERSION: "../../0.1.0" },
      why: /Cannot use VERS_VERSION: /,
    },
    {
      name: "a host that is asked without encryption",
      env: { VERS_RELEASES_URL: "http://127.0.0.1:80@example.com/releases" },
      why: /Cannot use VERS_RELEASES_URL: it is not an https:\/\/ URL/,
    },
    {
      name: "a host that is no URL",
      env: { VERS_RELEASES_URL: "file:///tmp/releases" },
      why: /Cannot use VERS_RELEASES_URL: it is not an https:\/\/ URL/,
    },
  ]
) {
  installerTest(
    `${INSTALLER} installs nothing when there is ${name}`,
    async () => {
      const installation = await Installation.prepare();
      await using _installation = installation;
      spoil?.(installation.host);
      const result = await installation.install(env);
      // The folder may have been made; what is in it is what counts.
      assertRefused(installation, result, why);
    },
  );
}

installerTest(
  `${INSTALLER} installs nothing when the program does not run`,
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    const program = IS_WINDOWS
      ? "no program"
      : "#!/bin/sh\necho GLIBC_9.99 is missing\nexit 127\n";
    await installation.host.add("0.3.0", { [Deno.build.target]: program });
    const result = await installation.install();
    assertRefused(installation, result, /vers 0\.3\.0 does not run here/);
    if (!IS_WINDOWS) match(result.stderr, /exit 127\): GLIBC_9\.99 is missing/);
  },
);

installerTest(
  `${INSTALLER} keeps the program that is there when another one is no good`,
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    await installation.install({ VERS_VERSION: "0.1.0" });
    const { files } = installation.host;
    files.set(`download/v0.2.0/${PACKED}`, new Uint8Array([1, 2, 3]));
    const { code } = await installation.install();
    notStrictEqual(code, 0);
    deepStrictEqual(installation.program(), bytesOf("0.1.0"));
    deepStrictEqual(installation.names(), [`.local/bin/${EXECUTABLE}`]);
  },
);

installerTest(
  `${INSTALLER} installs nothing where a file is in the way`,
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    await Deno.writeTextFile(`${installation.home}/file`, "");
    const { code, stderr } = await installation.install({
      VERS_INSTALL_DIR: `${installation.home}/file/bin`,
    });
    notStrictEqual(code, 0);
    match(
      stderr,
      /^error: Cannot install to ".*bin": it cannot be written\r?$/m,
    );
    deepStrictEqual(installation.names(), ["file"]);
  },
);

testNeeding(
  ["modes", "downloader"],
  "install.sh installs nothing to a folder that cannot be written",
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    await Deno.mkdir(`${installation.home}/bin`, { mode: 0o555 });
    const env = { VERS_INSTALL_DIR: `${installation.home}/bin` };
    const wrapper = asOneOfMany();
    const result = await installation.install(env, { wrapper });
    assertRefused(installation, result, /Cannot install to ".*bin": it cannot/);
  },
);

Deno.test("the installers and vers upgrade have the same releases by default", async () => {
  for (const name of ["install.sh", "install.ps1"]) {
    const text = await Deno.readTextFile(`${ROOT}install/${name}`);
    const urls = text.match(/https:\/\/github\.com\/[^\s"'}]*?\/releases/g);
    deepStrictEqual(new Set(urls), new Set([RELEASES_URL]), name);
  }
});

testNeeding(
  ["windows"],
  "install.ps1 installs nothing on a processor that vers is not there for",
  async () => {
    const installation = await Installation.prepare();
    await using _installation = installation;
    const result = await installation.install({
      PROCESSOR_ARCHITECTURE: "MIPS",
    });
    assertRefused(installation, result, /Cannot install on Windows MIPS: /);
  },
);
