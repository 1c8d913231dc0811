import { strictEqual } from "node:assert/strict";
import { closest } from "./suggestion.ts";

const NAMES = ["wait", "timeout", "vm-alias", "no-resume", "max-resume-age"];

for (
  const [typed, meant] of [
    ["wiat", "wait"],
    ["vm_alias", "vm-alias"],
    ["vmalias", "vm-alias"],
    ["WAIT", "wait"],
    ["time", "timeout"],
    ["timeuot", "timeout"],
    ["no-resum", "no-resume"],
    ["constructor", undefined],
    ["x", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`closest() takes "${typed}" for ${meant ?? "nothing known"}`, () => {
    strictEqual(closest(typed, NAMES), meant);
  });
}
