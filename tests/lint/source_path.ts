const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/**
 * Returns where a file lies in this project, `src/job/job.ts`, with `/` on
 * every system. A name that is not absolute is taken from the project's root.
 */
export function sourcePath(filename: string): string {
  const path = filename.replaceAll("\\", "/");
  // A URL's path has a slash before a drive's letter, and a file name none.
  const root = /^[A-Za-z]:/.test(path) ? ROOT.slice(1) : ROOT;
  return path.toLowerCase().startsWith(root.toLowerCase())
    ? path.slice(root.length)
    : path;
}

/** Returns whether the file is a test, or there for tests alone. */
export function isTest(path: string): boolean {
  return path.startsWith("tests/") || path.includes("/testdata/") ||
    path.endsWith("_test.ts");
}

/** Returns whether the file is part of the program itself. */
export function isProgram(path: string): boolean {
  return (path === "main.ts" || path.startsWith("src/")) && !isTest(path);
}

/** Returns whether `path` is one of `places`: files, or folders with a `/`. */
export function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) =>
    place.endsWith("/") ? path.startsWith(place) : path === place
  );
}
