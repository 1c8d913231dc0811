import { systemClock } from "../../clock.ts";
import {
  type Answer,
  bareAnswer,
  errorAnswer,
  Refusal,
} from "../service/answer.ts";
import { admit } from "../service/carry_out.ts";
import { type Fault, faultOf } from "./faults.ts";
import {
  amend,
  type ExchangeOptions,
  type Passage,
  type Reply,
} from "../service/request_state.ts";
import type { World } from "../service/world.ts";

/** The two points at which faults act: before it is carried out, and after. */
export type Point = "before" | "after";

const HOLD_LOOK_MS = 10;

/** Waits as the faults of this point want it. */
export async function pause(
  options: ExchangeOptions,
  passage: Passage,
  when: Point,
): Promise<void> {
  const { signal } = passage.incoming;
  for (const fault of passage.faults) {
    if (fault.type === "delay" && fault.when === when) {
      await options.clock.sleep(fault.ms, signal);
    }
    if (fault.type === "hold" && fault.when === when) {
      await hold(options, passage, fault.ms);
    }
  }
}

/** Returns when the request was released, by whatever process. */
async function hold(
  { store, clock }: ExchangeOptions,
  { record, incoming }: Passage,
  ms: number | undefined,
): Promise<void> {
  const { id, operation } = record;
  const over = new AbortController();
  const signal = AbortSignal.any([incoming.signal, over.signal]);
  let isOver = false;
  const timer = ms === undefined ? undefined : clock.sleep(ms, signal)
    .then(() => isOver = true, () => {});
  try {
    await store.update(({ world }) => world.holds.push({ id, operation }));
    // Another process releases it: looking needs time that really passes.
    while (!isOver && await store.update(({ world }) => holds(world, id))) {
      await systemClock.sleep(HOLD_LOOK_MS, incoming.signal);
    }
  } finally {
    over.abort();
    await timer;
    await store.update(({ world }) => {
      world.holds = world.holds.filter((held) => held.id !== id);
    });
  }
}

function holds(world: World, id: string): boolean {
  return world.holds.some((held) => held.id === id);
}

/** Ends a request that is not to be carried out now, if it is one. */
export async function endEarly(
  options: ExchangeOptions,
  passage: Passage,
): Promise<Reply | undefined> {
  const { faults } = passage;
  const late = faultOf(faults, "commit_late");
  const isDropped = late || faultOf(faults, "close_reused") ||
    faults.some((fault) => fault.type === "drop" && fault.when === "before");
  if (late) await postpone(options, passage, late.ms);
  if (isDropped || faultOf(faults, "unreachable")) {
    await amend(options, passage, { status: "dropped" });
    return { type: isDropped ? "dropped" : "unreachable" };
  }
  const scripted = scriptedAnswer(faults, "before");
  if (!scripted) return undefined;
  await amend(options, passage, { status: scripted.status });
  return { type: "answer", answer: scripted, cut: false };
}

async function postpone(
  options: ExchangeOptions,
  passage: Passage,
  ms: number,
): Promise<void> {
  await options.store.update(({ world }) => {
    try {
      world.late.push({
        at: options.clock.now().getTime() + ms,
        call: admit(options, passage, world),
        faults: [...passage.faults],
        record: { ...passage.record, status: "dropped" },
      });
    } catch (error) {
      // Never to be carried out, then.
      if (!(error instanceof Refusal)) throw error;
    }
  });
}

/** Ends a request that was carried out. */
export async function endLate(
  options: ExchangeOptions,
  passage: Passage,
  answer: Answer,
): Promise<Reply> {
  const { faults } = passage;
  if (faults.some((fault) => fault.type === "drop" && fault.when === "after")) {
    await amend(options, passage, { status: "dropped" });
    return { type: "dropped" };
  }
  const scripted = scriptedAnswer(faults, "after");
  const cutFault = faultOf(faults, "cut");
  const cut = cutFault !== undefined;
  const said = scripted ?? answer;
  const status = cut ? "cut" : said.status;
  if (passage.record.status !== status) {
    await amend(options, passage, { status });
  }
  return { type: "answer", answer: said, cut, cutBytes: cutFault?.bytes };
}

function scriptedAnswer(
  faults: readonly Fault[],
  when: Point,
): Answer | undefined {
  for (const fault of faults) {
    if (fault.type !== "answer" || fault.when !== when) continue;
    const { status, headers, json, text } = fault;
    const answer = text !== undefined
      ? bareAnswer(status, text)
      : status >= 400 && json === undefined
      ? errorAnswer(status, "the simulator was told to say so")
      : json === undefined
      ? bareAnswer(status)
      : { ...bareAnswer(status, JSON.stringify(json)), headers: JSON_TYPE };
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  return undefined;
}

const JSON_TYPE = { "content-type": "application/json" };
