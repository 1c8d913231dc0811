import { barRules, denoInFull } from "./bars.ts";
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
    "deno-in-full": denoInFull,
    using,
    words,
    ...barRules,
  },
};

export default plugin;
