import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";
import { isUuid } from "../uuid.ts";
import { VERSION } from "../version.ts";
import { AnswerShapeError } from "./answers.ts";
import { ApiError, NoAnswerError, NotSentError, through } from "./api_error.ts";
import {
  isUntrusted,
  type Transport,
  wantsPassword,
  whyNotSent,
} from "./transport.ts";
import type { Proxy } from "./proxy.ts";
import { LimitPassedError, RequestLimit } from "./request_limit.ts";
import {
  BodyTooLargeError,
  contentTypeOf,
  detailOf,
  readText,
  retryAfterMsOf,
  serverTimeOf,
} from "./response.ts";
import { isPage, isServiceAnswer } from "./server_word.ts";

/** What an {@linkcode Exchange} needs. */
export interface ExchangeOptions {
  /** Scheme, host and port: `https://api.vers.sh`. */
  readonly origin: string;
  readonly apiKey: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Names one request in the logs of both sides; a new UUID by default. */
  readonly requestId?: () => string;
  /** Called once for each request, when it is over. */
  readonly onRequest?: (trace: RequestTrace) => void;
  readonly userAgent?: string;
}

/** What became of one request: for logs, so without key and bodies. */
export interface RequestTrace {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly requestId: string;
  /** `undefined` when there was no answer. */
  readonly status: number | undefined;
  readonly elapsedMs: number;
}

/** What the service said, and what its clock showed. */
export interface Answer<T> {
  readonly value: T;
  readonly serverTime: Date | undefined;
}

/** Options that every call takes. */
export interface CallOptions {
  /** Ends the call; what it throws is then the signal's reason, unchanged. */
  readonly signal?: AbortSignal | undefined;
}

/** One request, and how its answer is read. */
export interface Call<T> {
  /** What it is for, after "Cannot". */
  readonly action: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query, after the prefix of the API. */
  readonly path: string;
  readonly body?: unknown;
  /** Must not leave this machine twice. */
  readonly once?: boolean;
  /** What in the body is not to come back in an error. */
  readonly secrets?: readonly string[];
  readonly limitMs: number;
  readonly read: AnswerReader<T>;
}

/** Reads the body of an answer that was a 2xx. */
export type AnswerReader<T> = (
  response: Response,
  limit: RequestLimit,
) => Promise<T>;

const PREFIX = "/api/v1";
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** Returns a reader of JSON, which `parse` checks. */
export function json<T>(parse: (body: unknown) => T): AnswerReader<T> {
  return async (response, limit) =>
    parse(JSON.parse(await readText(response, limit, MAX_BODY_BYTES)));
}

/**
 * Reads nothing that counts: the status was the answer, if it was the
 * service's. A page is not.
 */
export async function onlyStatus(
  response: Response,
  limit: RequestLimit,
): Promise<void> {
  const text = await readText(response, limit, MAX_ERROR_BODY_BYTES)
    .catch(() => "");
  if (isPage(contentTypeOf(response)) || /^\s*</.test(text)) {
    throw new AnswerShapeError("it is a page");
  }
}

/** Sends calls to the service, each once, and makes errors of what is wrong. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #headers: Headers;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#headers = headersFor(options);
  }

  /**
   * Sends one call and returns its answer.
   *
   * @throws {ApiError} when the answer is not a 2xx.
   * @throws {NotSentError} when no connection was made.
   * @throws {NoAnswerError} when there was no answer that can be read: it is
   *   open whether the service did what was asked.
   * @throws {Failure} of code `usage`, when there is no way to send it as this
   *   machine is set up; nothing was sent.
   * @throws {unknown} the reason of the caller's signal, unchanged, when that
   *   is aborted.
   */
  async send<T>(
    call: Call<T>,
    options: CallOptions = {},
  ): Promise<Answer<T>> {
    const { clock, transport, onRequest } = this.#options;
    const { signal } = options;
    signal?.throwIfAborted();
    const limit = new RequestLimit(clock, { limitMs: call.limitMs, signal });
    using _limit = limit;
    const request = this.#request(call, limit.signal);
    const requestId = request.headers.get("x-request-id") ?? "";
    const startedMs = clock.elapsedMs();
    let response: Response | undefined;
    try {
      response = await limit.race(
        call.once ? transport.create(request) : transport.read(request),
      );
      if (!response.ok) {
        throw await this.#apiError(call, { response, limit, requestId });
      }
      const value = await call.read(response, limit);
      return { value, serverTime: serverTimeOf(response) };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Failure) throw error;
      throw response
        ? unreadable(error, { call, requestId, response, proxy: this.#proxy })
        : this.#unanswered(error, call, requestId);
    } finally {
      onRequest?.({
        method: call.method,
        path: pathOf(call),
        requestId,
        status: response?.status,
        elapsedMs: clock.elapsedMs() - startedMs,
      });
    }
  }

  #request(call: Call<unknown>, signal: AbortSignal): Request {
    const headers = new Headers(this.#headers);
    const requestId = this.#options.requestId ?? (() => crypto.randomUUID());
    headers.set("x-request-id", requestId());
    const init: RequestInit = {
      method: call.method,
      headers,
      signal,
      redirect: "manual",
    };
    if (call.body !== undefined) {
      headers.set("content-type", "application/json");
      init.body = JSON.stringify(call.body);
    }
    return new Request(this.#options.origin + pathOf(call), init);
  }

  async #apiError(call: Call<unknown>, answer: {
    readonly response: Response;
    readonly limit: RequestLimit;
    readonly requestId: string;
  }): Promise<ApiError> {
    const { response, limit, requestId } = answer;
    const theirs = response.headers.get("x-request-id");
    // The status is the answer, whatever happens to its explanation.
    const text = await readText(response, limit, MAX_ERROR_BODY_BYTES)
      .catch(() => undefined);
    const { status } = response;
    const contentType = contentTypeOf(response);
    return new ApiError({
      action: call.action,
      status,
      contentType: contentType && this.#withoutSecrets(call, contentType),
      // Half an answer has no shape.
      isFromService: text !== undefined &&
        isServiceAnswer({ status, contentType, body: text }),
      detail: this.#detailOf(call, text ?? "") ||
        this.#detailOf(call, redirectionOf(response)),
      retryAfterMs: retryAfterMsOf(response, this.#options.clock.now()),
      serverTime: serverTimeOf(response),
      proxy: this.#proxy,
      requestId,
      serviceRequestId: theirs === null || theirs === requestId
        ? undefined
        : this.#withoutSecrets(call, theirs),
    });
  }

  #unanswered(error: unknown, call: Call<unknown>, requestId: string): Failure {
    // What stands in for the service says itself what is wrong with it.
    if (error instanceof Failure) return error;
    const why = whyNotSent(error);
    const proxy = this.#proxy;
    if (why === undefined) return unreadable(error, { call, requestId, proxy });
    const where = `${this.#options.origin}${through(proxy)}`;
    return new NotSentError(
      call.action,
      `cannot connect to ${where} (${why})`,
      {
        cause: error,
        isUntrusted: isUntrusted(why),
        wantsPassword: wantsPassword(why),
        proxy,
      },
    );
  }

  get #proxy(): Proxy | undefined {
    const { transport, origin } = this.#options;
    return transport.proxyFor?.(origin);
  }

  #detailOf(call: Call<unknown>, text: string): string {
    // As it came, and as it reads: JSON writes some letters otherwise.
    const detail = detailOf(this.#withoutSecrets(call, text));
    return this.#withoutSecrets(call, detail);
  }

  /** A service may repeat what it was sent, or the secret half of a key. */
  #withoutSecrets({ secrets = [] }: Call<unknown>, text: string): string {
    const { apiKey } = this.#options;
    const keys = [apiKey, secretOf(apiKey)].filter((part) => part !== "")
      .reduce((rest, part) => rest.replaceAll(part, "[API key]"), text);
    return secrets.filter((secret) => secret.trim() !== "")
      .reduce((rest, secret) => rest.replaceAll(secret, "[left out]"), keys);
  }
}

const KEY_ID_LENGTH = 36;

/** Returns what is secret of a key of the usual shape: all but its id. */
function secretOf(apiKey: string): string {
  return isUuid(apiKey.slice(0, KEY_ID_LENGTH))
    ? apiKey.slice(KEY_ID_LENGTH)
    : "";
}

function pathOf(call: Call<unknown>): string {
  return PREFIX + call.path;
}

function unreadable(error: unknown, { call, requestId, response, proxy }: {
  readonly call: Call<unknown>;
  readonly requestId: string;
  readonly response?: Response;
  readonly proxy: Proxy | undefined;
}): NoAnswerError {
  const { action } = call;
  const foreign = response !== undefined && isNothingOfTheApi(error)
    ? { status: response.status, contentType: contentTypeOf(response) }
    : undefined;
  const type = foreign?.contentType ?? "no type";
  const why = whyUnread(error) +
    (foreign ? ` (${foreign.status}, ${type})` : "") + through(proxy);
  return new NoAnswerError(action, why, { cause: error, requestId, foreign });
}

/** Whether an answer came whole, and cannot be one of the Vers API. */
function isNothingOfTheApi(error: unknown): boolean {
  return error instanceof AnswerShapeError || error instanceof SyntaxError;
}

function whyUnread(error: unknown): string {
  if (error instanceof LimitPassedError) return error.message;
  const isOdd = error instanceof AnswerShapeError ||
    error instanceof BodyTooLargeError;
  if (isOdd) return `the answer cannot be read: ${error.message}`;
  if (error instanceof SyntaxError) {
    return "the answer cannot be read: it is not JSON";
  }
  return "the connection broke before the answer was complete";
}

/** Where an answer without an explanation redirects. */
function redirectionOf(response: Response): string {
  const location = response.headers.get("location");
  return location ? `see ${location}` : "";
}

function headersFor(options: ExchangeOptions): Headers {
  try {
    return new Headers({
      accept: "application/json",
      authorization: `Bearer ${options.apiKey}`,
      "user-agent": options.userAgent ?? `vers/${VERSION}`,
    });
  } catch {
    // The error is not kept as cause: it may repeat the key.
    throw new Failure(
      "Cannot use the API key: it has characters that cannot be sent",
      { code: "authentication", advice: { type: "api_key_variable" } },
    );
  }
}
