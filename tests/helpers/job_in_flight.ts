import { strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import { InterruptedError } from "../../src/engine/engine_error.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import { FakeClock } from "./fake_clock.ts";
import {
  type TestContext,
  testContext,
  type TestContextOptions,
} from "./test_context.ts";

/** A job that nobody waits for any more, and its VM. */
export interface JobInFlight {
  readonly id: string;
  readonly vmId: string;
}

/**
 * A user of a service whose VMs take a minute to boot, with a home of their
 * own. Their commands run one after the other in this process.
 */
export class SlowService implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly simulator: Simulator;
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
    this.clock = new FakeClock();
    this.simulator = new Simulator({ clock: this.clock, bootMs: 60_000 });
  }

  static async create(): Promise<SlowService> {
    return new SlowService(await Deno.makeTempDir({ prefix: "vers-home-" }));
  }

  /** Returns a context of this user's, for one command. */
  context(options: TestContextOptions = {}): Promise<TestContext> {
    return testContext({
      clock: this.clock,
      simulator: this.simulator,
      ...options,
      env: { HOME: this.home, ...options.env },
    });
  }

  /** Starts a job, and interrupts the command when its VM is on disk. */
  async start(...line: readonly string[]): Promise<JobInFlight> {
    await using context = await this.context();
    const before = this.entries().length;
    this.clock.onAdvance = () => {
      const isAccepted = this.entries().slice(before)
        .some(({ status }) => status === "running");
      if (isAccepted) context.abort(new InterruptedError("SIGTERM"));
    };
    const code = await main([...line, "--wait", "--timeout=0"], context);
    this.clock.onAdvance = undefined;
    strictEqual(code, 143, context.err());
    const last = context.err().trimEnd().split("\n").at(-1) ?? "";
    const { job_id, vm_ids } = JSON.parse(last).error;
    return { id: job_id, vmId: vm_ids[0] };
  }

  /** Asks the service about a VM, and returns the status of its answer. */
  async ask(method: "GET" | "DELETE", vmId: string): Promise<number> {
    const path = method === "GET" ? `${vmId}/status` : vmId;
    const request = new Request(`http://localhost/api/v1/vm/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.simulator.apiKey}` },
    });
    const response = await this.simulator.fetch(request);
    await response.body?.cancel();
    return response.status;
  }

  /** Returns what every line of the ledger says. */
  entries(): Record<string, string>[] {
    try {
      return Deno.readTextFileSync(`${this.home}/.vers/jobs.jsonl`).trimEnd()
        .split("\n").map((line) => JSON.parse(line));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** Returns the status of each line of a job; `delivered` where marked. */
  story(id: string): string[] {
    return this.entries().filter((entry) => entry.id === id)
      .map(({ status, delivered_at }) =>
        delivered_at === undefined ? String(status) : "delivered"
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }
}
