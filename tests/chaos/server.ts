import { systemClock } from "../../src/clock.ts";
import type { Fault, FaultRule } from "../../src/simulator/faults/faults.ts";
import type { Operation } from "../../src/simulator/service/operation.ts";
import { serveSimulator } from "../../src/simulator/serve.ts";
import { Simulator } from "../../src/simulator/simulator.ts";

/** How long a VM takes to boot, and to resume. */
export const BOOT_MS = 150;

/**
 * The service, which sees all that programs ask of it and is never killed: a
 * simulator, over HTTP, in this process.
 */
export class Server implements AsyncDisposable {
  readonly simulator: Simulator;
  /** VMs that were there before anybody asked for one. */
  readonly seeds = new Set<string>();
  #port = 0;
  #stop: AbortController | undefined;
  #served: Promise<void> = Promise.resolve();

  private constructor() {
    this.simulator = new Simulator({
      clock: systemClock,
      bootMs: BOOT_MS,
      resumeMs: BOOT_MS,
    });
  }

  /** Returns a service that can be reached. */
  static async start(): Promise<Server> {
    const server = new Server();
    await server.goUp();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Takes connections, from now on, where it did before. */
  async goUp(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = new AbortController();
    this.#stop = stop;
    this.#served = serveSimulator(this.simulator, {
      port: this.#port,
      signal: stop.signal,
      onListening: ({ port }) => {
        this.#port = port;
        resolve();
      },
    });
    await Promise.race([promise, this.#served]);
  }

  /** Takes no connections any more, and ends those that there are. */
  async goDown(): Promise<void> {
    this.#stop?.abort();
    await this.#served;
  }

  /** Adds a VM that is nobody's work, and returns its id. */
  async seed(...seed: Parameters<Simulator["addVm"]>): Promise<string> {
    const vmId = await this.simulator.addVm(...seed);
    this.seeds.add(vmId);
    return vmId;
  }

  /** Returns the VMs that were asked for, whatever became of them. */
  async made() {
    const vms = await this.simulator.vms();
    return vms.filter(({ vmId }) => !this.seeds.has(vmId));
  }

  /** Returns how many requests of one kind have arrived. */
  async count(operation: Operation): Promise<number> {
    const requests = await this.simulator.requests();
    return requests.filter((each) => each.operation === operation).length;
  }

  /** Whether a request of one kind waits to be released. */
  async holds(operation: Operation): Promise<boolean> {
    const held = await this.simulator.held();
    return held.some((each) => each.operation === operation);
  }

  /** Lets every VM that was asked for run, from now on. */
  async boot(): Promise<void> {
    for (const { vmId } of await this.made()) {
      await this.simulator.setVmState(vmId, "running");
    }
  }

  /** Deletes a VM, as its owner might. */
  async delete(vmId: string): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/vm/${vmId}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${this.simulator.apiKey}` },
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`VM ${vmId} was not deleted`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goDown();
  }
}

/** Returns a rule for the first request of one kind that comes. */
export function first(operation: Operation, ...faults: Fault[]): FaultRule {
  return { operation, times: 1, faults };
}
