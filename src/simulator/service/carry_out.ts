import { accountOf } from "./account.ts";
import { bareAnswer, errorAnswer, Refusal } from "./answer.ts";
import { type EndpointResult, NotYet } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { OPEN_OPERATIONS } from "./operation.ts";
import type { Quirks } from "./quirks.ts";
import type { RequestState, ServiceOptions } from "./request_state.ts";
import type { Transaction } from "./store.ts";
import type { Account, ServiceCall, World } from "./world.ts";

/** The result of carrying a request out, or when to try again. */
export type Attempt = EndpointResult | NotYet;

/**
 * Carries a request out if that is possible by now, and records the result.
 * With `isLast`, that is final: nothing is done to the answer afterwards.
 */
export function carryOut(
  options: ServiceOptions,
  state: RequestState,
  { world, log }: Transaction,
  { quirks = {}, isLast }: { quirks?: Quirks; isLast: boolean },
): Attempt {
  const attempt = attemptOf(options, state, world, quirks);
  const { record } = state;
  if (!(attempt instanceof NotYet)) {
    const { answer, committed, readyAt } = attempt;
    const isAnswered = isLast && readyAt === undefined;
    state.record = {
      ...record,
      committed: committed || record.committed,
      status: isAnswered ? answer.status : "pending",
    };
  }
  log(state.record);
  return attempt;
}

function attemptOf(
  options: ServiceOptions,
  state: RequestState,
  world: World,
  quirks: Quirks,
): Attempt {
  const { clock, bootMs, resumeMs } = options;
  const now = clock.now().getTime();
  try {
    const call = admit(options, state, world);
    const context = { world, now, bootMs, resumeMs, quirks };
    return ENDPOINTS[call.operation](call, context);
  } catch (error) {
    if (error instanceof NotYet) return error;
    if (!(error instanceof Refusal)) throw error;
    return { answer: error.answer, committed: false };
  }
}

/**
 * Returns the result of a request when its answer is due; `tryAgain` carries
 * it out where the first attempt was too early.
 */
export async function resultOf(
  { clock }: ServiceOptions,
  { incoming: { signal } }: RequestState,
  first: Attempt,
  tryAgain: () => Promise<Attempt>,
): Promise<EndpointResult> {
  let attempt = first;
  while (attempt instanceof NotYet) {
    const ms = attempt.until - clock.now().getTime();
    await clock.sleep(Math.max(ms, 1), signal);
    attempt = await tryAgain();
  }
  if (attempt.readyAt !== undefined) {
    await clock.sleep(attempt.readyAt - clock.now().getTime(), signal);
  }
  return attempt;
}

const NOBODY: Account = { keyId: "", organisation: "" };

/**
 * Returns the call that a request is.
 *
 * @throws {Refusal} when its key is not known, or its path is not.
 */
export function admit(
  { authFailure }: ServiceOptions,
  { incoming, route, key }: RequestState,
  world: World,
): ServiceCall {
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
