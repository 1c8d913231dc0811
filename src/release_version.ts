const VERSION = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?$/;

/** Returns whether a text is a version as releases have them: `1.2.3-rc.1`. */
export function isReleaseVersion(text: string): boolean {
  return VERSION.test(text);
}

/**
 * Returns whether one version comes after another. A pre-release comes before
 * its release; a text that is no version comes before all that are.
 */
export function isNewer(version: string, than: string): boolean {
  return compare(version, than) > 0;
}

function compare(left: string, right: string): number {
  const a = VERSION.exec(left);
  const b = VERSION.exec(right);
  if (!a || !b) return Number(a !== null) - Number(b !== null);
  for (const part of [1, 2, 3]) {
    const difference = Number(a[part]) - Number(b[part]);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(a[4], b[4]);
}

function comparePreReleases(
  left: string | undefined,
  right: string | undefined,
): number {
  if (left === undefined || right === undefined) {
    return Number(left === undefined) - Number(right === undefined);
  }
  const a = left.split(".");
  const b = right.split(".");
  for (const [index, word] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const difference = compareWords(word, other);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Numbers come before words, and are compared as numbers. */
function compareWords(left: string, right: string): number {
  const [a, b] = [wholeNumber(left), wholeNumber(right)];
  if (a !== undefined && b !== undefined) return a - b;
  if (a !== undefined) return -1;
  if (b !== undefined) return 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

function wholeNumber(word: string): number | undefined {
  return /^\d+$/.test(word) ? Number(word) : undefined;
}
