import { strictEqual } from "node:assert/strict";
import { isJobKind, JOB_KINDS } from "./record.ts";

Deno.test("isJobKind() knows every kind and nothing else", () => {
  for (const kind of JOB_KINDS) strictEqual(isJobKind(kind), true);
  for (const other of ["", "vm.snapshot", "VM.RUN", "length", null, 1, {}]) {
    strictEqual(isJobKind(other), false);
  }
});
