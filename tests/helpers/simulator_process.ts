import type { FaultRule } from "../../src/simulator/faults/faults.ts";
import type { RequestRecord } from "../../src/simulator/faults/request_record.ts";
import type { Program } from "./program.ts";
import type { Sandbox } from "./sandbox.ts";

/** `vers simulate` as a process: the service, as far as programs can tell. */
export interface SimulatorProcess {
  readonly url: string;
  readonly apiKey: string;
  readonly program: Program;
  /** Returns every request to the service so far, and what became of it. */
  requests(): Promise<RequestRecord[]>;
  /** Makes requests to come misbehave. */
  addFault(rule: FaultRule): Promise<void>;
  /** Asks the simulator for anything else that it can be told or asked. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
}

/**
 * Starts a simulator in the sandbox, and points the sandbox's programs to it.
 * It ends with the sandbox.
 */
export async function startSimulator(
  sandbox: Sandbox,
  args: readonly string[] = [],
): Promise<SimulatorProcess> {
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const program = await sandbox.start(["simulate", ...port, ...args]);
  const line = await program.stdoutLine(/^\{.*\}$/);
  const { url, api_key: apiKey }: { url: string; api_key: string } = JSON.parse(
    line,
  );
  sandbox.env.VERS_URL = url;
  sandbox.env.VERS_API_KEY = apiKey;
  return {
    url,
    apiKey,
    program,
    requests: async () => await control("GET", "requests") as RequestRecord[],
    addFault: async (rule) => {
      await control("POST", "faults", rule);
    },
    control,
  };

  async function control(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<unknown> {
    const response = await fetch(`${url}/_simulator/${path}`, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`The simulator answered ${response.status}: ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }
}

/** Returns how many requests to make a VM the server has seen. */
export async function creations(
  simulator: SimulatorProcess,
  operation = "new_root",
): Promise<number> {
  const requests = await simulator.requests();
  return requests.filter((request) => request.operation === operation).length;
}

/** Returns the ids of the VMs that the server has; deleted ones do not count. */
export async function livingVms(
  simulator: SimulatorProcess,
): Promise<string[]> {
  const vms = await simulator.control("GET", "vms") as {
    vmId: string;
    deletedAt: string | null;
  }[];
  return vms.filter(({ deletedAt }) => !deletedAt).map(({ vmId }) => vmId);
}
