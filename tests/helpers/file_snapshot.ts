import { deepStrictEqual, ok } from "node:assert/strict";

/** What lay at a path: to be compared with what lies there later. */
export class FileSnapshot {
  readonly #path: string;
  readonly #was: Trait[];

  /** Remembers a file, or a folder with all that is in it. */
  constructor(path: string) {
    this.#path = path;
    this.#was = traitsOf(path);
  }

  /** Throws unless all is as it was, and nothing has come to it. */
  assertSame(): void {
    deepStrictEqual(traitsOf(this.#path), this.#was);
  }

  /** Throws unless all is as it was, but for bytes at the file's end. */
  assertOnlyAppendedTo(): void {
    const [was, now] = [this.#was[0], traitsOf(this.#path)[0]];
    deepStrictEqual({ ...now, bytes: "" }, { ...was, bytes: "" });
    ok(now?.bytes.startsWith(was?.bytes ?? ""));
  }
}

interface Trait {
  readonly path: string;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly bytes: string;
}

function traitsOf(path: string): Trait[] {
  const { mode, uid, gid, isFile, isDirectory, isSymlink } = Deno.lstatSync(
    path,
  );
  const bytes = isFile
    ? textOf(path)
    : isSymlink
    ? Deno.readLinkSync(path)
    : "";
  const inside = isDirectory
    ? [...Deno.readDirSync(path)].map(({ name }) => `${path}/${name}`).sort()
    : [];
  return [{ path, mode, uid, gid, bytes }, ...inside.flatMap(traitsOf)];
}

/** Returns a file's bytes as text; none where it may not be read. */
function textOf(path: string): string {
  try {
    return new TextDecoder("latin1").decode(Deno.readFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return "";
    throw error;
  }
}
