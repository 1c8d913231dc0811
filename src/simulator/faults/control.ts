import * as z from "zod/mini";
import { Failure } from "../../failure.ts";
import type { JsonValue } from "../../json.ts";
import {
  bareAnswer,
  errorAnswer,
  jsonAnswer,
  type ServiceAnswer,
} from "../service/answer.ts";
import { checked } from "./faults.ts";
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

const REVOCATION = z.strictObject({ keyId: z.string() });

const RELEASE = z.strictObject({
  operation: z.exactOptional(z.enum(OPERATIONS)),
});

type Control = (simulator: Simulator, body: string) => Promise<unknown>;

const CONTROLS = new Map<string, Control>([
  ["GET requests", (simulator) => simulator.requests()],
  ["DELETE requests", (simulator) => simulator.clearRequests()],
  ["GET vms", (simulator) => simulator.vms()],
  ["POST vms", async (simulator, body) => ({
    vmId: await simulator.addVm(parse(body, VM_SEED)),
  })],
  ["POST states", async (simulator, body) => {
    const { vmId, state, ...when } = parse(body, STATE_CHANGE);
    if (await simulator.setVmState(vmId, state, when)) return;
    const message = `Cannot change the VM "${vmId}": there is none`;
    throw new Failure(message, { code: "not_found" });
  }],
  ["POST commits", async (simulator, body) => ({
    commitId: await simulator.addCommit(parse(body, COMMIT_SEED)),
  })],
  ["POST keys", async (simulator, body) => ({
    apiKey: await simulator.addKey(parse(body, KEY_SEED)),
  })],
  ["POST revoke", async (simulator, body) => {
    await simulator.revokeKey(parse(body, REVOCATION).keyId);
  }],
  ["GET faults", (simulator) => simulator.faults()],
  ["POST faults", (simulator, body) => simulator.addFault(json(body))],
  ["DELETE faults", (simulator) => simulator.clearFaults()],
  ["GET holds", (simulator) => simulator.held()],
  ["POST release", async (simulator, body) => {
    await simulator.release(parse(body, RELEASE).operation);
  }],
]);

/** Answers a request to `/_simulator/`, which is about the simulator itself. */
export async function control(
  simulator: Simulator,
  { method, url, body }: Pick<Incoming, "method" | "url" | "body">,
): Promise<ServiceAnswer> {
  const asked = `${method} ${url.pathname.slice(PREFIX.length)}`;
  const answer = CONTROLS.get(asked);
  if (!answer) {
    const known = [...CONTROLS.keys()].join(", ");
    return errorAnswer(404, `Cannot answer "${asked}": there are ${known}`);
  }
  try {
    const value = await answer(simulator, body);
    if (value === undefined) return bareAnswer(204);
    const plain: JsonValue = JSON.parse(JSON.stringify(value));
    return jsonAnswer(method === "POST" ? 201 : 200, plain);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, hint = null } = error;
    const status = STATUSES.get(code);
    if (status === undefined) throw error;
    return jsonAnswer(status, { error: message, hint, success: false });
  }
}

const STATUSES = new Map([["bad_request", 400], ["not_found", 404]]);

/** An empty body is an object with nothing in it. */
function parse<T extends z.core.$ZodType>(
  body: string,
  schema: T,
): z.output<T> {
  const value = body === "" ? {} : json(body);
  return checked(value, schema, { action: "tell the simulator", what: "body" });
}

function json(body: string) {
  try {
    return JSON.parse(body);
  } catch (cause) {
    const message = "Cannot tell the simulator: the body is not JSON";
    throw new Failure(message, { code: "bad_request", cause });
  }
}
