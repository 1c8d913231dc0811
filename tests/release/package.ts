/**
 * `deno run -A tests/release/package.ts --executables DIR --output DIR`: makes
 * the files of a release from the executables, `vers-<target>`, and writes the
 * checksums of all of them. For Linux; it needs tar, zip and gzip.
 */
import { VERSION } from "../../src/version.ts";
import { flagValues } from "./flag_values.ts";
import { output } from "./output.ts";
import { ROOT } from "./root.ts";
import { runScript } from "./script.ts";

/** What goes into every archive, besides the program. */
const DOCUMENTS = ["LICENSE", "README.md"];

/** Files of a release that are the same for every system. */
const COMMON = ["install.sh", "install.ps1"];

/** Makes a release of the executables in one folder, in another. */
export async function packageRelease(
  executables: string,
  destination: string,
): Promise<void> {
  await Deno.mkdir(destination, { recursive: true });
  const sums: string[] = [];
  for (const name of namesIn(executables)) {
    const path = `${executables}/${name}`;
    // What an executable was unpacked to can be checked as well.
    if (isExecutable(name)) {
      sums.push(await sumOf(path, name));
      await pack(path, name, destination);
    } else {
      await Deno.copyFile(path, `${destination}/${name}`);
    }
  }
  for (const name of COMMON) {
    await Deno.copyFile(`${ROOT}install/${name}`, `${destination}/${name}`);
  }
  for (const name of namesIn(destination)) {
    sums.push(await sumOf(`${destination}/${name}`, name));
  }
  await Deno.writeTextFile(
    `${destination}/SHA256SUMS`,
    sums.map((line) => `${line}\n`).join(""),
  );
}

/** Makes `vers-<target>.gz` and the archive of one executable. */
async function pack(
  path: string,
  name: string,
  destination: string,
): Promise<void> {
  const target = name.replace(/^vers-/, "").replace(/\.exe$/, "");
  const isWindows = name.endsWith(".exe");
  const folder = `vers-${VERSION}-${target}`;
  const work = await Deno.makeTempDir();
  try {
    const program = `${work}/${folder}/${isWindows ? "vers.exe" : "vers"}`;
    await Deno.mkdir(`${work}/${folder}`);
    await Deno.copyFile(path, program);
    await Deno.chmod(program, 0o755);
    for (const name of DOCUMENTS) {
      await Deno.copyFile(`${ROOT}${name}`, `${work}/${folder}/${name}`);
    }
    const archive = `${destination}/${folder}`;
    const inWork = { cwd: work };
    await (isWindows
      ? output("zip", ["-q", "-X", "-r", `${archive}.zip`, folder], inWork)
      : output("tar", [...TAR, "-czf", `${archive}.tar.gz`, folder], inWork));
    await Deno.copyFile(path, `${work}/${name}`);
    await output("gzip", ["-9n", name], inWork);
    await Deno.copyFile(`${work}/${name}.gz`, `${destination}/${name}.gz`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

const TAR = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner"];

function isExecutable(name: string): boolean {
  return /^vers-(x86_64|aarch64)-/.test(name);
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function sumOf(path: string, name: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  const sum = await crypto.subtle.digest("SHA-256", bytes);
  return `${new Uint8Array(sum).toHex()}  ${name}`;
}

if (import.meta.main) {
  await runScript(async () => {
    const { executables, output } = flagValues(Deno.args, {
      executables: "",
      output: "",
    });
    const folder = await Deno.realPath(executables);
    await Deno.mkdir(output, { recursive: true });
    await packageRelease(folder, await Deno.realPath(output));
  });
}
