import { strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import type { Clock } from "../../src/clock.ts";
import { InterruptedError } from "../../src/patience.ts";
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

/** What a command came to. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What was printed, if it is one object of JSON. */
  // deno-lint-ignore no-explicit-any
  readonly result: any;
  // deno-lint-ignore no-explicit-any
  readonly error: any;
}

/**
 * A user of a service whose VMs take a minute to boot, with a home of their
 * own. Their commands run one after the other in this process.
 */
export class SlowService implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly simulator: Simulator;
  readonly home: string;
  /** How far the user's clock is ahead of the service's. */
  aheadMs = 0;

  private constructor(home: string, bootMs: number) {
    this.home = home;
    this.clock = new FakeClock();
    this.simulator = new Simulator({ clock: this.clock, bootMs });
  }

  /** Returns a new service and its user. */
  static async create(
    { bootMs = 60_000 }: { readonly bootMs?: number } = {},
  ): Promise<SlowService> {
    const home = await Deno.makeTempDir({ prefix: "vers-home-" });
    return new SlowService(home, bootMs);
  }

  /** Returns a context of this user's, for one command. */
  context(options: TestContextOptions = {}): Promise<TestContext> {
    return testContext({
      clock: this.#clockOfProcess(),
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

  /** Runs a command to its end, and returns what it came to. */
  async run(...line: readonly string[]): Promise<Ended> {
    await using context = await this.context();
    const code = await main(line, context);
    const out = context.out();
    const err = context.err();
    const lastLine = err.trimEnd().split("\n").at(-1) ?? "";
    return {
      code,
      out,
      err,
      result: code === 0 && out.startsWith("{") ? JSON.parse(out) : undefined,
      error: lastLine.startsWith('{"error"')
        ? JSON.parse(lastLine).error
        : undefined,
    };
  }

  /** Returns the operations that were asked for so far, in their order. */
  async operations(): Promise<(string | null)[]> {
    const requests = await this.simulator.requests();
    return requests.map(({ operation }) => operation);
  }

  /** Returns the ids of the VMs that live. */
  async alive(): Promise<string[]> {
    const vms = await this.simulator.vms();
    return vms.filter(({ deletedAt }) => !deletedAt).map(({ vmId }) => vmId);
  }

  /** Makes the settings file say this. */
  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    await Deno.mkdir(`${this.home}/.vers`, { recursive: true });
    const path = `${this.home}/.vers/settings.jsonc`;
    await Deno.writeTextFile(path, JSON.stringify(settings));
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

  /** The user's clock, as a process sees it that starts now. */
  #clockOfProcess(): Clock {
    const { clock } = this;
    const startMs = clock.elapsedMs();
    return {
      now: () => new Date(clock.now().getTime() + this.aheadMs),
      elapsedMs: () => clock.elapsedMs() - startMs,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
  }
}
