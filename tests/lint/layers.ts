import { barRules, inFull } from "./bars.ts";
import { using } from "./bindings.ts";
import { barrels, fileNames, layers } from "./imports.ts";
import { words } from "./words.ts";

/** This project's own lint rules, `vers/…`: what a stock linter cannot know. */
const plugin: Deno.lint.Plugin = {
  name: "vers",
  rules: {
    layers,
    barrels,
    "file-names": fileNames,
    "in-full": inFull,
    using,
    words,
    ...barRules,
  },
};

export default plugin;
