/** Whom a file belongs to, and who may do what with it. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

const MODE_BITS = 0o777;
const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;
const STRANGERS_WRITE = 0o002;
const ROOT = 0;

/** Returns a file's ownership; `undefined` where users have no numbers. */
export function ownershipOf(info: Deno.FileInfo): Ownership | undefined {
  const { uid, gid, mode } = info;
  if (uid === null || gid === null || mode === null) return undefined;
  return { uid, gid, mode: mode & MODE_BITS };
}

/** Whether two files belong to the same user and group, in the same way. */
export function isSameOwnership(
  one: Ownership | undefined,
  other: Ownership | undefined,
): boolean {
  return one?.uid === other?.uid && one?.gid === other?.gid &&
    one?.mode === other?.mode;
}

/**
 * Returns whom something new in a folder is to belong to, where that is not
 * whoever makes it: what root makes in a user's folder is the user's. In a
 * folder that anybody may write to it stays root's.
 */
export function ownerInFolder(
  folder: string,
): Omit<Ownership, "mode"> | undefined {
  if (userId() !== ROOT) return undefined;
  const info = Deno.statSync(folder);
  const { uid, gid } = info;
  if (uid === null || gid === null || uid === ROOT) return undefined;
  return ((info.mode ?? 0) & STRANGERS_WRITE) === 0 ? { uid, gid } : undefined;
}

/**
 * Returns a folder where the owner and the mode of a file of ours can be
 * changed by its name, on the same device as `folder`: it, or the next above
 * it where no other user can put a link in the file's place. For a change goes
 * where a link leads, and that might be `/etc/shadow`.
 */
export function safePlaceFor(folder: string): string | undefined {
  const us = userId();
  if (us === undefined) return undefined;
  const { dev } = Deno.statSync(folder);
  let place: string | undefined;
  for (const path of pathsTo(Deno.realPathSync(folder))) {
    const info = Deno.statSync(path);
    if (!isOurs(info, us)) break;
    if (info.dev === dev) place = path;
  }
  return place;
}

/** Returns the folders that lead to a path, and that itself: `/`, `/home`… */
function pathsTo(path: string): string[] {
  const ends = [...path.matchAll(/\/[^/]+/g)].map(({ 0: part, index }) =>
    index + part.length
  );
  return [1, ...ends].map((end) => path.slice(0, end));
}

/** Whether nobody else can take a file of ours out of a folder. */
function isOurs({ uid, mode }: Deno.FileInfo, us: number): boolean {
  if ((uid !== us && uid !== ROOT) || mode === null) return false;
  return (mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0;
}

/** Who runs this; `undefined` where users have no numbers, or it is kept. */
function userId(): number | undefined {
  try {
    return Deno.uid() ?? undefined;
  } catch {
    return undefined;
  }
}
