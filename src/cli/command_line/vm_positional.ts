import type { Positional } from "./command.ts";

/** The VM that a command is about, where it may be left out. */
export const VM_POSITIONAL: Positional = {
  name: "vm",
  brief: "Id or alias; default: HEAD of this folder",
  isOptional: true,
};
