import { strictEqual } from "node:assert/strict";
import { Failure, messageOf } from "./failure.ts";

Deno.test("a Failure has its code, and is not retryable unless it is said to be", () => {
  const cause = new Error("why");
  const failure = new Failure("Cannot go on", { code: "general", cause });
  strictEqual(failure.name, "Failure");
  strictEqual(failure.message, "Cannot go on");
  strictEqual(failure.code, "general");
  strictEqual(failure.cause, cause);
  strictEqual(failure.hint, undefined);
  strictEqual(failure.retryable, false);
});

Deno.test("a Failure keeps its hint, and that it is retryable", () => {
  const failure = new Failure("Cannot go on", {
    code: "conflict",
    hint: "vers jobs list",
    retryable: true,
  });
  strictEqual(failure.hint, "vers jobs list");
  strictEqual(failure.retryable, true);
});

Deno.test("messageOf() is what an error says, or what was thrown in its place", () => {
  strictEqual(messageOf(new TypeError("it broke")), "it broke");
  strictEqual(messageOf("it broke"), "it broke");
  strictEqual(messageOf(undefined), "undefined");
});
