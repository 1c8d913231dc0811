import type { Advice, ProxyFacts } from "../advice.ts";
import { Failure, type FailureCode } from "../failure.ts";
import type { Proxy } from "./proxy.ts";

/** What is known of an answer that is not a 2xx. */
export interface ApiErrorOptions {
  /** What was being done: "create the VM". */
  readonly action: string;
  readonly status: number;
  /** What the body said, JSON or plain text, on one line; may be empty. */
  readonly detail: string;
  readonly retryAfterMs?: number | undefined;
  readonly serverTime?: Date | undefined;
  /** Our id of the request. */
  readonly requestId?: string | undefined;
  /** The service's own id of it, where that is another. */
  readonly serviceRequestId?: string | undefined;
  /** Whether the service itself said so: see `isServiceAnswer()`. */
  readonly isFromService: boolean;
  /** `text/html`; `undefined` when the answer does not say. */
  readonly contentType?: string | undefined;
  /** The proxy that the request went through. */
  readonly proxy?: Proxy | undefined;
}

/** How an answer is spoken of that the Vers API would not give. */
export const NOT_THE_API =
  "VERS_URL is answered by something that is not the Vers API";

const PROXY_WANTS_PASSWORD = 407;

/** An answer that is not a 2xx: the service's, or of what stands before it. */
export class ApiError extends Failure {
  override readonly name = "ApiError";
  readonly status: number;
  readonly detail: string;
  /**
   * Whether this is the service's own word, by its shape; if not, something
   * before it answered, a proxy or a portal.
   */
  readonly isFromService: boolean;
  readonly contentType: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly serverTime: Date | undefined;
  readonly requestId: string | undefined;
  readonly serviceRequestId: string | undefined;

  constructor(options: ApiErrorOptions) {
    const { action, status, detail, isFromService } = options;
    super(`Cannot ${action}: ${reasonOf(options)}`, {
      code: codeOf(options),
      advice: adviceFor(options),
      // What the service cannot do at all it cannot do a moment later.
      retryable: !isFromService || isTransientStatus(status) && status !== 501,
    });
    this.status = status;
    this.detail = detail;
    this.isFromService = isFromService;
    this.contentType = options.contentType;
    this.retryAfterMs = options.retryAfterMs;
    this.serverTime = options.serverTime;
    this.requestId = options.requestId;
    this.serviceRequestId = options.serviceRequestId;
  }

  /** Whether the same read may well succeed a moment later. */
  get isTransient(): boolean {
    return isTransientStatus(this.status) || !this.isFromService;
  }

  /**
   * Whether something answered that is not the Vers API, as a portal or a
   * proxy does; a gateway's own errors do not count.
   */
  get isForeign(): boolean {
    return isForeign(this.status, this.isFromService);
  }

  /** Whether the service says that it did not find what was named. */
  get isNotFound(): boolean {
    return this.isFromService && this.status === 404;
  }

  /**
   * Whether this says that a creation did not happen: a redirect, which is
   * never followed; a 407, which is a proxy's; and in the service's own shape
   * a 4xx but 408, 425 and 429, or 501. Any other answer leaves it open, but
   * one that {@linkcode isThrottled}.
   */
  get isRefusal(): boolean {
    const { status } = this;
    if (isRedirect(status) || status === PROXY_WANTS_PASSWORD) return true;
    if (!this.isFromService) return false;
    return status === 501 || status < 500 && !isTransientStatus(status);
  }

  /**
   * Whether the service says that it did not even look at the request, and
   * wants it later: 429 in its own shape.
   */
  get isThrottled(): boolean {
    return this.isFromService && this.status === 429;
  }
}

/** Options for {@linkcode NoAnswerError}. */
export interface NoAnswerOptions {
  readonly cause?: unknown;
  readonly requestId?: string;
  readonly foreign?: ForeignAnswer | undefined;
}

/** An answer of something that is not the Vers API. */
export interface ForeignAnswer {
  readonly status: number;
  /** `text/html`; `undefined` when the answer does not say. */
  readonly contentType: string | undefined;
}

/**
 * A request that got no answer that could be read: cut, timed out, or not in
 * the shape that the service documents. It may have been carried out.
 */
export class NoAnswerError extends Failure {
  override readonly name = "NoAnswerError";
  readonly requestId: string | undefined;
  /** What came whole, and is nothing that the Vers API would say. */
  readonly foreign: ForeignAnswer | undefined;

  constructor(action: string, why: string, options: NoAnswerOptions = {}) {
    super(`Cannot ${action}: ${why}`, {
      code: "unreachable",
      retryable: true,
      cause: options.cause,
      advice: { type: "check_network" },
    });
    this.requestId = options.requestId;
    this.foreign = options.foreign;
  }
}

/**
 * A request that never left: no connection was made, or none that is to be
 * trusted.
 */
export class NotSentError extends Failure {
  override readonly name = "NotSentError";

  constructor(action: string, why: string, options: NotSentOptions = {}) {
    const { cause, isUntrusted, wantsPassword } = options;
    const proxy = factsOf(options.proxy);
    super(`Cannot ${action}: ${why}`, {
      code: "not_sent",
      retryable: !isUntrusted,
      cause,
      advice: { type: "not_sent", isUntrusted, wantsPassword, proxy },
    });
  }
}

/** Options for {@linkcode NotSentError}. */
export interface NotSentOptions {
  readonly cause?: unknown;
  /** Whether the certificate of the other side is not to be trusted. */
  readonly isUntrusted?: boolean;
  /** Whether the proxy wants a user name and a password. */
  readonly wantsPassword?: boolean;
  /** The proxy that the connection was to go through. */
  readonly proxy?: Proxy | undefined;
}

/** A failure outlives its request, and is not to hold a password. */
function factsOf(proxy: Proxy | undefined): ProxyFacts | undefined {
  return proxy && { variable: proxy.variable, address: proxy.address };
}

/** Returns how an error names the way through a proxy. */
export function through(proxy: Proxy | undefined): string {
  return proxy === undefined
    ? ""
    : ` through the proxy ${proxy.address} of ${proxy.variable}`;
}

function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function isForeign(status: number, isFromService: boolean): boolean {
  return !isFromService && !isTransientStatus(status);
}

function codeOf(answer: ApiErrorOptions): FailureCode {
  const { status, isFromService } = answer;
  if (status === PROXY_WANTS_PASSWORD) return "not_sent";
  // What is not the service's says nothing about what the user named.
  if (isForeign(status, isFromService)) return "unreachable";
  if (status === 401 || status === 403) return "authentication";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 400 || status === 422) return "bad_request";
  return status >= 500 ? "server_error" : "general";
}

function reasonOf(answer: ApiErrorOptions): string {
  const { status, detail, contentType, isFromService, proxy } = answer;
  if (status === PROXY_WANTS_PASSWORD) {
    const which = proxy ? ` ${proxy.address} of ${proxy.variable}` : "";
    return `the proxy${which} wants a user name and a password (407)`;
  }
  if (!isForeign(status, isFromService)) {
    return `the service answered ${status}` + (detail ? ` (${detail})` : "");
  }
  const said = [`${status}`, contentType, detail].filter(Boolean).join(", ");
  return `${NOT_THE_API} (${said})${through(proxy)}`;
}

function adviceFor(answer: ApiErrorOptions): Advice | undefined {
  const { status, isFromService } = answer;
  if (status === PROXY_WANTS_PASSWORD) {
    return { type: "proxy_password", proxy: factsOf(answer.proxy) };
  }
  if (isForeign(status, isFromService)) return { type: "not_the_api" };
  return status === 401 || status === 403
    ? { type: "key_not_accepted" }
    : undefined;
}
