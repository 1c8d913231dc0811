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

/** How a request is carried out. */
export interface CarryOutOptions {
  readonly quirks?: Quirks;
  /** Nothing is done to its answer afterwards. */
  readonly isFinal: boolean;
}

/** Carries a request out if that is possible by now, and records the result. */
export function carryOut(
  options: ServiceOptions,
  state: RequestState,
  { world, log }: Transaction,
  { quirks = {}, isFinal }: CarryOutOptions,
): Attempt {
  const attempt = attemptOf(options, state, world, quirks);
  const { record } = state;
  if (!(attempt instanceof NotYet)) {
    const { answer, committed, readyAt } = attempt;
    const isAnswered = isFinal && readyAt === undefined;
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
 * Carries a request out as soon as that is possible, and returns the result
 * when its answer is due.
 */
export async function resultOf(
  options: ServiceOptions,
  state: RequestState,
  how: CarryOutOptions,
  firstAttempt?: Attempt,
): Promise<EndpointResult> {
  const { store, clock } = options;
  const { signal } = state.incoming;
  const attempt = () =>
    store.update((transaction) => carryOut(options, state, transaction, how));
  let latest = firstAttempt ?? await attempt();
  while (latest instanceof NotYet) {
    const ms = latest.until - clock.now().getTime();
    await clock.sleep(Math.max(ms, 1), signal);
    latest = await attempt();
  }
  if (latest.readyAt !== undefined) {
    await clock.sleep(latest.readyAt - clock.now().getTime(), signal);
  }
  return latest;
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
