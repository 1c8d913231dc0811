import { isProgram, sourcePath } from "./source_path.ts";

/**
 * A `using` binding is there to let go of something, and for nothing else: it
 * is named `_x` and never read. Minifiers that take such a binding for unused
 * are found out by it, and what is read is bound by a `const` beside it.
 */
export const using: Deno.lint.Rule = {
  create(context) {
    if (!isProgram(sourcePath(context.filename))) return {};
    const bound = new Set<string>();
    const bindings = new Set<Deno.lint.Node>();
    const others: Deno.lint.Identifier[] = [];
    return {
      VariableDeclaration(node) {
        if (node.kind !== "using" && node.kind !== "await using") return;
        for (const { id } of node.declarations) {
          bindings.add(id);
          if (id.type !== "Identifier" || !id.name.startsWith("_")) {
            context.report({
              node: id,
              message: "A using binding is named _x, and never read",
              hint: "Bind what is read by a const beside it.",
            });
          } else bound.add(id.name);
        }
      },
      Identifier(node) {
        if (node.name.startsWith("_")) others.push(node);
      },
      "Program:exit"() {
        for (const node of others) {
          if (!bound.has(node.name) || isBinding(node)) continue;
          context.report({
            node,
            message: `The using binding "${node.name}" is read`,
            hint: "Bind what is read by a const beside it.",
          });
        }
      },
    };

    function isBinding(node: Deno.lint.Identifier): boolean {
      if (bindings.has(node)) return true;
      const { parent } = node;
      return parent.type === "VariableDeclarator" && parent.id === node ||
        parent.type === "MemberExpression" && parent.property === node &&
          !parent.computed;
    }
  },
};
