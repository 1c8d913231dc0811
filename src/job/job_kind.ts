/** Every kind of job, in the words of the Go CLI's ledger. */
export const JOB_KINDS = [
  "vm.run",
  "vm.branch",
  "vm.deploy",
  "vm.resume",
  "vm.run_commit",
] as const;

/** What a job does. */
export type JobKind = typeof JOB_KINDS[number];

/** Returns whether `value` names a kind that this program knows. */
export function isJobKind(value: unknown): value is JobKind {
  return (JOB_KINDS as readonly unknown[]).includes(value);
}
