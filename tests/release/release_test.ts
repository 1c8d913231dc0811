import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import { Installation } from "../helpers/installation.ts";
import { needing } from "../helpers/machine.ts";
import { flagValues } from "./flag_values.ts";
import { checkTag, notesOf } from "./notes.ts";
import { output } from "./output.ts";
import { packageRelease } from "./package.ts";
import { ROOT } from "./root.ts";
import { type LockFile, sbomOf } from "./sbom.ts";

const CHANGELOG = "# Changelog\n\n## 0.2.0\n\n- New\n\n## 0.1.0\n\n- Old\n";

Deno.test("notesOf() gives what the changelog says of one version", () => {
  strictEqual(notesOf("0.2.0", CHANGELOG), "- New");
  strictEqual(notesOf("0.1.0", CHANGELOG), "- Old");
  throws(() => notesOf("0.1", CHANGELOG), /has no notes under "## 0\.1"/);
  throws(() => notesOf("0.3.0", CHANGELOG + "\n## 0.3.0\n"), /no notes/);
});

Deno.test("the changelog has notes of the version in deno.json", async () => {
  const changelog = await Deno.readTextFile(`${ROOT}CHANGELOG.md`);
  ok(notesOf(VERSION, changelog).length > 0);
});

Deno.test("checkTag() takes the tag of this version alone", () => {
  checkTag("v0.1.0", "0.1.0");
  for (const tag of ["0.1.0", "v0.1.1", "v0.1.0-rc.1"]) {
    throws(() => checkTag(tag, "0.1.0"), /the tag must be v0\.1\.0/);
  }
});

Deno.test("flagValues() gives what was given over the defaults", () => {
  const defaults = { output: "a", target: "b" };
  deepStrictEqual(flagValues([], defaults), defaults);
  deepStrictEqual(
    flagValues(["--target=c=d", "--output", "e"], defaults),
    { output: "e", target: "c=d" },
  );
  for (const args of [["--outptu", "x"], ["--output"], ["x", "y"]]) {
    throws(() => flagValues(args, defaults), /give --output VALUE, --target/);
  }
});

Deno.test("sbomOf() names every locked package, and which are in the bundle", async () => {
  const lock: LockFile = JSON.parse(
    await Deno.readTextFile(`${ROOT}deno.lock`),
  );
  const sbom = sbomOf(lock, {
    version: "0.1.0",
    commit: "0123",
    date: "2026-08-01T10:00:00.000Z",
    denoVersion: "2.9.6",
    bundle: "// npm/zod/4.6.7/v4/core/util.js\n// npm/zodiac/1.0.0/x.js\n",
  });
  const names = sbom.components.map((part) => part["bom-ref"]);
  deepStrictEqual(names, ["deno@2.9.6", ...Object.keys(lock.npm)]);
  const shipped = sbom.components.filter(({ scope }) => scope === "required");
  deepStrictEqual(shipped.map(({ purl }) => purl), [
    "pkg:github/denoland/deno@v2.9.6",
    "pkg:npm/zod@4.6.7",
  ]);
  for (const part of sbom.components) {
    if (!("hashes" in part)) continue;
    match(part.hashes[0]?.content ?? "", /^[0-9a-f]{128}$/);
  }
  const refs = new Set([...names, "vers@0.1.0"]);
  for (const { ref, dependsOn } of sbom.dependencies) {
    ok(refs.has(ref), ref);
    for (const part of dependsOn) ok(refs.has(part), part);
  }
});

Deno.test({
  ...needing(
    ["linux", "downloader", "tool:tar", "tool:zip", "tool:gzip"],
    "packageRelease() makes what install.sh installs",
  ),
  async fn() {
    const installation = await Installation.prepare();
    await using _installation = installation;
    const made = await Deno.makeTempDir();
    try {
      const program = `#!/bin/sh\necho vers ${VERSION}\n`;
      await Deno.mkdir(`${made}/in`);
      const { target } = Deno.build;
      for (
        const name of [`vers-${target}`, "vers-x86_64-pc-windows-msvc.exe"]
      ) {
        await Deno.writeTextFile(`${made}/in/${name}`, program);
      }
      await Deno.writeTextFile(`${made}/in/vers.js`, "// a bundle\n");
      await packageRelease(`${made}/in`, `${made}/out`);

      const folder = `vers-${VERSION}-${target}`;
      const names = [...Deno.readDirSync(`${made}/out`)].map(({ name }) =>
        name
      );
      deepStrictEqual(
        names.sort(),
        [
          "SHA256SUMS",
          "install.ps1",
          "install.sh",
          `vers-${VERSION}-x86_64-pc-windows-msvc.zip`,
          `${folder}.tar.gz`,
          `vers-${target}.gz`,
          "vers-x86_64-pc-windows-msvc.exe.gz",
          "vers.js",
        ].sort(),
      );
      await output("sha256sum", ["--check", "--ignore-missing", "SHA256SUMS"], {
        cwd: `${made}/out`,
      });
      const listed = await output("tar", ["-tzf", `${folder}.tar.gz`], {
        cwd: `${made}/out`,
      });
      deepStrictEqual(listed.trim().split("\n"), [
        `${folder}/`,
        `${folder}/LICENSE`,
        `${folder}/README.md`,
        `${folder}/vers`,
      ]);

      const { host } = installation;
      host.latest = VERSION;
      for (const name of names) {
        const path = `download/v${VERSION}/${name}`;
        host.files.set(path, await Deno.readFile(`${made}/out/${name}`));
      }
      const { code, stderr } = await installation.install();
      strictEqual(code, 0, stderr);
      strictEqual(new TextDecoder().decode(installation.program()), program);
    } finally {
      await Deno.remove(made, { recursive: true });
    }
  },
});
