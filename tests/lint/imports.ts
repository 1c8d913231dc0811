import { isProgram, sourcePath } from "./source_path.ts";

/**
 * What a folder of `src` may import besides itself and the files that lie in
 * `src` itself. There is no way round in a circle: a test sees to it.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  job: [],
  ledger: ["job"],
  api: [],
  engine: ["job", "ledger", "api"],
  project: [],
  simulator: [],
  cli: ["job", "ledger", "api", "engine", "project", "simulator"],
};

/** Which parts we did not write each folder of `src` may use. */
export const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  job: ["zod/mini"],
  ledger: ["zod/mini"],
  api: ["zod/mini"],
  engine: ["zod/mini"],
  project: ["zod/mini", "smol-toml", "jsonc-parser"],
  simulator: ["zod/mini"],
  cli: [],
};

/**
 * What a file may import of Node, when it is run and not when it is loaded:
 * the layer takes longer to load than all of ours, so nothing on the path of
 * a command has it, and what runs for long may.
 */
const MAY_LOAD_OF_NODE: Readonly<Record<string, readonly string[]>> = {
  "src/simulator/serve.ts": ["node:http"],
};

/** Where `src/cli` imports late: what commands there are, and what they load. */
const LAZY_CLI: readonly string[] = ["src/cli/app.ts", "src/cli/lazy.ts"];

const HINT = "The table in tests/lint/imports.ts says what may import what.";

/** Imports point one way, name the file that has the thing, and stay out of what is private. */
export const layers: Deno.lint.Rule = {
  create(context) {
    const importer = sourcePath(context.filename);
    function check(node: Deno.lint.Node, specifier: unknown, isLazy = false) {
      if (typeof specifier !== "string") return;
      if (isLazy && MAY_LOAD_OF_NODE[importer]?.includes(specifier)) return;
      const message = problemOf(importer, specifier);
      if (message !== undefined) context.report({ node, message, hint: HINT });
    }
    return {
      ImportDeclaration: (node) =>
        check(node, node.source.value, node.importKind === "type"),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression(node) {
        if (
          isProgram(importer) && layerOf(importer) === "cli" &&
          !LAZY_CLI.includes(importer)
        ) {
          context.report({
            node,
            message: "src/cli imports late in src/cli/lazy.ts alone",
            hint: "Import it as usual, or add it there if it costs at start.",
          });
        } else if (node.source.type === "Literal") {
          check(node, node.source.value, true);
        } else if (isProgram(importer)) {
          context.report({
            node,
            message: "An import names its file",
            hint: HINT,
          });
        }
      },
    };
  },
};

/** Nothing is passed on from another file: whoever needs it imports that file. */
export const barrels: Deno.lint.Rule = {
  create(context) {
    function report(node: Deno.lint.Node) {
      context.report({
        node,
        message: "A file exports what it has, not what another file has",
        hint: "Import it from the file that has it.",
      });
    }
    return {
      ExportAllDeclaration: report,
      ExportNamedDeclaration(node) {
        if (node.source) report(node);
      },
    };
  },
};

const VAGUE_NAMES = [
  "utils",
  "util",
  "helpers",
  "common",
  "constants",
  "index",
  "mod",
];

/** A file is named for what it has, in `lower_snake_case`. */
export const fileNames: Deno.lint.Rule = {
  create(context) {
    const path = sourcePath(context.filename);
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.[a-z]+$/, "");
    return {
      Program(node) {
        if (!/^_?[a-z0-9]+(_[a-z0-9]+)*$/.test(name)) {
          context.report({
            node,
            message: `"${name}" is not lower_snake_case`,
          });
        }
        if (
          VAGUE_NAMES.includes(name) ||
          name === "types" && path !== "src/api/types.ts"
        ) {
          context.report({
            node,
            message: `"${name}" does not say what is in the file`,
            hint: "Name it for its main export; split it when it has two.",
          });
        }
      },
    };
  },
};

/** Returns what is wrong with an import, and nothing when all is well. */
function problemOf(importer: string, specifier: string): string | undefined {
  if (!/^\.{0,2}\//.test(specifier)) {
    return isProgram(importer)
      ? packageProblem(importer, specifier)
      : undefined;
  }
  const imported = resolve(importer, specifier);
  const name = imported.slice(imported.lastIndexOf("/") + 1);
  if (name.startsWith("_") && folderOf(imported) !== folderOf(importer)) {
    return `"${imported}" is private to its folder`;
  }
  if (!isProgram(importer)) return undefined;
  if (imported.endsWith("_test.ts") || imported.startsWith("tests/")) {
    return "The program may not import its tests";
  }
  if (imported === "deno.json" && importer === "src/version.ts") {
    return undefined;
  }
  if (!imported.startsWith("src/")) {
    return `"${importer}" may not import "${imported}"`;
  }
  const commands = "src/cli/commands/";
  if (
    importer.startsWith(commands) && imported.startsWith(commands) &&
    !name.startsWith("_")
  ) {
    return "A command may not import another";
  }
  const [from, to] = [layerOf(importer), layerOf(imported)];
  if (to === undefined || from === to) return undefined;
  if (from === undefined) {
    return importer === "main.ts" && to === "cli"
      ? undefined
      : `${importer} may not import src/${to}`;
  }
  return MAY_IMPORT[from]?.includes(to)
    ? undefined
    : `src/${from} may not import src/${to}`;
}

function packageProblem(
  importer: string,
  specifier: string,
): string | undefined {
  if (specifier.startsWith("node:")) {
    return "The program may not import node:*: it starts slower";
  }
  const layer = layerOf(importer);
  return layer !== undefined && MAY_USE[layer]?.includes(specifier)
    ? undefined
    : `"${importer}" may not import "${specifier}"`;
}

/** Returns the folder of `src` that a file is in; nothing for those above. */
function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function resolve(importer: string, specifier: string): string {
  const base = new URL(importer, "file:///");
  return decodeURIComponent(new URL(specifier, base).pathname.slice(1));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
