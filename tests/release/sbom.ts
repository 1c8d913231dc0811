/**
 * `deno run -A tests/release/sbom.ts --bundle FILE --output FILE`: writes what
 * a release is made of, in CycloneDX's JSON, from `deno.lock`.
 */
import { flagValues } from "./flag_values.ts";
import { ROOT } from "./root.ts";
import { runScript } from "./script.ts";

/** What is read of `deno.lock`. */
export interface LockFile {
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** One package in `deno.lock`, under its name and version. */
export interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
}

/** What a bill of materials is of. */
export interface SbomSubject {
  readonly version: string;
  readonly commit: string;
  readonly date: string;
  /** The Deno that is in the executables. */
  readonly denoVersion: string;
  /** The bundle: packages that are not in it are not in the release. */
  readonly bundle: string;
}

/** Returns the bill of materials: the same for the same commit. */
export function sbomOf(lock: LockFile, subject: SbomSubject) {
  const { version, commit, date, denoVersion, bundle } = subject;
  const main = {
    type: "application",
    "bom-ref": `vers@${version}`,
    name: "vers",
    version,
    licenses: [{ license: { id: "MIT" } }],
    properties: [{ name: "vers:commit", value: commit }],
  };
  const deno = {
    type: "platform",
    "bom-ref": `deno@${denoVersion}`,
    name: "deno",
    version: denoVersion,
    purl: `pkg:github/denoland/deno@v${denoVersion}`,
    scope: "required",
    licenses: [{ license: { id: "MIT" } }],
  };
  const packages = Object.entries(lock.npm).map(([id, { integrity }]) => {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    const isShipped = bundle.includes(`npm/${name}/${version}/`);
    return {
      type: "library",
      "bom-ref": id,
      name,
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      scope: isShipped ? "required" : "excluded",
      hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
    };
  });
  const shipped = packages.filter(({ scope }) => scope === "required");
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { ...(date ? { timestamp: date } : {}), component: main },
    components: [deno, ...packages],
    dependencies: [
      {
        ref: main["bom-ref"],
        dependsOn: [deno, ...shipped].map((part) => part["bom-ref"]),
      },
      ...Object.entries(lock.npm).map(([id, { dependencies = [] }]) => ({
        ref: id,
        dependsOn: dependencies.map((name) => idOf(lock, name)),
      })),
    ],
  };
}

/** A dependency is named by its name alone where there is one version. */
function idOf(lock: LockFile, name: string): string {
  const found = Object.keys(lock.npm)
    .find((id) => id === name || id.slice(0, id.lastIndexOf("@")) === name);
  if (found) return found;
  throw new Error(`Cannot find "${name}" in deno.lock`);
}

/** `sha512-` and base64, as in the lock file, to hexadecimal digits. */
function hexOf(integrity: string): string {
  const [, base64 = ""] = /^sha512-(.+)$/.exec(integrity) ?? [];
  const hex = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))
    .toHex();
  if (hex.length === 128) return hex;
  throw new Error(`Cannot read "${integrity}": it is no SHA-512`);
}

/** Returns what a bundle was stamped with, by running it. */
async function versionOf(bundle: string) {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", bundle, "--version", "--json"],
  }).output();
  const said: { version: string; commit: string; commit_date: string | null } =
    JSON.parse(new TextDecoder().decode(stdout));
  return said;
}

if (import.meta.main) {
  await runScript(async () => {
    const { bundle, output } = flagValues(Deno.args, {
      bundle: `${ROOT}dist/vers.js`,
      output: `${ROOT}dist/vers.cdx.json`,
    });
    const { version, commit, commit_date } = await versionOf(bundle);
    const lock: LockFile = JSON.parse(
      await Deno.readTextFile(`${ROOT}deno.lock`),
    );
    const sbom = sbomOf(lock, {
      version,
      commit,
      date: commit_date ?? "",
      denoVersion: Deno.version.deno,
      bundle: await Deno.readTextFile(bundle),
    });
    await Deno.writeTextFile(output, JSON.stringify(sbom, null, 2) + "\n");
  });
}
