import { Failure } from "../../failure.ts";
import { readHead } from "../../project/head.ts";
import { defineCommand } from "../command_line/command.ts";
import { headPath, resolveTarget } from "../targets.ts";

/** `vers head`: prints the VM that is HEAD of this folder. */
export const command = defineCommand({
  summary: "Print the VM that is HEAD of this folder",
  description:
    "Prints the ID of the default VM of this folder. It is read from\n" +
    ".vers/HEAD; the service is not asked.",
  flags: {},
  positionals: [],
  examples: [
    ["vers head", "print the id"],
    ["vers head --json", "print it as JSON"],
  ],
  exitCodes: [[3, "this folder has no HEAD"]],
  files: { head: "read" },
  run({ progress: { warn } }, context) {
    const path = headPath(context);
    if (readHead(path) === undefined) {
      throw new Failure(`Cannot print HEAD: "${path}" names no VM`, {
        code: "not_found",
        hint: "to make a VM HEAD: vers checkout <vm>; " +
          "to list the VMs there are: vers status",
      });
    }
    const { id } = resolveTarget(undefined, {
      context,
      path: ["status"],
      warn,
    });
    return { result: { head: id }, ids: [id], text: [id], isBare: true };
  },
});
