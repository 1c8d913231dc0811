/** Some of the program's files, and the tests that are to notice a change. */
export interface Target {
  readonly name: string;
  /** Files, or folders with a `/` at the end. */
  readonly files: readonly string[];
  /** The folders of the tests that count for them. */
  readonly tests: readonly string[];
  /** The share of the mutants that must be noticed, in percent. */
  readonly bar: number;
}

/** What is mutated. A name that is no file any more ends the run at once. */
export const TARGETS: readonly Target[] = [
  {
    name: "src/job",
    files: ["src/job/"],
    tests: ["src/job/"],
    bar: 90,
  },
  {
    name: "src/ledger",
    files: ["src/ledger/"],
    tests: ["src/ledger/"],
    bar: 90,
  },
  {
    name: "src/engine, what decides",
    files: [
      "src/engine/choose.ts",
      "src/engine/deletion.ts",
      "src/engine/recover.ts",
      "src/engine/search.ts",
    ],
    tests: ["src/engine/", "src/cli/commands/"],
    bar: 80,
  },
];

/** Returns the files of the program that a target names, from all there are. */
export function filesOf(target: Target, all: readonly string[]): string[] {
  return target.files.flatMap((place) => {
    const files = all.filter((path) =>
      place.endsWith("/")
        ? path.startsWith(place) && !path.endsWith("_test.ts") &&
          !path.includes("/testdata/")
        : path === place
    );
    if (files.length > 0) return files;
    throw new Error(`Cannot mutate ${place}: there is no such file`);
  });
}

/** Returns the files in `src` of the project in a folder, by their paths. */
export function sourcesIn(root: URL, folder = "src"): string[] {
  return [...Deno.readDirSync(new URL(folder, root))]
    .flatMap(({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      if (isDirectory) return sourcesIn(root, path);
      return name.endsWith(".ts") ? [path] : [];
    }).sort();
}
