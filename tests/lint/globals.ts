type Node = Deno.lint.Node;

/**
 * Returns the name of a value that is not declared in this file, `Deno.stdout`
 * or `fetch`; nothing for what has no such name. `globalThis.fetch` is `fetch`,
 * and `Deno["exit"]` is `Deno.exit`.
 */
export function globalName(node: Node): string | undefined {
  if (node.type === "Identifier") {
    return isReference(node) && !isDeclared(node) ? node.name : undefined;
  }
  if (node.type === "ChainExpression") return globalName(node.expression);
  if (node.type !== "MemberExpression") return undefined;
  const object = globalName(node.object);
  const name = memberName(node);
  if (object === undefined || name === undefined) return undefined;
  return object === "globalThis" ? name : `${object}.${name}`;
}

/** Returns the name of a member, of whatever object, where it is spelled out. */
export function memberName(
  { property, computed }: Deno.lint.MemberExpression,
): string | undefined {
  if (!computed) {
    return property.type === "Identifier" ? property.name : undefined;
  }
  return textOf(property);
}

/** Returns the names that a pattern takes out of its object. */
export function takenNames({ properties }: Deno.lint.ObjectPattern): string[] {
  return properties.flatMap((property) => {
    if (property.type !== "Property") return [];
    const { key, computed } = property;
    return (computed ? textOf(key) : propertyName(property)) ?? [];
  });
}

/** Returns the name of a property, unless it is computed. */
export function propertyName(
  { key, computed }: Deno.lint.Property,
): string | undefined {
  if (computed) return undefined;
  return key.type === "Identifier" ? key.name : textOf(key);
}

/** Returns what a pattern takes its values from, where that is in sight. */
export function sourceOf({ parent }: Deno.lint.ObjectPattern): Node | null {
  switch (parent.type) {
    case "VariableDeclarator":
      return parent.init;
    case "AssignmentExpression":
    case "AssignmentPattern":
      return parent.right;
    default:
      return null;
  }
}

function textOf(node: Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string"
    ? node.value
    : undefined;
}

const TYPED_VALUES = [
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
];

/** Returns whether a name stands for a value, not for a field or a type. */
function isReference(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.key !== node || parent.computed;
    case "ExportSpecifier":
      return parent.local === node;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "ImportSpecifier":
    case "ImportAttribute":
    case "MetaProperty":
      return false;
    default:
      return !parent.type.startsWith("TS") ||
        TYPED_VALUES.includes(parent.type);
  }
}

/** Returns whether a name is declared where it stands, or around it. */
function isDeclared(node: Deno.lint.Identifier): boolean {
  let scope: Node | null = node;
  while (scope !== null) {
    if (declaredBy(scope).includes(node.name)) return true;
    scope = parentOf(scope);
  }
  return false;
}

function parentOf(node: Node): Node | null {
  return "parent" in node ? node.parent as Node | null : null;
}

const known = new WeakMap<Node, readonly string[]>();

function declaredBy(scope: Node): readonly string[] {
  let names = known.get(scope);
  if (names === undefined) {
    names = namesIn(scope);
    known.set(scope, names);
  }
  return names;
}

function namesIn(scope: Node): string[] {
  switch (scope.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
      return scope.body.flatMap(namesOfStatement);
    case "SwitchStatement":
      return scope.cases.flatMap((one) =>
        one.consequent.flatMap(namesOfStatement)
      );
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return [
        ...scope.params.flatMap(namesOfPattern),
        ..."id" in scope && scope.id ? [scope.id.name] : [],
      ];
    case "ClassDeclaration":
    case "ClassExpression":
      return scope.id ? [scope.id.name] : [];
    case "ForStatement":
      return scope.init ? namesOfStatement(scope.init) : [];
    case "ForInStatement":
    case "ForOfStatement":
      return namesOfStatement(scope.left);
    case "CatchClause":
      return scope.param ? namesOfPattern(scope.param) : [];
    default:
      return [];
  }
}

function namesOfStatement(statement: Node): string[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) => namesOfPattern(id));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return statement.id ? [statement.id.name] : [];
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return statement.declaration
        ? namesOfStatement(statement.declaration)
        : [];
    case "ImportDeclaration":
      return statement.specifiers.map(({ local }) => local.name);
    default:
      return [];
  }
}

function namesOfPattern(
  pattern: Node | Deno.lint.TSParameterProperty,
): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return namesOfPattern(pattern.left);
    case "RestElement":
      return namesOfPattern(pattern.argument);
    case "TSParameterProperty":
      return namesOfPattern(pattern.parameter);
    case "Property":
      return namesOfPattern(pattern.value);
    case "ObjectPattern":
      return pattern.properties.flatMap(namesOfPattern);
    case "ArrayPattern":
      return pattern.elements.flatMap((one) => one ? namesOfPattern(one) : []);
    default:
      return [];
  }
}
