import * as z from "zod/mini";
import {
  badRequest,
  Refusal,
  type ServiceAnswer,
  textAnswer,
} from "./answer.ts";
import { messageOf } from "../../failure.ts";
import type { Quirks } from "./quirks.ts";
import { nextChangeAt, stateAt } from "./vm_life.ts";
import type { ServiceCall, StoredVm, World } from "./world.ts";

/** What an endpoint works with. */
export interface EndpointContext {
  readonly world: World;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly bootMs: number;
  readonly resumeMs: number;
  readonly quirks: Quirks;
}

/** What an endpoint made of a request. */
export interface EndpointResult {
  readonly answer: ServiceAnswer;
  readonly committed: boolean;
  /** The answer is held back until then, milliseconds since 1970. */
  readonly readyAt?: number | undefined;
}

/** A request that has to wait: thrown before anything is changed. */
export class NotYet extends Error {
  override readonly name = "NotYet";
  /** When to try it again, milliseconds since 1970. */
  readonly until: number;

  constructor(until: number) {
    super(`Cannot carry out the request before ${until}`);
    this.until = until;
  }
}

/**
 * Carries out one request.
 *
 * @throws {Refusal} when it is refused; then nothing was changed.
 * @throws {NotYet} when it is to be tried later; then nothing was changed.
 */
export type Endpoint = (
  call: ServiceCall,
  context: EndpointContext,
) => EndpointResult;

/** Returns the result of a request that changed something. */
export function done(answer: ServiceAnswer, readyAt?: number): EndpointResult {
  return { answer, committed: true, readyAt };
}

/** Returns the result of a request that only read. */
export function shown(answer: ServiceAnswer): EndpointResult {
  return { answer, committed: false };
}

const ID = z.guid();

/**
 * Returns the id that stands at `name` in the path.
 *
 * @throws {Refusal} when it is not a UUID.
 */
export function idParam(call: ServiceCall, name: string): string {
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
export function flagQuery(call: ServiceCall, name: string): boolean {
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
  call: ServiceCall,
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
export function jsonBody(call: ServiceCall): unknown {
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
 * Waits for a VM to boot.
 *
 * @throws {NotYet} while it boots.
 * @throws {Refusal} when it never ends booting, or the caller does not wait.
 */
export function awaitBoot(
  vm: StoredVm,
  now: number,
  { skipWait }: { skipWait: boolean },
): void {
  if (stateAt(vm, now) !== "booting") return;
  const until = nextChangeAt(vm, now);
  if (skipWait || until === undefined) throw badRequest("vm is still booting");
  throw new NotYet(until);
}
