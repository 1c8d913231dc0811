import type { Mutation } from "./built_program.ts";

/** A mutation, and the story in which it must come to light. */
export interface TellingMutation extends Mutation {
  readonly story: string;
  readonly needsStrace?: boolean;
  /** The kind of which it is told, if not `vm.run`. */
  readonly kind?: string;
  /** What is reported then, if not a number of VMs. */
  readonly shows?: RegExp;
}

/** Promises that the program could break, each by one change to its text. */
export const MUTATIONS: readonly TellingMutation[] = [
  {
    name: "no lock of the key",
    from: /await lockForWork\((\w+), work\.key\)/,
    to: "await lockForWork($1, crypto.randomUUID())",
    story: "many copies at once",
  },
  {
    name: "no intent",
    from: /const isWritten = await \w+\.journal\.append\(job\)/,
    to: "const isWritten = true",
    story: "request carried out, not answered",
  },
  {
    name: "no intent of a command in a VM",
    from: /const isWritten = await \w+\.journal\.append\(job\)/,
    to: "const isWritten = true",
    story: "exec: request carried out, not answered",
    kind: "vm.exec",
    shows: /the command was started [2-9] times/,
  },
  {
    name: "no sync",
    from: /file\.syncDataSync\(\);(?=\s+\} catch \(error\) \{\s+cutBack)/,
    to: "",
    story: "power cut: request carried out, not answered",
    needsStrace: true,
  },
];
