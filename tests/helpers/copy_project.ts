const ROOT = new URL("../../", import.meta.url).pathname;
const NOT_COPIED = new Set([".git", "dist", "node_modules"]);

/** Copies the project as it is now, with its tests, into an empty folder. */
export function copyProject(folder: string): void {
  copyFolder(ROOT, folder);
}

function copyFolder(from: string, to: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (NOT_COPIED.has(name)) continue;
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    if (isDirectory) {
      Deno.mkdirSync(target);
      copyFolder(source, target);
    } else Deno.copyFileSync(source, target);
  }
}
