import type { Clock } from "../clock.ts";
import { SIMULATOR_API_KEY } from "./service/account.ts";
import { handleRequest } from "./handle_request.ts";
import type { FaultState } from "./faults/fault_state.ts";
import type { FaultRule } from "./faults/faults.ts";
import type { Operation } from "./service/operation.ts";
import type {
  Incoming,
  Reply,
  ServiceOptions,
} from "./service/request_state.ts";
import type { RequestRecord } from "./faults/request_record.ts";
import { ConnectionDropped, toResponse, unreachable } from "./response.ts";
import {
  type CommitSeed,
  type KeySeed,
  seededCommit,
  seededKey,
  seededVm,
  type VmSeed,
} from "./service/seed.ts";
import { FolderStore, MemoryStore, type Store } from "./service/store.ts";
import {
  changeState,
  type SimulatedVm,
  simulatedVm,
} from "./service/vm_life.ts";
import type { World } from "./service/world.ts";

/** Options for {@linkcode Simulator}. */
export interface SimulatorOptions
  extends Partial<Pick<ServiceOptions, "bootMs" | "resumeMs" | "authFailure">> {
  /** The service's clock: it decides when a VM has booted. */
  readonly clock: Clock;
  /**
   * Where the service's state is kept, for all processes that name the same
   * folder; it is made if it is missing. Without it, the state ends with this
   * object.
   */
  readonly stateDir?: string;
  /** The key that is accepted; others can be added. */
  readonly apiKey?: string;
}

/** A request that waits to be released. */
export type HeldRequest = FaultState["holds"][number];

/**
 * The Vers API in this program: `fetch(request) → response`.
 *
 * VMs live on the clock, not on requests: one that was created boots while
 * nobody looks. Simulators with one `stateDir` are one service, in one process
 * or many, and every change to it happens whole or not at all. It can be told
 * to misbehave, and remembers every request it received. What tells it that,
 * and what reads the requests, is loaded when it is first used.
 */
export class Simulator {
  readonly apiKey: string;
  /** The service's clock. */
  readonly clock: Clock;
  readonly #store: Store;
  readonly #options: ServiceOptions;

  /** @throws {Failure} when the folder cannot be made. */
  constructor(options: SimulatorOptions) {
    const { clock, stateDir, apiKey = SIMULATOR_API_KEY } = options;
    this.apiKey = apiKey;
    this.clock = clock;
    this.#store = stateDir === undefined
      ? new MemoryStore()
      : new FolderStore(stateDir);
    this.#options = {
      bootMs: 2_000,
      resumeMs: 0,
      authFailure: "gateway",
      ...options,
      store: this.#store,
      ownKey: apiKey,
    };
  }

  /**
   * Answers a request as the service would, whatever its host.
   *
   * @throws {ConnectionDropped} when it was told to drop the connection.
   * @throws {TypeError} when it was told not to be reachable.
   * @throws {Failure} when its state cannot be read or written.
   * @throws {unknown} the reason of the request's signal, when it is aborted.
   */
  async fetch(request: Request): Promise<Response> {
    const { method, headers, signal } = request;
    signal.throwIfAborted();
    const reply = await this.handle({
      method,
      url: new URL(request.url),
      headers,
      body: await request.text(),
      reused: false,
      signal,
    });
    switch (reply.type) {
      case "dropped":
        throw new ConnectionDropped();
      case "unreachable":
        throw unreachable(request.url);
      case "answer":
        return toResponse(reply, { clock: this.clock, signal });
    }
  }

  /** Answers a request that a server has read; see {@linkcode fetch}. */
  async handle(incoming: Incoming): Promise<Reply> {
    return await handleRequest(this.#options, incoming);
  }

  /** Returns the requests received so far, oldest first. */
  async requests(): Promise<RequestRecord[]> {
    await this.#update(() => {});
    return await this.#store.readRecords();
  }

  /** Forgets the requests received so far. */
  async clearRequests(): Promise<void> {
    await this.#store.clearRecords();
  }

  /** Returns every VM, oldest first: deleted ones and strangers' too. */
  async vms(): Promise<SimulatedVm[]> {
    return await this.#update((world, now) =>
      world.vms.map((vm) => simulatedVm(vm, now))
    );
  }

  /**
   * Adds a rule at the end of the list.
   *
   * @throws {Failure} of code `bad_request`, when the rule makes no sense.
   */
  async addFault(rule: FaultRule): Promise<void> {
    const { parseRule } = await import("./faults/faults.ts");
    const checked = parseRule(rule);
    await this.#changeFaults(({ rules }) => rules.push(checked));
  }

  /** Returns the rules that are left, as they are by now. */
  async faults(): Promise<FaultRule[]> {
    return await this.#changeFaults(({ rules }) => structuredClone(rules));
  }

  /** Takes all rules back; requests under way go on under theirs. */
  async clearFaults(): Promise<void> {
    await this.#changeFaults((state) => state.rules = []);
  }

  /** Returns the requests that wait to be released. */
  async held(): Promise<HeldRequest[]> {
    return await this.#changeFaults(({ holds }) => structuredClone(holds));
  }

  /** Releases the requests that wait now, or those of one operation. */
  async release(operation?: Operation): Promise<void> {
    await this.#changeFaults((state) => {
      state.holds = state.holds.filter((held) =>
        operation !== undefined && held.operation !== operation
      );
    });
  }

  /** Adds a VM and returns its id. */
  async addVm(seed: VmSeed = {}): Promise<string> {
    return await this.#update((world, now) => {
      const vm = seededVm(seed, { now, ownKeyId: this.#ownKeyId });
      world.vms.push(vm);
      return vm.vmId;
    });
  }

  /** Adds a commit and returns its id. */
  async addCommit(seed: CommitSeed = {}): Promise<string> {
    return await this.#update((world, now) => {
      const commit = seededCommit(seed, { now, ownKeyId: this.#ownKeyId });
      world.commits.push(commit);
      return commit.commitId;
    });
  }

  /** Accepts a key from now on, and returns it. */
  async addKey(seed: KeySeed = {}): Promise<string> {
    const { apiKey, kept } = await seededKey(seed);
    await this.#update((world) => {
      world.keys.push(kept);
      world.revokedKeys = world.revokedKeys.filter((id) => id !== kept.keyId);
    });
    return apiKey;
  }

  /** Accepts a key no longer: the one with this id, its first 36 characters. */
  async revokeKey(keyId: string): Promise<void> {
    await this.#update((world) => world.revokedKeys.push(keyId));
  }

  /**
   * Puts a VM in a state, documented or not, `afterMs` from now; what it was
   * to become later by itself is off. Returns whether there is such a VM.
   */
  async setVmState(
    vmId: string,
    state: string,
    { afterMs = 0 }: { afterMs?: number } = {},
  ): Promise<boolean> {
    return await this.#update((world, now) => {
      const vm = world.vms.find((each) => each.vmId === vmId);
      if (vm) changeState(vm, now + afterMs, state);
      return vm !== undefined;
    });
  }

  get #ownKeyId(): string {
    return this.apiKey.slice(0, 36);
  }

  async #changeFaults<T>(change: (state: FaultState) => T): Promise<T> {
    const { changeFaults } = await import("./faults/fault_state.ts");
    return await this.#update((world) => changeFaults(world, change));
  }

  /** Changes are made in the order in which they were asked for. */
  async #update<T>(change: (world: World, now: number) => T): Promise<T> {
    const now = () => this.clock.now().getTime();
    const done = await this.#store.update(({ world }) =>
      world.late.length === 0 ? { result: change(world, now()) } : undefined
    );
    if (done) return done.result;
    const { carryOutLate } = await import("./faults/fault_state.ts");
    return await this.#store.update((transaction) => {
      carryOutLate(this.#options, transaction);
      return change(transaction.world, now());
    });
  }
}
