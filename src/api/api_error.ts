import { Failure, type FailureCode } from "../failure.ts";

/** What the service's answer carries besides its body. */
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
}

/** An answer of the service that is not a 2xx. */
export class ApiError extends Failure {
  override readonly name = "ApiError";
  readonly status: number;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  readonly serverTime: Date | undefined;
  readonly requestId: string | undefined;
  readonly serviceRequestId: string | undefined;

  constructor(options: ApiErrorOptions) {
    const { action, status, detail } = options;
    super(
      `Cannot ${action}: the service answered ${status}` +
        (detail ? ` (${detail})` : ""),
      {
        code: codeOf(status),
        hint: hintFor(status),
        retryable: isTransientStatus(status),
      },
    );
    this.status = status;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs;
    this.serverTime = options.serverTime;
    this.requestId = options.requestId;
    this.serviceRequestId = options.serviceRequestId;
  }

  /** Whether the same read may well succeed a moment later. */
  get isTransient(): boolean {
    return isTransientStatus(this.status);
  }

  /**
   * Whether this says that a creation did not happen: a 3xx, a 4xx but 408
   * and 425, or 501. Any other answer leaves it open.
   */
  get isRefusal(): boolean {
    const { status } = this;
    if (status === 501) return true;
    return status >= 300 && status < 500 && status !== 408 && status !== 425;
  }
}

/**
 * A request that got no answer that could be read: cut, timed out, or not in
 * the shape that the service documents. It may have been carried out.
 */
export class NoAnswerError extends Failure {
  override readonly name = "NoAnswerError";
  readonly requestId: string | undefined;

  constructor(
    action: string,
    why: string,
    options: { cause?: unknown; requestId?: string } = {},
  ) {
    super(`Cannot ${action}: ${why}`, {
      code: "unreachable",
      retryable: true,
      cause: options.cause,
      hint: "check the network and VERS_URL, then run the same command again",
    });
    this.requestId = options.requestId;
  }
}

/**
 * A request that never left: no connection was made, or none that is to be
 * trusted.
 */
export class NotSentError extends Failure {
  override readonly name = "NotSentError";

  constructor(
    action: string,
    why: string,
    options: { readonly cause?: unknown; readonly isUntrusted?: boolean } = {},
  ) {
    super(`Cannot ${action}: ${why}`, {
      code: "not_sent",
      retryable: !options.isUntrusted,
      cause: options.cause,
      hint: options.isUntrusted
        ? "nothing was sent; if this machine trusts the certificate, set DENO_TLS_CA_STORE=system; else name a file with that of its issuer: DENO_CERT=/path/to/ca.pem"
        : "nothing was sent; check the network and VERS_URL, then run the same command again",
    });
  }
}

function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

function codeOf(status: number): FailureCode {
  if (status === 401 || status === 403) return "authentication";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 400 || status === 422) return "bad_request";
  return status >= 500 ? "server_error" : "general";
}

function hintFor(status: number): string | undefined {
  if (status === 401 || status === 403) {
    return "set VERS_API_KEY to a key of this account that may do this, or try without an account: --local";
  }
  return undefined;
}
