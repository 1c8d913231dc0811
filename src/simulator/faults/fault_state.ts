import * as z from "zod/mini";
import { Refusal } from "../service/answer.ts";
import { NotYet } from "../service/endpoint.ts";
import { ENDPOINTS } from "../service/endpoints.ts";
import { OPERATIONS } from "../service/operation.ts";
import type { Quirks } from "../service/quirks.ts";
import type { ServiceOptions } from "../service/request_state.ts";
import type { Store, Transaction } from "../service/store.ts";
import { CALL, type World } from "../service/world.ts";
import { type Fault, faultOf, FAULTS, RULE } from "./faults.ts";
import { RECORD } from "./request_record.ts";

const FAULT_STATE = z.object({
  rules: z.array(RULE),
  /** Requests that wait to be released. */
  holds: z.array(z.object({
    id: z.string(),
    operation: z.nullable(z.enum(OPERATIONS)),
  })),
  /** Requests whose connection was dropped, to be carried out later. */
  late: z.array(z.object({
    at: z.number(),
    call: CALL,
    faults: FAULTS,
    record: RECORD,
  })),
});

/** The part of the world that is about faults. */
export type FaultState = z.infer<typeof FAULT_STATE>;

/**
 * Runs `change` on the part of the world that is about faults, and keeps the
 * result.
 *
 * @throws {SyntaxError} when that part is not what this program writes.
 */
export function changeFaults<T>(
  world: World,
  change: (state: FaultState) => T,
): T {
  const { data, error } = FAULT_STATE.safeParse(world);
  if (!data) {
    const where = error?.issues[0]?.path.join(".");
    throw new SyntaxError(`"${where}" is not what this program writes there`);
  }
  const result = change(data);
  Object.assign(world, data);
  return result;
}

/** Runs {@linkcode changeFaults} on the world of a store. */
export function updateFaults<T>(
  store: Store,
  change: (state: FaultState) => T,
): Promise<T> {
  return store.update(({ world }) => changeFaults(world, change));
}

/** Returns the faults that the service itself applies. */
export function quirksOf(faults: readonly Fault[]): Quirks {
  return {
    unlisted: faultOf(faults, "unlisted"),
    unreadable: faultOf(faults, "unreadable"),
    lag: faultOf(faults, "lag"),
    alsoListed: faultOf(faults, "also_listed"),
    labels: faultOf(faults, "labels"),
    states: faultOf(faults, "states"),
    boot: faultOf(faults, "boot"),
    fewer: faultOf(faults, "fewer"),
    forget: faultOf(faults, "forget"),
    oldBranchAnswer: faultOf(faults, "old_branch_answer"),
  };
}

/** Carries out the late requests that are due. */
export function carryOutLate(
  { clock, bootMs, resumeMs }: ServiceOptions,
  { world, log }: Transaction,
): void {
  const now = clock.now().getTime();
  changeFaults(world, (state) => {
    const due = state.late.filter(({ at }) => at <= now);
    state.late = state.late.filter(({ at }) => at > now);
    for (const late of due) {
      const { at, call, record } = late;
      const quirks = quirksOf(late.faults);
      try {
        const context = { world, now: at, bootMs, resumeMs, quirks };
        const { committed } = ENDPOINTS[call.operation](call, context);
        log({ ...record, committed });
      } catch (error) {
        if (error instanceof NotYet) {
          state.late.push({ ...late, at: error.until });
        } else if (!(error instanceof Refusal)) {
          // A refusal has no client to go to any more.
          throw error;
        }
      }
    }
  });
}
