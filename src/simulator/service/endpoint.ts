import * as z from "zod/mini";
import { type Answer, badRequest, Refusal, textAnswer } from "./answer.ts";
import type { Fault } from "../faults/faults.ts";
import { nextChangeAt, stateAt } from "./vm_life.ts";
import type { Call, StoredVm, World } from "./world.ts";
import { messageOf } from "../../failure.ts";

/** What an endpoint works with. */
export interface EndpointContext {
  readonly world: World;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly bootMs: number;
  readonly resumeMs: number;
  /** What the request is to suffer; an endpoint obeys those it knows. */
  readonly faults: readonly Fault[];
}

/** What an endpoint made of a request. */
export type Outcome =
  | {
    readonly type: "answer";
    readonly answer: Answer;
    readonly committed: boolean;
    /** The answer is held back until then, milliseconds since 1970. */
    readonly readyAt?: number | undefined;
  }
  /** Nothing was done: ask again then. */
  | { readonly type: "wait"; readonly until: number };

/**
 * Carries out one request.
 *
 * @throws {Refusal} when it is turned down; then nothing was changed.
 */
export type Endpoint = (call: Call, context: EndpointContext) => Outcome;

/** Returns the outcome of a request that changed something. */
export function done(answer: Answer, readyAt?: number): Outcome {
  return { type: "answer", answer, committed: true, readyAt };
}

/** Returns the outcome of a request that only looked. */
export function shown(answer: Answer): Outcome {
  return { type: "answer", answer, committed: false };
}

const ID = z.guid();

/**
 * Returns the id that stands at `name` in the path.
 *
 * @throws {Refusal} when it is not a UUID.
 */
export function idParam(call: Call, name: string): string {
  const value = call.params[name] ?? "";
  if (ID.safeParse(value).success) return value.toLowerCase();
  // The service sends this without a content type.
  throw new Refusal({
    status: 400,
    headers: {},
    body: `Invalid URL: Cannot parse \`${name}\` with value \`${value}\`: ` +
      "it is not a UUID",
  });
}

/**
 * Returns the flag `name` of the query; `false` when it is not there.
 *
 * @throws {Refusal} when it is neither `true` nor `false`.
 */
export function flagQuery(call: Call, name: string): boolean {
  const value = call.query[name];
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw badQuery(`${name}: it must be true or false`);
}

/**
 * Returns the number `name` of the query.
 *
 * @throws {Refusal} when it is not a whole number from 0 to 2³¹−1.
 */
export function countQuery(
  call: Call,
  name: string,
  whenMissing: number,
): number {
  const value = call.query[name];
  if (value === undefined) return whenMissing;
  const count = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (count <= 0x7fff_ffff) return count;
  throw badQuery(`${name}: it must be a whole number from 0 to 2147483647`);
}

function badQuery(why: string): Refusal {
  return new Refusal(
    textAnswer(400, `Failed to deserialize query string: ${why}`),
  );
}

/**
 * Returns the JSON of the body.
 *
 * @throws {Refusal} when the body is not JSON.
 */
export function jsonBody(call: Call): unknown {
  try {
    return JSON.parse(call.body);
  } catch (error) {
    throw notJson(messageOf(error));
  }
}

/** Returns the answer to a body that is not JSON, or as bad as that. */
export function notJson(why: string): Refusal {
  return new Refusal(
    textAnswer(400, `Failed to parse the request body as JSON: ${why}`),
  );
}

/**
 * Returns `value` as `schema` has it.
 *
 * @throws {Refusal} when it is not of that shape.
 */
export function shaped<T extends z.core.$ZodType>(
  value: unknown,
  schema: T,
): z.output<T> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join(".") || "body";
  throw new Refusal(textAnswer(
    422,
    "Failed to deserialize the JSON body into the target type: " +
      `${where}: it is missing or not of the documented type`,
  ));
}

/**
 * Returns when a VM that boots should be looked at again; `undefined` when it
 * does not boot.
 *
 * @throws {Refusal} when it never ends booting, or the caller does not wait.
 */
export function bootingUntil(
  vm: StoredVm,
  now: number,
  { skipWait }: { skipWait: boolean },
): number | undefined {
  if (stateAt(vm, now) !== "booting") return undefined;
  const until = nextChangeAt(vm, now);
  if (skipWait || until === undefined) throw badRequest("vm is still booting");
  return until;
}
