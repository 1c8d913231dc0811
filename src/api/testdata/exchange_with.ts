import type { Clock } from "../../clock.ts";
import {
  type Call,
  Exchange,
  type ExchangeOptions,
  json,
} from "../exchange.ts";
import { fetchTransport } from "../transport.ts";

/** A key of the usual shape. */
export const API_KEY = "0f0e0d0c-0b0a-4908-8706-050403020100" + "a1".repeat(32);

/** A call that any answer in JSON will do for, within 10 s. */
export const QUESTION: Call<unknown> = {
  action: "ask",
  method: "GET",
  path: "/question",
  limitMs: 10_000,
  read: json((body) => body),
};

/** A clock on which no time passes. */
const STANDING_CLOCK: Clock = {
  now: () => new Date("2026-01-05T09:00:00Z"),
  elapsedMs: () => 0,
  sleep: () => new Promise(() => {}),
};

/** Returns an exchange with a service that is `fetch`. */
export function exchangeWith(
  fetch: (request: Request) => Promise<Response>,
  options: Partial<ExchangeOptions> = {},
): Exchange {
  return new Exchange({
    origin: "https://vers.test",
    apiKey: API_KEY,
    transport: fetchTransport(fetch),
    clock: STANDING_CLOCK,
    requestId: () => "request-1",
    ...options,
  });
}

/** Returns an exchange with a service that gives this answer, once. */
export function answering(
  body: BodyInit | null,
  init?: ResponseInit,
): Exchange {
  return exchangeWith(() => Promise.resolve(new Response(body, init)));
}
