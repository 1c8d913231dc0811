import * as z from "zod/mini";
import { Failure } from "../failure.ts";
import { describeValue, readTextFile } from "./text_file.ts";

/** What a project wants of its VMs, where no flag says otherwise. */
export interface VersToml {
  readonly memSizeMib: number;
  readonly vcpuCount: number;
  readonly fsSizeMib: number;
  readonly imageName: string;
  readonly kernelName: string;
  /** The file is missing: these are the defaults. */
  readonly isMissing: boolean;
}

const DEFAULTS: VersToml = {
  memSizeMib: 512,
  vcpuCount: 1,
  fsSizeMib: 1024,
  imageName: "default",
  kernelName: "default.bin",
  isMissing: true,
};

const size = z.optional(
  z.int().check(z.minimum(0), z.maximum(2 ** 31 - 1)),
);
const name = z.optional(z.string().check(z.minLength(1)));

const schema = z.object({
  machine: z.optional(
    z.object({ mem_size_mib: size, vcpu_count: size, fs_size_vm_mib: size }),
  ),
  rootfs: z.optional(z.object({ name })),
  kernel: z.optional(z.object({ name })),
});

/** What a key must be, for messages; the other paths are tables. */
const WANTED: ReadonlyMap<string, string> = new Map([
  ["machine.mem_size_mib", "a whole number of MiB, such as 512"],
  ["machine.vcpu_count", "a whole number of CPUs, such as 1"],
  ["machine.fs_size_vm_mib", "a whole number of MiB, such as 1024"],
  ["rootfs.name", `a name in quotes, such as "default"`],
  ["kernel.name", `a name in quotes, such as "default.bin"`],
]);

/**
 * Reads the `vers.toml` at `path`. What it does not say, or says as 0, is the
 * default; keys that this program does not know are ignored, and capitals make
 * no difference.
 *
 * @throws {Failure} of code `usage`, naming the file, the key, what it is and
 *   what it must be.
 */
export async function readVersToml(path: string): Promise<VersToml> {
  const text = readTextFile(path);
  if (text === undefined) return DEFAULTS;
  const value = inKnownSpelling(await parseToml(text, path), { path });
  const parsed = z.safeParse(schema, value);
  if (!parsed.success) {
    const keys = parsed.error.issues[0]?.path.map(String) ?? [];
    throw wrongValue(path, { keys, value });
  }
  const { machine, rootfs, kernel } = parsed.data;
  return {
    memSizeMib: machine?.mem_size_mib || DEFAULTS.memSizeMib,
    vcpuCount: machine?.vcpu_count || DEFAULTS.vcpuCount,
    fsSizeMib: machine?.fs_size_vm_mib || DEFAULTS.fsSizeMib,
    imageName: rootfs?.name ?? DEFAULTS.imageName,
    kernelName: kernel?.name ?? DEFAULTS.kernelName,
    isMissing: false,
  };
}

/** Where a table of the file is, for messages and for its known keys. */
interface Place {
  readonly path: string;
  /** The table's own name; none at the top. */
  readonly table?: string;
}

/**
 * Returns a table with its known keys in lower case: capitals make no
 * difference to the Go CLI.
 *
 * @throws {Failure} of code `usage`, when one is there in two spellings.
 */
function inKnownSpelling(value: unknown, { path, table }: Place): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) || value instanceof Date) return value;
  const prefix = table === undefined ? "" : `${table}.`;
  const known = new Set(
    [...WANTED.keys()].flatMap((key) =>
      key.startsWith(prefix)
        ? [key.slice(prefix.length).replace(/\..*/, "")]
        : []
    ),
  );
  const spellings = new Map<string, string>();
  const entries = Object.entries(value).map(([key, inner]) => {
    const plain = key.toLowerCase();
    if (!known.has(plain)) return [key, inner];
    const earlier = spellings.get(plain);
    if (earlier !== undefined) {
      throw new Failure(
        `Cannot read ${JSON.stringify(path)}: ${prefix}${plain} is there ` +
          `twice, as ${earlier} and as ${key}`,
        { code: "usage", advice: { type: "duplicate_key", key } },
      );
    }
    spellings.set(plain, key);
    return table === undefined
      ? [plain, inKnownSpelling(inner, { path, table: plain })]
      : [plain, inner];
  });
  return Object.fromEntries(entries);
}

async function parseToml(text: string, path: string): Promise<unknown> {
  // Most projects have none, and none should pay for its grammar.
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [why = ""] = error.message.split("\n");
    throw new Failure(
      `Cannot read ${JSON.stringify(path)}: line ${error.line}, ` +
        `column ${error.column} is not TOML ` +
        `(${why.replace("Invalid TOML document: ", "")})`,
      { code: "usage", advice: { type: "toml_form" }, cause: error },
    );
  }
}

function wrongValue(
  path: string,
  at: { readonly keys: readonly string[]; readonly value: unknown },
): Failure {
  const key = at.keys.join(".");
  let found = at.value;
  for (const part of at.keys) {
    found = typeof found === "object" && found !== null
      ? Reflect.get(found, part)
      : undefined;
  }
  const wanted = WANTED.get(key) ?? `a table: a line [${key}]`;
  return new Failure(
    `Cannot read ${JSON.stringify(path)}: ${key} is ` +
      `${describeValue(found)}, but must be ${wanted}`,
    { code: "usage" },
  );
}
