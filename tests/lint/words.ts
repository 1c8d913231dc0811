import { isIn, isProgram, sourcePath } from "./source_path.ts";

/** Where words for people are at home; the simulator answers with its own. */
const ALLOWED = ["src/cli/", "src/simulator/"];

/** A flag, or a command line of ours: "--wait", "vers jobs get". */
const COMMAND_LINE = /\bvers (?!(?:can|may)\b)[a-z<-]|(?:^|\s)--[a-z]/;

/** What a hint may be elsewhere: one that is handed on. */
const HANDED_ON = ["Identifier", "MemberExpression", "CallExpression"];

const MESSAGE =
  "Only src/cli has words for people: give the failure an advice instead";

/** Errors below `src/cli` carry a code and facts; what to do is said there. */
export const words: Deno.lint.Rule = {
  create(context) {
    const path = sourcePath(context.filename);
    if (!isProgram(path) || isIn(path, ALLOWED)) return {};
    function check(node: Deno.lint.Node, text: unknown) {
      if (typeof text !== "string" || !COMMAND_LINE.test(text)) return;
      context.report({ node, message: MESSAGE });
    }
    return {
      Property(node) {
        const { key, value } = node;
        const name = key.type === "Identifier"
          ? key.name
          : key.type === "Literal" && key.value;
        if (name !== "hint" || node.parent.type !== "ObjectExpression") return;
        if (HANDED_ON.includes(value.type)) return;
        context.report({ node, message: MESSAGE });
      },
      Literal(node) {
        check(node, node.value);
      },
      TemplateElement(node) {
        check(node, node.cooked);
      },
    };
  },
};
