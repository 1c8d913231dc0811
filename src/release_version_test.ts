import { strictEqual } from "node:assert/strict";
import { isNewer, isReleaseVersion } from "./release_version.ts";

Deno.test("isNewer() orders versions as releases follow each other", () => {
  const inOrder = [
    "not a version",
    "0.1.0",
    "0.1.1",
    "0.2.0-1",
    "0.2.0-alpha",
    "0.2.0-rc.2",
    "0.2.0-rc.10",
    "0.2.0-rc.10.1",
    "0.2.0",
    "0.10.0",
    "1.0.0",
    "10.0.0",
  ];
  for (const [at, version] of inOrder.entries()) {
    for (const [otherAt, other] of inOrder.entries()) {
      strictEqual(isNewer(version, other), at > otherAt, `${version} ${other}`);
    }
  }
});

Deno.test("isReleaseVersion() takes versions alone", () => {
  for (const good of ["0.1.0", "10.20.30", "1.0.0-rc.1"]) {
    strictEqual(isReleaseVersion(good), true, good);
  }
  for (const bad of ["v1.0.0", "1.0", "1.0.0/..", "latest", "", "1.0.0\n"]) {
    strictEqual(isReleaseVersion(bad), false, bad);
  }
});
