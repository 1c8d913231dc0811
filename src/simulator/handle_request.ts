import { presentedKey } from "./service/account.ts";
import { carryOut, carryOutLate } from "./service/carry_out.ts";
import type { Outcome } from "./service/endpoint.ts";
import { faultOf, takeFaults } from "./faults/faults.ts";
import { endEarly, endLate, pause } from "./faults/misbehave.ts";
import { matchRoute } from "./service/operation.ts";
import {
  amend,
  type ExchangeOptions,
  type Incoming,
  type Passage,
  type Reply,
} from "./service/request_state.ts";
import { keptHeaders, type RequestRecord } from "./faults/request_record.ts";
import type { Transaction } from "./service/store.ts";

/**
 * Answers one request: takes the faults meant for it, carries it out, and
 * keeps a record of it from its arrival on.
 *
 * Aborting the signal before it is carried out stops it. A service that goes
 * on although nobody listens is what the fault `commit_late` plays.
 *
 * @throws {unknown} the signal's reason, when that is aborted.
 */
export async function exchange(
  options: ExchangeOptions,
  incoming: Incoming,
): Promise<Reply> {
  const { clock } = options;
  const passage = await arrive(options, incoming);
  try {
    const reply = await pass(options, passage);
    if (reply.type !== "answer") return reply;
    const headers = {
      "date": clock.now().toUTCString(),
      "x-request-id": passage.record.id,
      ...reply.answer.headers,
    };
    return { ...reply, answer: { ...reply.answer, headers } };
  } catch (error) {
    if (!incoming.signal.aborted) throw error;
    await amend(options, passage, { status: "aborted" });
    throw incoming.signal.reason;
  }
}

async function pass(
  options: ExchangeOptions,
  passage: Passage,
): Promise<Reply> {
  const { store, clock } = options;
  const { signal } = passage.incoming;
  const outcome = await store.update((transaction) => {
    carryOutLate(options, transaction);
    passage.faults = takeFaults(
      transaction.world.rules,
      passage.record,
      clock.now().getTime(),
    );
    transaction.log(passage.record);
    // With nothing in its way, one look at the world is enough.
    return passage.faults.length === 0
      ? carryOutNow(options, passage, transaction)
      : undefined;
  });
  await pause(options, passage, "before");
  const early = await endEarly(options, passage);
  if (early) return early;
  const first = await finish(options, passage, outcome);
  const twice = faultOf(passage.faults, "twice");
  let answer = first.answer;
  if (twice) {
    await clock.sleep(twice.ms ?? 0, signal);
    const second = await finish(options, passage);
    if (twice.answers !== "first") answer = second.answer;
  }
  await pause(options, passage, "after");
  return await endLate(options, passage, answer);
}

/** Carries a request out when that can be, and returns what there is to say. */
async function finish(
  options: ExchangeOptions,
  passage: Passage,
  begun?: Outcome,
): Promise<Outcome & { readonly type: "answer" }> {
  const { store, clock } = options;
  const { signal } = passage.incoming;
  let outcome = begun;
  while (outcome?.type !== "answer") {
    if (outcome) {
      const ms = outcome.until - clock.now().getTime();
      await clock.sleep(Math.max(ms, 1), signal);
    }
    outcome = await store.update((transaction) =>
      carryOutNow(options, passage, transaction)
    );
  }
  if (outcome.readyAt !== undefined) {
    await clock.sleep(outcome.readyAt - clock.now().getTime(), signal);
  }
  return outcome;
}

async function arrive(
  { clock, ownKey }: ExchangeOptions,
  incoming: Incoming,
): Promise<Passage> {
  const { method, url, headers, reused } = incoming;
  const route = matchRoute(method, url.pathname);
  const key = await presentedKey(headers.get("authorization"), ownKey);
  const record: RequestRecord = {
    id: crypto.randomUUID(),
    at: clock.now().toISOString(),
    method,
    path: url.pathname,
    query: url.search.slice(1),
    operation: route.type === "operation" ? route.operation : null,
    keyId: key?.keyId ?? null,
    headers: keptHeaders(headers),
    reused,
    committed: false,
    status: "pending",
  };
  return { incoming, route, key, faults: [], record };
}

/** Carries a request out and writes down what it came to, if anything. */
function carryOutNow(
  options: ExchangeOptions,
  passage: Passage,
  { world, log }: Transaction,
): Outcome {
  const outcome = carryOut(options, passage, world);
  if (outcome.type !== "answer") return outcome;
  const { answer, committed, readyAt } = outcome;
  const isAnswered = passage.faults.length === 0 && readyAt === undefined;
  passage.record = {
    ...passage.record,
    committed: committed || passage.record.committed,
    status: isAnswered ? answer.status : "pending",
  };
  log(passage.record);
  return outcome;
}
