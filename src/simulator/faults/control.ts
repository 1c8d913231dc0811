import * as z from "zod/mini";
import { Failure } from "../../failure.ts";
import type { JsonValue } from "../../json.ts";
import {
  type Answer,
  bareAnswer,
  errorAnswer,
  jsonAnswer,
} from "../service/answer.ts";
import { parseRule } from "./faults.ts";
import { OPERATIONS } from "../service/operation.ts";
import { COMMIT_SEED, KEY_SEED, VM_SEED } from "../service/seed.ts";
import type { Incoming } from "../service/request_state.ts";
import type { Simulator } from "../simulator.ts";

const PREFIX = "/_simulator/";

/** Returns whether a path is about the simulator, not about the service. */
export function isControlPath(pathname: string): boolean {
  return pathname.startsWith(PREFIX);
}

const STATE_CHANGE = z.strictObject({
  vmId: z.string(),
  state: z.string(),
  afterMs: z.exactOptional(z.number().check(z.minimum(0))),
});

const RELEASE = z.strictObject({
  operation: z.exactOptional(z.enum(OPERATIONS)),
});

type Control = (simulator: Simulator, body: string) => Promise<Answer>;

const CONTROLS = new Map<string, Control>([
  ["GET requests", async (simulator) => show(await simulator.requests())],
  ["DELETE requests", async (simulator) => {
    await simulator.clearRequests();
    return bareAnswer(204);
  }],
  ["GET vms", async (simulator) => show(await simulator.vms())],
  ["POST vms", async (simulator, body) => {
    const vmId = await simulator.addVm(parse(body, VM_SEED));
    return jsonAnswer(201, { vmId });
  }],
  ["POST states", async (simulator, body) => {
    const { vmId, state, ...when } = parse(body, STATE_CHANGE);
    return await simulator.setVmState(vmId, state, when)
      ? bareAnswer(204)
      : errorAnswer(404, `Cannot change the VM "${vmId}": there is none`);
  }],
  ["POST commits", async (simulator, body) => {
    const commitId = await simulator.addCommit(parse(body, COMMIT_SEED));
    return jsonAnswer(201, { commitId });
  }],
  ["POST keys", async (simulator, body) => {
    const apiKey = await simulator.addKey(parse(body, KEY_SEED));
    return jsonAnswer(201, { apiKey });
  }],
  ["POST revoke", async (simulator, body) => {
    const { keyId } = parse(body, z.strictObject({ keyId: z.string() }));
    await simulator.revokeKey(keyId);
    return bareAnswer(204);
  }],
  ["GET faults", async (simulator) => show(await simulator.faults())],
  ["POST faults", async (simulator, body) => {
    await simulator.addFault(parseRule(json(body)));
    return bareAnswer(204);
  }],
  ["DELETE faults", async (simulator) => {
    await simulator.clearFaults();
    return bareAnswer(204);
  }],
  ["GET holds", async (simulator) => show(await simulator.held())],
  ["POST release", async (simulator, body) => {
    await simulator.release(parse(body, RELEASE).operation);
    return bareAnswer(204);
  }],
]);

/** Answers those who run the simulator. */
export async function control(
  simulator: Simulator,
  { method, url, body }: Pick<Incoming, "method" | "url" | "body">,
): Promise<Answer> {
  const asked = `${method} ${url.pathname.slice(PREFIX.length)}`;
  const answer = CONTROLS.get(asked);
  if (!answer) {
    const known = [...CONTROLS.keys()].join(", ");
    const error = `Cannot answer "${asked}": there are ${known}`;
    return errorAnswer(404, error);
  }
  try {
    return await answer(simulator, body);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "bad_request") {
      throw error;
    }
    const { message, hint = null } = error;
    return jsonAnswer(400, { error: message, hint, success: false });
  }
}

function show(values: readonly object[]): Answer {
  const plain: JsonValue = JSON.parse(JSON.stringify(values));
  return jsonAnswer(200, plain);
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw badControl("the body is not JSON", cause);
  }
}

/** An empty body is an object with nothing in it. */
function parse<T extends z.core.$ZodType>(
  body: string,
  schema: T,
): z.output<T> {
  const value = body === "" ? {} : json(body);
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join(".") || "body";
  throw badControl(
    issue?.code === "unrecognized_keys"
      ? `there is no ${issue.keys.join(", ")}`
      : `"${where}" is missing or not of its type`,
  );
}

function badControl(why: string, cause?: unknown): Failure {
  return new Failure(`Cannot tell the simulator that: ${why}`, {
    code: "bad_request",
    cause,
  });
}
