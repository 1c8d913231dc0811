import type { JsonValue } from "../../json.ts";

/** What the service says to a request. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Where the body waits before it goes on; at once, without. */
  readonly pauses?: readonly Pause[];
}

/** A point in a body that is not passed before its time. */
export interface Pause {
  /** How many bytes come before. */
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A request that the service turns down: thrown before anything is changed. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly answer: ServiceAnswer;

  constructor(answer: ServiceAnswer) {
    super(`Cannot carry out the request: answered ${answer.status}`);
    this.answer = answer;
  }
}

/** Returns an answer of JSON. */
export function jsonAnswer(status: number, value: JsonValue): ServiceAnswer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  };
}

/** Returns an answer of plain text that says so. */
export function textAnswer(status: number, body: string): ServiceAnswer {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { status, headers, body };
}

/** Returns an answer of text, or of nothing, that does not say what it is. */
export function bareAnswer(status: number, body = ""): ServiceAnswer {
  return { status, headers: {}, body };
}

/** Returns an error in the service's usual shape. */
export function errorAnswer(status: number, error: string): ServiceAnswer {
  return jsonAnswer(status, { error, success: false });
}

/** Returns the answer to the id of a VM, a commit or a tag that is not there. */
export function notFound(error = "not found"): Refusal {
  return new Refusal(errorAnswer(404, error));
}

/** Returns the answer to a VM that is not there, or not the caller's. */
export function forbidden(): Refusal {
  return new Refusal(errorAnswer(403, "Forbidden"));
}

/** Returns the answer to a request that is well formed and makes no sense. */
export function badRequest(error: string): Refusal {
  return new Refusal(errorAnswer(400, error));
}
