import type { FileUses } from "../command_line/command.ts";

/** What a command that asks the service does with files. */
export const SERVICE_FILES = {
  credentials: "read",
  settings: "read",
  simulated: "read, write",
} as const satisfies FileUses;

/** What a command that is about one VM does with files. */
export const TARGET_FILES = {
  ...SERVICE_FILES,
  aliases: "read",
  head: "read",
} as const satisfies FileUses;

/** What a command that can be waited for does with files. */
export const JOB_FILES = {
  ...SERVICE_FILES,
  ledger: "read, write",
  locks: "read, write",
  aliases: "read, write",
  head: "read, write",
} as const satisfies FileUses;
