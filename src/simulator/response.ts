import type { Clock } from "../clock.ts";
import type { Reply } from "./service/request_state.ts";

/** What `fetch` throws when the connection ended before the answer did. */
export class ConnectionDropped extends TypeError {
  override readonly name = "ConnectionDropped";

  constructor() {
    super("Cannot read the answer: the simulator closed the connection");
  }
}

/** Returns an error as Deno has it where no connection could be made. */
export function unreachable(url: string): TypeError {
  return new TypeError(
    `error sending request for url (${url}): ` +
      "client error (Connect): the simulator was told not to be there",
  );
}

/** Statuses whose answers have no body. */
export const BODILESS_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/** A reply that is an answer. */
export type AnswerReply = Reply & { readonly type: "answer" };

/** What the body of an answer is sent by. */
export interface Pacing {
  readonly clock: Clock;
  /** Aborted when the client no longer waits. */
  readonly signal: AbortSignal;
}

/** Returns an answer as `fetch` gives it; a cut one breaks in its body. */
export function toResponse(reply: AnswerReply, pacing: Pacing): Response {
  const { answer: { status, headers, body, pauses }, cutAfter } = reply;
  if (cutAfter !== undefined || pauses) {
    return new Response(bodyStream(reply, pacing), { status, headers });
  }
  // Bytes, not text: text would be given a content type.
  const bytes = new TextEncoder().encode(body);
  const hasBody = bytes.length > 0 && !BODILESS_STATUSES.has(status);
  return new Response(hasBody ? bytes : null, { status, headers });
}

/** Returns as much of an answer's body as is sent: less, if it is cut. */
export function sentBody(
  { answer, cutAfter }: AnswerReply,
): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(answer.body).subarray(0, cutAfter);
}

/** Yields what is sent of an answer's body, each piece when it is due. */
export async function* bodyPieces(
  reply: AnswerReply,
  { clock, signal }: Pacing,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bytes = sentBody(reply);
  let start = 0;
  for (const { at, until } of reply.answer.pauses ?? []) {
    if (at > bytes.length) break;
    // A stream takes no empty piece.
    if (at > start) yield bytes.subarray(start, at);
    start = at;
    await clock.sleep(until - clock.now().getTime(), signal);
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

function bodyStream(
  reply: AnswerReply,
  pacing: Pacing,
): ReadableStream<Uint8Array> {
  const pieces = bodyPieces(reply, pacing);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (!done) controller.enqueue(value);
      else if (reply.cutAfter === undefined) controller.close();
      else controller.error(new ConnectionDropped());
    },
  });
}
