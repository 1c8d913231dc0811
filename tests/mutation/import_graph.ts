/** What a module of the project is made of. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    /** Absent when only types are imported: no change of it can be seen. */
    readonly code?: { readonly specifier: string };
  }[];
}

const STARTS_PROCESSES = /\bDeno\.Command\(|\bnode:child_process\b/;
const TRIES_MANY = /\bfc\.assert\(/;
/** More than any test loads. */
const MANY = 10_000;

/** The tests of a project, and what each of them loads. */
export class ImportGraph {
  readonly #root: URL;
  readonly #loaded = new Map<string, ReadonlySet<string>>();

  private constructor(
    root: URL,
    tests: readonly string[],
    modules: ReadonlyMap<string, Module>,
  ) {
    this.#root = root;
    for (const test of tests) {
      this.#loaded.set(
        test,
        this.#loadedBy(new URL(test, root).href, modules),
      );
    }
  }

  /** Asks Deno what each test of the project in a folder loads. */
  static async of(
    root: URL,
    tests: readonly string[],
  ): Promise<ImportGraph> {
    const entry = await Deno.makeTempFile({ suffix: ".ts" });
    const lines = tests.map((test) => `import "${new URL(test, root)}";\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args: ["info", "--json", entry], cwd: root },
    ).output();
    await Deno.remove(entry);
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    return new ImportGraph(
      root,
      tests,
      new Map(modules.map((module: Module) => [module.specifier, module])),
    );
  }

  /**
   * Returns the tests that load a file and start no process: the one beside it
   * first, those that try many values last, and else what loads the least
   * first. The sooner one fails, the better.
   */
  testsOf(file: string, folders: readonly string[]): string[] {
    const beside = file.replace(/\.ts$/, "_test.ts");
    const weigh = (test: string) => {
      if (test === beside) return 0;
      const size = this.#loaded.get(test)?.size ?? 0;
      return this.#says(test, TRIES_MANY) ? size + MANY : size;
    };
    return [...this.#loaded.keys()].filter((test) =>
      folders.some((folder) => test.startsWith(folder)) &&
      this.#loaded.get(test)?.has(file) &&
      !this.#says(test, STARTS_PROCESSES)
    ).map((test) => ({ test, weight: weigh(test) }))
      .sort((a, b) => a.weight - b.weight)
      .map(({ test }) => test);
  }

  /** Returns one hash of all that decides how these tests end. */
  async hashOf(tests: readonly string[]): Promise<string> {
    const files = new Set(tests.flatMap((test) => [
      ...this.#loaded.get(test) ?? [],
    ]));
    const texts = [...tests, ...[...files].sort()].map((path) =>
      `${path}\n${this.#textOf(path)}`
    );
    const bytes = new TextEncoder().encode(texts.join("\n"));
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return new Uint8Array(digest).toHex();
  }

  /** Whether a test has it in its text, or in what it loads of other tests. */
  #says(test: string, what: RegExp): boolean {
    return [...this.#loaded.get(test) ?? []].some((path) =>
      (!path.startsWith("src/") || path.endsWith("_test.ts")) &&
      what.test(this.#textOf(path))
    );
  }

  #textOf(path: string): string {
    return Deno.readTextFileSync(new URL(path, this.#root));
  }

  /** Returns the paths of the project that a module loads, its own included. */
  #loadedBy(
    specifier: string,
    modules: ReadonlyMap<string, Module>,
    paths = new Set<string>(),
  ): ReadonlySet<string> {
    const root = this.#root.href;
    const path = specifier.slice(root.length);
    if (!specifier.startsWith(root) || paths.has(path)) return paths;
    paths.add(path);
    for (const { code } of modules.get(specifier)?.dependencies ?? []) {
      if (code) this.#loadedBy(code.specifier, modules, paths);
    }
    return paths;
  }
}
