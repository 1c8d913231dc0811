import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeWith, QUESTION } from "./testdata/exchange_with.ts";
import { networkTransport } from "./transport.ts";

Deno.test("send() gives up when its time is over, and ends the request", async () => {
  const seen: Request[] = [];
  const clock = new FakeClock({ autoAdvance: false });
  const exchange = exchangeWith((request) => {
    seen.push(request);
    return new Promise(() => {});
  }, { clock });
  const answer = exchange.send(QUESTION);
  answer.catch(() => {});
  clock.advance(9_999);
  strictEqual(await isPending(answer), true);
  clock.advance(1);
  await rejects(answer, {
    name: "NoAnswerError",
    message: "Cannot ask: no answer within 10 s",
  });
  strictEqual(seen[0]?.signal.aborted, true);
});

Deno.test("send() counts the time of the body as well", async () => {
  let isCancelled = false;
  const body = new ReadableStream({
    cancel() {
      isCancelled = true;
    },
  });
  const clock = new FakeClock({ autoAdvance: false });
  const exchange = answering(body, { clock });
  const answer = exchange.send(QUESTION);
  answer.catch(() => {});
  strictEqual(await isPending(answer), true);
  clock.advance(10_000);
  await rejects(answer, { name: "NoAnswerError" });
  strictEqual(isCancelled, true);
});

Deno.test("send() knows the status of an error that never ends", async () => {
  const body = new ReadableStream();
  const clock = new FakeClock({ autoAdvance: false });
  const exchange = answering(body, { clock, status: 409 });
  const answer = exchange.send(QUESTION);
  answer.catch(() => {});
  strictEqual(await isPending(answer), true);
  clock.advance(10_000);
  await rejects(answer, { name: "ApiError", status: 409, detail: "" });
});

Deno.test("send() leaves nothing on the clock when it is done", async () => {
  const clock = new FakeClock({ autoAdvance: false });
  const exchange = answering("{}", { clock });
  await exchange.send(QUESTION);
  clock.advance(60_000);
  await nextTurn();
  deepStrictEqual(clock.sleeps, []);
});

Deno.test("send() throws the reason of its caller, unchanged", async () => {
  const reason = { why: "SIGINT" };
  const controller = new AbortController();
  const { signal } = controller;
  const seen: Request[] = [];
  const exchange = exchangeWith((request) => {
    seen.push(request);
    return new Promise((_, reject) =>
      request.signal.addEventListener("abort", () => {
        reject(new DOMException("aborted", "AbortError"));
      })
    );
  });
  const answer = exchange.send(QUESTION, { signal });
  controller.abort(reason);
  strictEqual(await answer.catch((error) => error), reason);
  strictEqual(seen[0]?.signal.aborted, true);

  const again = exchange.send(QUESTION, { signal });
  strictEqual(await again.catch((error) => error), reason);
  strictEqual(seen.length, 1);
});

Deno.test("send() closes the connection of a request that is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const transport = networkTransport();
  using _transport = transport;
  const clock = new FakeClock({ autoAdvance: false });
  const exchange = exchangeWith(() => Promise.reject(), {
    clock,
    origin: `http://127.0.0.1:${listener.addr.port}`,
    transport,
  });
  const answer = exchange.send({ ...QUESTION, method: "POST", once: true });
  answer.catch(() => {});
  using connection = await listener.accept();
  const buffer = new Uint8Array(4_096);
  strictEqual(Number(await connection.read(buffer)) > 0, true);
  clock.advance(10_000);
  await rejects(answer, { name: "NoAnswerError" });
  strictEqual(await connection.read(buffer), null);
});

/** Answers on `clock`, with the body and status given. */
function answering(
  body: BodyInit,
  options: { readonly clock: FakeClock; readonly status?: number },
): Exchange {
  const { clock, status = 200 } = options;
  return exchangeWith(
    () => Promise.resolve(new Response(body, { status })),
    { clock },
  );
}

/** Returns whether `promise` is still open when all that can be done is. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise, nextTurn()]) === "pending";
}

function nextTurn(): Promise<"pending"> {
  return new Promise((resolve) => setTimeout(resolve, 0, "pending"));
}
