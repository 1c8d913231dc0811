const ROUTES = [
  ["POST", "vm/new_root", "new_root"],
  ["POST", "vm/from_commit", "from_commit"],
  ["POST", "vm/branch/by_vm/{vm}", "branch"],
  ["POST", "vm/branch/by_commit/{commit}", "branch"],
  ["POST", "vm/branch/by_tag/{tag}", "branch"],
  ["POST", "vm/branch/by_ref/{repo}/{tag}", "branch"],
  ["POST", "vm/{vmOrCommit}/branch", "branch"],
  ["POST", "deploy", "deploy"],
  ["GET", "vm", "list"],
  ["GET", "vms", "list"],
  ["GET", "vm/{vm}/status", "status"],
  ["GET", "vm/{vm}/metadata", "metadata"],
  ["PATCH", "vm/{vm}/label", "label"],
  ["PATCH", "vm/{vm}/state", "state"],
  ["PATCH", "vm/{vm}/disk", "disk"],
  ["DELETE", "vm/{vm}", "delete"],
  ["POST", "vm/{vm}/commit", "commit"],
  ["POST", "vm/{vm}/exec", "exec"],
  ["POST", "vm/{vm}/exec/stream", "exec_stream"],
  ["POST", "vm/{vm}/exec/stream/attach", "exec_attach"],
  ["GET", "commits", "commits"],
  ["GET", "commits/public", "public_commits"],
  ["GET", "repositories/{repo}/tags/{tag}", "tag"],
  ["GET", "whoami", "whoami"],
  ["POST", "keys/validate", "validate_key"],
  ["GET", "system/version", "version"],
  ["GET", "health", "health"],
] as const satisfies readonly (readonly [string, string, string])[];

/** One thing that can be asked of the service: so faults and records name it. */
export type Operation = typeof ROUTES[number][2];

/** Everything that can be asked of the service. */
export const OPERATIONS: readonly Operation[] = [
  ...new Set(ROUTES.map(([, , operation]) => operation)),
];

/** What a method and a path ask for. */
export type Route =
  | {
    readonly type: "operation";
    readonly operation: Operation;
    readonly params: Readonly<Record<string, string>>;
  }
  | { readonly type: "wrong_method"; readonly allowed: readonly string[] }
  | { readonly type: "unknown" };

/** Operations that are answered without a key. */
export const OPEN_OPERATIONS: ReadonlySet<Operation> = new Set<Operation>([
  "version",
  "health",
]);

/** Returns what a request asks for, with the prefix `/api/v1` or without. */
export function matchRoute(method: string, pathname: string): Route {
  const path = pathname.replaceAll(/\/+/g, "/").replace(/\/$/, "")
    .replace(/^\/(api\/v1\/)?/, "");
  const allowed: string[] = [];
  for (const [routeMethod, pattern, operation] of ROUTES) {
    const params = matchPattern(pattern, path);
    if (!params) continue;
    if (routeMethod === method) return { type: "operation", operation, params };
    allowed.push(routeMethod);
  }
  return allowed.length > 0
    ? { type: "wrong_method", allowed }
    : { type: "unknown" };
}

function matchPattern(
  pattern: string,
  path: string,
): Record<string, string> | undefined {
  const expression = pattern.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const match = new RegExp(`^${expression}$`).exec(path);
  if (!match) return undefined;
  const params = Object.entries(match.groups ?? {});
  return Object.fromEntries(params.map(([name, text]) => [name, decode(text)]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
