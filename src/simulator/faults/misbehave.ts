import { systemClock } from "../../clock.ts";
import {
  bareAnswer,
  errorAnswer,
  jsonAnswer,
  Refusal,
  type ServiceAnswer,
} from "../service/answer.ts";
import { admit, resultOf } from "../service/carry_out.ts";
import {
  amend,
  type Reply,
  type RequestState,
  type ServiceOptions,
} from "../service/request_state.ts";
import {
  carryOutLate,
  changeFaults,
  quirksOf,
  updateFaults,
} from "./fault_state.ts";
import { type Fault, faultOf, takeFaults } from "./faults.ts";

/** A request, and the faults that apply to it. */
interface FaultyRequest {
  readonly options: ServiceOptions;
  readonly state: RequestState;
  readonly faults: readonly Fault[];
}

/** The two points at which faults act: before it is carried out, and after. */
type Point = "before" | "after";

const HOLD_LOOK_MS = 10;

/** Answers a request with the faults that the rules give it, if any. */
export async function misbehave(
  options: ServiceOptions,
  state: RequestState,
): Promise<Reply> {
  const { store, clock } = options;
  const faults = await store.update((transaction) => {
    carryOutLate(options, transaction);
    transaction.log(state.record);
    return changeFaults(
      transaction.world,
      ({ rules }) => takeFaults(rules, state.record, clock.now().getTime()),
    );
  });
  const faulty: FaultyRequest = { options, state, faults };
  await pause(faulty, "before");
  const early = await endEarly(faulty);
  if (early) return early;
  const how = { quirks: quirksOf(faults), isFinal: faults.length === 0 };
  let { answer } = await resultOf(options, state, how);
  const twice = faultOf(faults, "twice");
  if (twice) {
    await clock.sleep(twice.ms ?? 0, state.incoming.signal);
    const second = await resultOf(options, state, how);
    if (twice.answers !== "first") answer = second.answer;
  }
  await pause(faulty, "after");
  return await endLate(faulty, answer);
}

/** Waits for the delays and holds of this point. */
async function pause(faulty: FaultyRequest, when: Point): Promise<void> {
  const { options: { clock }, state: { incoming: { signal } } } = faulty;
  for (const fault of faulty.faults) {
    if (fault.type === "delay" && fault.when === when) {
      await clock.sleep(fault.ms, signal);
    }
    if (fault.type === "hold" && fault.when === when) {
      await hold(faulty, fault.ms);
    }
  }
}

/** Waits until the request is released, in this process or another. */
async function hold(
  { options: { store, clock }, state: { record, incoming } }: FaultyRequest,
  ms: number | undefined,
): Promise<void> {
  const { id, operation } = record;
  const over = new AbortController();
  const signal = AbortSignal.any([incoming.signal, over.signal]);
  let isOver = false;
  const timer = ms === undefined ? undefined : clock.sleep(ms, signal)
    .then(() => isOver = true, () => {});
  const isHeld = () =>
    updateFaults(store, ({ holds }) => holds.some((held) => held.id === id));
  try {
    await updateFaults(store, ({ holds }) => holds.push({ id, operation }));
    // Another process releases it: looking needs time that really passes.
    while (!isOver && await isHeld()) {
      await systemClock.sleep(HOLD_LOOK_MS, incoming.signal);
    }
  } finally {
    over.abort();
    await timer;
    await updateFaults(store, (state) => {
      state.holds = state.holds.filter((held) => held.id !== id);
    });
  }
}

/** Returns the reply to a request that a fault keeps from being carried out. */
async function endEarly(faulty: FaultyRequest): Promise<Reply | undefined> {
  const { options, state, faults } = faulty;
  const late = faultOf(faults, "commit_late");
  const isDropped = late || faultOf(faults, "close_reused") ||
    faults.some((fault) => fault.type === "drop" && fault.when === "before");
  if (late) await postpone(faulty, late.ms);
  if (isDropped || faultOf(faults, "unreachable")) {
    await amend(options, state, { status: "dropped" });
    return { type: isDropped ? "dropped" : "unreachable" };
  }
  const scripted = scriptedAnswer(faults, "before");
  if (!scripted) return undefined;
  await amend(options, state, { status: scripted.status });
  return { type: "answer", answer: scripted };
}

async function postpone(
  { options, state, faults }: FaultyRequest,
  ms: number,
): Promise<void> {
  await options.store.update(({ world }) => {
    try {
      const call = admit(options, state, world);
      const at = options.clock.now().getTime() + ms;
      const record = { ...state.record, status: "dropped" as const };
      changeFaults(
        world,
        ({ late }) => late.push({ at, call, faults: [...faults], record }),
      );
    } catch (error) {
      // It would be refused later, too.
      if (!(error instanceof Refusal)) throw error;
    }
  });
}

/** Returns the reply to a request that was carried out. */
async function endLate(
  { options, state, faults }: FaultyRequest,
  answer: ServiceAnswer,
): Promise<Reply> {
  if (faults.some((fault) => fault.type === "drop" && fault.when === "after")) {
    await amend(options, state, { status: "dropped" });
    return { type: "dropped" };
  }
  const cut = faultOf(faults, "cut");
  const said = scriptedAnswer(faults, "after") ?? answer;
  const status = cut ? "cut" : said.status;
  const half = Math.floor(new TextEncoder().encode(said.body).length / 2);
  if (state.record.status !== status) await amend(options, state, { status });
  return { type: "answer", answer: said, cutAfter: cut && (cut.bytes ?? half) };
}

function scriptedAnswer(
  faults: readonly Fault[],
  when: Point,
): ServiceAnswer | undefined {
  const fault = faults.find((fault) =>
    fault.type === "answer" && fault.when === when
  );
  if (fault?.type !== "answer") return undefined;
  const { status, headers, json, text } = fault;
  const answer = text !== undefined
    ? bareAnswer(status, text)
    : json !== undefined
    ? jsonAnswer(status, json)
    : status >= 400
    ? errorAnswer(status, "the simulator was told to say so")
    : bareAnswer(status);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
