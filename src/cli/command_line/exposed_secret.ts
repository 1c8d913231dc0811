import type { CommandRequest } from "./parse.ts";
import { visible } from "../output/terminal_text.ts";

/** `NPM_TOKEN=abc`, alone or in a line of shell, but not `NPM_TOKEN=$X`. */
const ASSIGNMENT =
  /(?:^|[^A-Za-z0-9_])([A-Za-z0-9_]*(?:KEY|TOKEN|SECRET|PASSW(?:OR)?D|CREDENTIAL)[A-Za-z0-9_]*)=(?=[^\s$"']|["'][^$"'])/i;

/**
 * Returns warnings of what a command line shows to every user of the machine,
 * and ought not to: a key as the value of a flag that takes one, and variables
 * that are named like a secret. The secrets themselves are not in them.
 */
export function exposedSecrets(
  { command, invocation }: Pick<CommandRequest, "command" | "invocation">,
): readonly string[] {
  const warnings = invocation.given.flatMap(({ name, value }) => {
    const flag = Object.hasOwn(command.flags, name)
      ? command.flags[name]
      : undefined;
    if (flag === undefined || flag.type === "boolean" || value === undefined) {
      return [];
    }
    if (flag.privacy !== "secret") return [];
    const { stdinValue } = flag;
    if (stdinValue !== undefined) {
      if (value === stdinValue) return [];
      const line = ["vers", ...invocation.path, `--${name}`, stdinValue];
      return [
        `warning: the value of --${name} ${SEEN}; ${line.join(" ")} reads it ` +
        "from stdin",
      ];
    }
    const variable = ASSIGNMENT.exec(value)?.[1];
    return variable === undefined ? [] : [
      `warning: ${visible(variable)} in --${name} ${SEEN}`,
    ];
  });
  return [...new Set(warnings)];
}

const SEEN = "is on the command line, where every user of this machine can " +
  "see it, and may be kept in the shell's history";

/** A key of the service: its id, and what is not to be shown of it. */
const KEY = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[0-9a-f]{64}/gi;
/** But for what a hint of ours has in its place. */
const USER_OF_URL = /:\/\/(?!USER:PASSWORD@)[^/@\s"']+@/g;

/** Returns text without the keys and passwords that may have been typed. */
export function withoutSecrets(text: string): string {
  return text.replace(KEY, "$1…").replace(USER_OF_URL, "://…@");
}
