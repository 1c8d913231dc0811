import type { Verdict } from "../kinds.ts";

/**
 * Returns what a state means for a job that is complete when its VM runs, in
 * whatever letter case the service writes it. A state that this program does
 * not know is waited out.
 */
export function judgeRunning(state: string): Verdict {
  switch (state.toLowerCase()) {
    case "running":
      return "complete";
    case "paused":
    case "sleeping":
      return "asleep";
    case "dead":
      return "failed";
    default:
      return "wait";
  }
}
