import { carryOut, resultOf } from "./service/carry_out.ts";
import {
  amend,
  arrived,
  type Incoming,
  type Reply,
  type RequestState,
  type ServiceOptions,
} from "./service/request_state.ts";

/**
 * Answers one request, and keeps a record of it from its arrival on.
 *
 * Aborting the signal before it is carried out stops it. The fault
 * `commit_late` plays a service that continues without a client.
 *
 * @throws {unknown} the signal's reason, when that is aborted.
 */
export async function handleRequest(
  options: ServiceOptions,
  incoming: Incoming,
): Promise<Reply> {
  const state = await arrived(options, incoming);
  try {
    const reply = await answer(options, state);
    if (reply.type !== "answer") return reply;
    const headers = {
      "date": options.clock.now().toUTCString(),
      "x-request-id": state.record.id,
      ...reply.answer.headers,
    };
    return { ...reply, answer: { ...reply.answer, headers } };
  } catch (error) {
    if (!incoming.signal.aborted) throw error;
    await amend(options, state, { status: "aborted" });
    throw incoming.signal.reason;
  }
}

const PLAIN = { isFinal: true };

/** Answers as the service does; with rules in force, `misbehave` does. */
async function answer(
  options: ServiceOptions,
  state: RequestState,
): Promise<Reply> {
  const { store } = options;
  const first = await store.update((transaction) => {
    const { rules, late } = transaction.world;
    return rules.length > 0 || late.length > 0
      ? undefined
      : carryOut(options, state, transaction, PLAIN);
  });
  if (!first) {
    const { misbehave } = await import("./faults/misbehave.ts");
    return await misbehave(options, state);
  }
  const { answer } = await resultOf(options, state, PLAIN, first);
  const { status } = answer;
  if (state.record.status !== status) await amend(options, state, { status });
  return { type: "answer", answer };
}
