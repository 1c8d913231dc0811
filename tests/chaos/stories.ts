import { CLOCK_STEPS } from "./clock_steps.ts";
import { COMPANY_STORIES } from "./concurrent_stories.ts";
import { ENDING_STORIES } from "./endings.ts";
import { KILL_POINT_STORIES } from "./kill_points.ts";
import { INTERMEDIARY_STORY } from "./intermediaries.ts";
import { LINE_ENDS_STORY } from "./line_ends.ts";
import { LINEAGE_STORIES } from "./lineage.ts";
import { POWER_CUT_STORIES } from "./power_cuts.ts";
import { RANDOM_LOOP } from "./random_loop.ts";
import type { Story } from "./round.ts";
import { SERVER_FAULT_STORIES } from "./server_faults.ts";

/** Every story that the suite can tell. */
export const STORIES: readonly Story[] = [
  ...KILL_POINT_STORIES,
  ...POWER_CUT_STORIES,
  RANDOM_LOOP,
  ...COMPANY_STORIES,
  CLOCK_STEPS,
  ...SERVER_FAULT_STORIES,
  INTERMEDIARY_STORY,
  LINE_ENDS_STORY,
  ...LINEAGE_STORIES,
  ...ENDING_STORIES,
];
