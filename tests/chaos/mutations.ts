import type { Mutation } from "./built_program.ts";

/** A mutation, and the story in which it must come to light. */
export interface TellingMutation extends Mutation {
  readonly story: string;
  readonly needsStrace?: boolean;
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
    name: "no sync",
    from: /file\.syncDataSync\(\);(?=\s+\} catch \(error\) \{\s+cutBack)/,
    to: "",
    story: "power cut: request carried out, not answered",
    needsStrace: true,
  },
];
