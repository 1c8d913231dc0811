/**
 * Returns which of `names` was probably meant by `typed`: the same in another
 * spelling, the one it begins, or the one that is few slips away.
 */
export function closest(
  typed: string,
  names: Iterable<string>,
): string | undefined {
  const wanted = plain(typed);
  if (wanted === "") return undefined;
  const candidates = [...names];
  const same = candidates.find((name) => plain(name) === wanted);
  if (same !== undefined) return same;
  const begun = candidates.filter((name) => plain(name).startsWith(wanted));
  if (begun.length === 1 && wanted.length > 1) return begun[0];
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of candidates) {
    const slips = slipsBetween(wanted, plain(name));
    if (slips < fewest) {
      best = name;
      fewest = slips;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "-").replace(/^-+/, "");
}

/** Counts letters to add, drop, change, or swap with their neighbour. */
function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      row.push(Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      ));
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
