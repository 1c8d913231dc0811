import { accountOf } from "./account.ts";
import { bareAnswer, errorAnswer, Refusal } from "./answer.ts";
import type { Outcome } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { OPEN_OPERATIONS } from "./operation.ts";
import type { ExchangeOptions, Passage } from "./request_state.ts";
import type { Transaction } from "./store.ts";
import type { Account, Call, World } from "./world.ts";

/** Carries a request out, or tells when to ask again. */
export function carryOut(
  options: ExchangeOptions,
  passage: Passage,
  world: World,
): Outcome {
  try {
    const call = admit(options, passage, world);
    const { clock, bootMs, resumeMs } = options;
    const { faults } = passage;
    const now = clock.now().getTime();
    const endpoint = ENDPOINTS[call.operation];
    return endpoint(call, { world, now, bootMs, resumeMs, faults });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { type: "answer", answer: error.answer, committed: false };
  }
}

const NOBODY: Account = { keyId: "", organisation: "" };

/**
 * Returns the call that a request is.
 *
 * @throws {Refusal} when its key is not known, or its path is not.
 */
export function admit(
  { authFailure }: ExchangeOptions,
  { incoming, route, key }: Passage,
  world: World,
): Call {
  const isOpen = route.type === "operation" &&
    OPEN_OPERATIONS.has(route.operation);
  const account = accountOf(world, key);
  if (!account && !isOpen) {
    throw new Refusal(
      authFailure === "gateway"
        ? bareAnswer(403, "403 Forbidden")
        : bareAnswer(401),
    );
  }
  if (route.type === "unknown") {
    throw new Refusal(errorAnswer(404, "Not Found"));
  }
  if (route.type === "wrong_method") {
    const headers = { allow: route.allowed.join(",") };
    throw new Refusal({ status: 405, headers, body: "" });
  }
  return {
    operation: route.operation,
    params: { ...route.params },
    query: Object.fromEntries(incoming.url.searchParams),
    body: incoming.body,
    account: account ?? NOBODY,
  };
}

/** Carries out what was to be carried out late and is due by now. */
export function carryOutLate(
  { clock, bootMs, resumeMs }: ExchangeOptions,
  { world, log }: Transaction,
): void {
  const now = clock.now().getTime();
  const due = world.late.filter(({ at }) => at <= now);
  if (due.length === 0) return;
  world.late = world.late.filter(({ at }) => at > now);
  for (const late of due) {
    const { at, call, faults, record } = late;
    try {
      const context = { world, now: at, bootMs, resumeMs, faults };
      const outcome = ENDPOINTS[call.operation](call, context);
      if (outcome.type === "wait") {
        world.late.push({ ...late, at: outcome.until });
      } else {
        log({ ...record, committed: outcome.committed });
      }
    } catch (error) {
      // It would have been turned down, and nobody is there to be told.
      if (!(error instanceof Refusal)) throw error;
    }
  }
}
