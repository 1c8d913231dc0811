import {
  checkSum,
  parseReleasesUrl,
  type Release,
  ReleaseHost,
  RELEASES_URL,
} from "../../api/release_host.ts";
import { Failure, messageOf } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { isNewer, isReleaseVersion } from "../../release_version.ts";
import { replaceFile } from "../../replace_file.ts";
import { VERSION } from "../../version.ts";
import {
  type CommandInput,
  defineCommand,
  type Printout,
} from "../command_line/command.ts";
import type { FlagTable } from "../command_line/flag.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../output/exit_code.ts";

const FLAGS = {
  check: {
    type: "boolean",
    brief: "Only check whether there is a newer release",
  },
} as const satisfies FlagTable;

/** `vers upgrade`: puts another release in the place of this executable. */
export const command = defineCommand({
  summary: "Replace this program with its latest release",
  description:
    "Downloads the latest release, or the one that is named, verifies its\n" +
    "checksum, and replaces the running executable. Until the download is\n" +
    "complete and verified, the old one stays in place.",
  flags: FLAGS,
  positionals: [{
    name: "version",
    brief: "The release to install; default: the latest",
    isOptional: true,
  }],
  examples: [
    ["vers upgrade", "install the latest release"],
    ["vers upgrade --check", "check whether there is a newer one"],
    ["vers upgrade 0.1.0", "install exactly this one"],
  ],
  exitCodes: [[3, "release not found"]],
  files: { program: "read, write" },
  run: (input, context) =>
    upgrade(input, context, {
      version: VERSION,
      isExecutable: Deno.build.standalone,
      path: Deno.execPath,
      target: Deno.build.target,
    }),
});

/** The program that is to be upgraded: this one. */
export interface RunningProgram {
  readonly version: string;
  /** Whether it is one executable, and not a script that Deno runs. */
  readonly isExecutable: boolean;
  /** Returns where the executable is. */
  readonly path: () => string;
  /** What it was compiled for: `x86_64-unknown-linux-gnu`. */
  readonly target: string;
}

/** Does what the command says for `program`, and returns what it says. */
export async function upgrade(
  { flags, args, progress }: CommandInput<typeof FLAGS>,
  context: Context,
  program: RunningProgram,
): Promise<Printout> {
  const wanted = parseVersion(args[0]);
  if (!flags.check && !program.isExecutable) throw notAnExecutable();
  const host = await openHost(context);
  const release = await host.release(wanted);
  const isOther = wanted === undefined
    ? isNewer(release.version, program.version)
    : release.version !== program.version;
  let result: JsonObject = {
    status: isOther ? "available" : "current",
    version: program.version,
    release: release.version,
  };
  if (isOther && !flags.check) {
    progress.say(`downloading vers ${release.version}`);
    const path = Deno.realPathSync(program.path());
    await install(host, { release, target: program.target, path });
    result = { ...result, status: "upgraded", path };
  }
  return { result, ids: [release.version], text: [textOf(result)] };
}

function parseVersion(text: string | undefined): string | undefined {
  const version = text?.replace(/^v/, "");
  if (version === undefined || isReleaseVersion(version)) return version;
  throw new UsageError(
    "Cannot upgrade to that version: it must be three numbers, as in 0.1.0",
    "name one, or none for the latest, for example: vers upgrade 0.1.0",
  );
}

async function openHost(context: Context): Promise<ReleaseHost> {
  const { clock, signal } = context;
  return new ReleaseHost({
    url: parseReleasesUrl(context.env("VERS_RELEASES_URL") ?? RELEASES_URL),
    transport: await context.transport(),
    clock,
    signal,
  });
}

/** What is put where. */
interface Installation {
  readonly release: Release;
  readonly target: string;
  readonly path: string;
}

async function install(
  host: ReleaseHost,
  { release, target, path }: Installation,
): Promise<void> {
  const name = target.includes("windows")
    ? `vers-${target}.exe`
    : `vers-${target}`;
  const packed = await host.file(release, `${name}.gz`);
  const executable = await unpack(packed, name);
  await checkSum(executable, release, name);
  try {
    replaceFile(path, executable, {
      mode: 0o755,
      // There a program that runs can be renamed, but not replaced.
      ...(target.includes("windows") ? { setAside: `${path}.old` } : {}),
    });
  } catch (cause) {
    const why = messageOf(cause);
    throw new Failure(`Cannot put the new program at "${path}": ${why}`, {
      code: "general",
      cause,
      hint: "the old one is still there; run vers upgrade as the user who " +
        "installed it, or install another with install.sh",
    });
  }
}

async function unpack(
  packed: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const unpacked = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  } catch (cause) {
    throw new Failure(`Cannot unpack "${name}.gz": it is not gzip`, {
      code: "general",
      cause,
      hint: "nothing was changed; please report it",
    });
  }
}

function notAnExecutable(): Failure {
  return new Failure(
    "Cannot upgrade: this is vers run by Deno from a file, " +
      "not the executable of a release",
    {
      code: "general",
      hint: "download the newer file from where this one is from; " +
        "to check for a newer release: vers upgrade --check",
    },
  );
}

function textOf({ status, version, release, path }: JsonObject): string {
  if (status === "upgraded") {
    return `Upgraded vers from ${version} to ${release}: ${path}`;
  }
  return status === "available"
    ? `vers ${release} is available, this is ${version}: vers upgrade`
    : `vers ${version} is up to date`;
}
