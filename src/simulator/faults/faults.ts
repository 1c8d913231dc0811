import * as z from "zod/mini";
import { Failure } from "../../failure.ts";
import { type Operation, OPERATIONS } from "../service/operation.ts";
import { STATES } from "../service/seed.ts";

const MS = z.number().check(z.minimum(0));
const COUNT = z.int().check(z.minimum(0));
const WHEN = z.enum(["before", "after"]);
const HEADER_NAME = z.string().check(z.regex(/^[A-Za-z0-9-]+$/));
const HEADER_VALUE = z.string().check(z.regex(/^[\x20-\x7e]*$/));

const FAULT = z.discriminatedUnion("type", [
  /** Waits before or after the request is carried out. */
  z.strictObject({ type: z.literal("delay"), when: WHEN, ms: MS }),
  /** Waits until it is released, or for `ms`. */
  z.strictObject({
    type: z.literal("hold"),
    when: WHEN,
    ms: z.optional(MS),
  }),
  /** Closes the connection instead of answering. */
  z.strictObject({ type: z.literal("drop"), when: WHEN }),
  /** As if no connection had been made; over HTTP it is a drop. */
  z.strictObject({ type: z.literal("unreachable") }),
  /**
   * Carries it out and closes the connection after `bytes` of the body; in the
   * middle of it, without.
   */
  z.strictObject({ type: z.literal("cut"), bytes: z.optional(COUNT) }),
  /** Answers this, before or after carrying the request out. */
  z.strictObject({
    type: z.literal("answer"),
    when: WHEN,
    status: z.int().check(z.minimum(200), z.maximum(599)),
    /** `Retry-After`, `Location` and their like. */
    headers: z.optional(z.record(HEADER_NAME, HEADER_VALUE)),
    json: z.optional(z.json()),
    text: z.optional(z.string()),
  }),
  /** Drops the connection now and carries the request out `ms` later. */
  z.strictObject({ type: z.literal("commit_late"), ms: MS }),
  /** Closes a connection that has carried an earlier request. */
  z.strictObject({ type: z.literal("close_reused") }),
  /** On a creation: lists lack the VM for `ms`. */
  z.strictObject({ type: z.literal("unlisted"), ms: MS }),
  /** On a creation: status and metadata answer 404 for `ms`. */
  z.strictObject({ type: z.literal("unreadable"), ms: MS }),
  /** On `list`, `status` and `metadata`: the answer is `ms` old. */
  z.strictObject({ type: z.literal("lag"), ms: MS }),
  /**
   * Carries it out twice, `ms` apart, as if an intermediary had repeated it.
   * The answer is that to the second, unless `answers` says otherwise.
   */
  z.strictObject({
    type: z.literal("twice"),
    ms: z.optional(MS),
    answers: z.optional(z.enum(["first", "second"])),
  }),
  /** On `list`: adds these entries, whatever they are. */
  z.strictObject({
    type: z.literal("also_listed"),
    entries: z.array(z.json()),
  }),
  /** On a creation: for this VM. On `list` and `status`: in this answer. */
  z.strictObject({
    type: z.literal("labels"),
    as: z.enum(["null", "missing", "empty"]),
  }),
  /** On a creation: the VM's states, by milliseconds after its creation. */
  z.strictObject({
    type: z.literal("states"),
    states: STATES,
  }),
  /** On a creation: how long this VM takes to boot. */
  z.strictObject({ type: z.literal("boot"), ms: MS }),
  /** On `branch`: how many VMs are made, and how many the answer names. */
  z.strictObject({
    type: z.literal("fewer"),
    made: z.optional(COUNT),
    named: z.optional(COUNT),
  }),
  /**
   * On `exec_attach`: the service has forgotten so many of the first events of
   * the command; all of it, without.
   */
  z.strictObject({ type: z.literal("forget"), events: z.optional(COUNT) }),
  /** On `branch`: the answer of older versions, `{vm_id}`. */
  z.strictObject({ type: z.literal("old_branch_answer") }),
]);

/** How a list of faults is kept. */
export const FAULTS = z.array(FAULT);

/** How a rule is kept: the shape of {@linkcode FaultRule}. */
export const RULE = z.strictObject({
  /** The operation it applies to; all of them by default. */
  operation: z.optional(z.enum(OPERATIONS)),
  /** The method it applies to; all of them by default. */
  method: z.optional(z.enum(["GET", "POST", "PATCH", "DELETE"])),
  /** How many matching requests to leave alone first. */
  skip: z.optional(COUNT),
  /** How many requests it applies to after that; no limit by default. */
  times: z.optional(COUNT),
  /** How long it applies, from the first request on; for ever by default. */
  forMs: z.optional(MS),
  /** When that ends, milliseconds since 1970; set by the simulator. */
  until: z.optional(MS),
  faults: FAULTS,
});

/** One way to misbehave. */
export type Fault = z.infer<typeof FAULT>;

/**
 * Which requests misbehave, and how.
 *
 * Rules are an ordered list. The first one that matches a request and is not
 * used up applies, with all of its faults.
 */
export type FaultRule = z.infer<typeof RULE>;

/** Returns the fault of one type among `faults`. */
export function faultOf<T extends Fault["type"]>(
  faults: readonly Fault[],
  type: T,
): Extract<Fault, { type: T }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { type: T }> =>
    fault.type === type
  );
}

/**
 * Returns the faults that apply to a request, and counts it in the rules;
 * rules that are used up are removed.
 */
export function takeFaults(
  rules: FaultRule[],
  request: {
    readonly operation: Operation | null;
    readonly method: string;
    readonly reused: boolean;
  },
  now: number,
): readonly Fault[] {
  for (const [index, rule] of rules.entries()) {
    if (rule.until !== undefined && rule.until <= now) continue;
    if (rule.operation && rule.operation !== request.operation) continue;
    if (rule.method && rule.method !== request.method) continue;
    if (faultOf(rule.faults, "close_reused") && !request.reused) continue;
    if (rule.times === 0) continue;
    if (rule.skip) {
      rule.skip--;
      continue;
    }
    if (rule.forMs !== undefined) rule.until ??= now + rule.forMs;
    if (rule.times !== undefined) rule.times--;
    if (rule.times === 0) rules.splice(index, 1);
    return rule.faults;
  }
  return [];
}

const EXAMPLE =
  '{"operation":"new_root","times":1,"faults":[{"type":"drop","when":"after"}]}';

/**
 * Returns the rule that a value of JSON stands for.
 *
 * @throws {Failure} of code `bad_request`, saying which part is wrong.
 */
export function parseRule(value: unknown): FaultRule {
  const hint = `a rule that works: ${EXAMPLE}`;
  return checked(value, RULE, { action: "add the fault", what: "rule", hint });
}

/**
 * Returns a value as its schema has it.
 *
 * @throws {Failure} of code `bad_request`, saying which part is wrong.
 */
export function checked<T extends z.core.$ZodType>(
  value: unknown,
  schema: T,
  { action, what, hint }: {
    readonly action: string;
    readonly what: string;
    readonly hint?: string;
  },
): z.output<T> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join(".") || what;
  const why = issue?.code === "invalid_value"
    ? `it must be one of ${issue.values.join(", ")}`
    : issue?.code === "invalid_union"
    ? `it must be one of ${FAULT_TYPES.join(", ")}`
    : issue?.code === "unrecognized_keys"
    ? `it has no ${issue.keys.join(", ")}`
    : issue?.code === "invalid_type"
    ? `it must be of type ${issue.expected}`
    : "it is out of range";
  const message = `Cannot ${action}: "${where}" makes no sense: ${why}`;
  throw new Failure(message, { code: "bad_request", hint });
}

const FAULT_TYPES = FAULT.def.options.map((option) =>
  option.def.shape.type.def.values[0]
);
