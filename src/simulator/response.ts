import type { Answer } from "./answer.ts";

/** What `fetch` throws when the connection ended before the answer did. */
export class ConnectionDropped extends TypeError {
  override readonly name = "ConnectionDropped";
}

/** Returns the error of a connection that was closed without an answer. */
export function connectionDropped(): ConnectionDropped {
  return new ConnectionDropped(
    "Cannot read the answer: the simulator closed the connection",
  );
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

/** Returns an answer as `fetch` gives it; a cut one breaks in its body. */
export function toResponse(
  { answer, cut }: { readonly answer: Answer; readonly cut: boolean },
): Response {
  const { status, headers } = answer;
  // Bytes, not text: text would be given a content type.
  const bytes = new TextEncoder().encode(answer.body);
  if (cut) return new Response(brokenStream(bytes), { status, headers });
  const hasBody = bytes.length > 0 && !BODILESS_STATUSES.has(status);
  return new Response(hasBody ? bytes : null, { status, headers });
}

/** Returns how much of a body is sent before it is cut. */
export function cutLength(bytes: Uint8Array): number {
  return Math.floor(bytes.length / 2);
}

function brokenStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) return controller.error(connectionDropped());
      isSent = true;
      // A stream takes no empty piece.
      const sent = bytes.subarray(0, cutLength(bytes));
      if (sent.length > 0) controller.enqueue(sent);
      else controller.error(connectionDropped());
    },
  });
}
