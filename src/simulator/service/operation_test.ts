import { deepStrictEqual } from "node:assert/strict";
import { matchRoute } from "./operation.ts";

for (
  const { method, path, route } of [
    { method: "GET", path: "/vms", route: { operation: "list", params: {} } },
    {
      method: "GET",
      path: "/api/v1/vm/",
      route: { operation: "list", params: {} },
    },
    {
      method: "POST",
      path: "/api/v1/vm/new_root",
      route: { operation: "new_root", params: {} },
    },
    {
      method: "POST",
      path: "/vm/a%3Ab/branch",
      route: { operation: "branch", params: { vmOrCommit: "a:b" } },
    },
    {
      method: "POST",
      path: "/vm/%zz/branch",
      route: { operation: "branch", params: { vmOrCommit: "%zz" } },
    },
    {
      method: "POST",
      path: "/vm/branch/by_ref/r/t",
      route: { operation: "branch", params: { repo: "r", tag: "t" } },
    },
  ]
) {
  Deno.test(`matchRoute() takes ${method} ${path} for ${route.operation}`, () => {
    deepStrictEqual(matchRoute(method, path), { type: "operation", ...route });
  });
}

Deno.test("matchRoute() tells a wrong method from a path that is not there", () => {
  deepStrictEqual(matchRoute("PUT", "/api/v1/vms"), {
    type: "wrong_method",
    allowed: ["GET"],
  });
  deepStrictEqual(matchRoute("GET", "/api/v2/vms"), { type: "unknown" });
});
