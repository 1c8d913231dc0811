import {
  ofVm,
  parseCommitId,
  parseCommitPage,
  parseCreatedVms,
  parseDeletedVms,
  parseDeployment,
  parseIdentity,
  parseKeyValidity,
  parseServiceVersion,
  parseVmMetadata,
  parseVms,
  parseVmStatus,
} from "./answers.ts";
import { ApiError } from "./api_error.ts";
import {
  CHANGE_LIMIT_MS,
  checkId,
  creation,
  question,
  READ_LIMIT_MS,
} from "./call.ts";
import {
  type Answer,
  type CallOptions,
  Exchange,
  type ExchangeOptions,
  json,
  onlyStatus,
} from "./exchange.ts";
import type { ExecListener } from "./exec_events.ts";
import type {
  CommitId,
  CommitPage,
  CommitRequest,
  CommitSource,
  Deployment,
  DeployRequest,
  ExecAttachRequest,
  ExecRequest,
  Identity,
  KeyValidity,
  VmConfig,
  VmIds,
  VmList,
  VmMetadata,
  VmStatus,
  WritableVmState,
} from "./types.ts";

/** Options for {@linkcode VersClient.branch}. */
export interface BranchOptions {
  readonly count: number;
  /** Leave the VM that is branched paused after its state was taken. */
  readonly keepPaused?: boolean;
}

/** Options for {@linkcode VersClient.listCommits}. */
export interface ListCommitsOptions {
  readonly limit?: number;
  readonly offset?: number;
  /** Those that everybody may use, instead of the organisation's own. */
  readonly areForAll?: boolean;
}

/**
 * The Vers API: one method per call, each sent once. It does not retry.
 *
 * Every method throws
 * - `ApiError` when the answer is not a 2xx;
 * - `NotSentError` when no connection was made;
 * - `NoAnswerError` when there was no answer that can be read: it is open
 *   whether the service did what was asked;
 * - a `Failure` of code `usage` when an id cannot be one: nothing was sent;
 * - the reason of the caller's signal, unchanged, when that is aborted.
 */
export class VersClient {
  readonly #exchange: Exchange;

  /** @throws {Failure} of code `authentication`, if the key cannot be sent. */
  constructor(options: ExchangeOptions) {
    this.#exchange = new Exchange(options);
  }

  /** Makes a VM, which then boots. */
  newRoot(config: VmConfig, options?: CallOptions): Promise<Answer<VmIds>> {
    const body = { vm_config: config };
    const call = creation("create the VM", "/vm/new_root", parseCreatedVms);
    return this.#exchange.send({ ...call, body }, options);
  }

  /** Makes VMs in the state of a VM or a commit. */
  async branch(
    source: string,
    branchOptions: BranchOptions,
    options?: CallOptions,
  ): Promise<Answer<VmIds>> {
    const action = `branch ${JSON.stringify(source)}`;
    const id = checkId(source, action, "VM or commit");
    const query = new URLSearchParams({ count: `${branchOptions.count}` });
    if (branchOptions.keepPaused) query.set("keep_paused", "true");
    const path = `/vm/${id}/branch?${query}`;
    return await this.#exchange.send(
      creation(action, path, parseCreatedVms),
      options,
    );
  }

  /** Makes a VM from a commit. */
  fromCommit(
    source: CommitSource,
    options?: CallOptions,
  ): Promise<Answer<VmIds>> {
    const action = "create the VM from its commit";
    const call = creation(action, "/vm/from_commit", parseCreatedVms);
    return this.#exchange.send({ ...call, body: source }, options);
  }

  /** Deploys a repository to a new VM. */
  deploy(
    request: DeployRequest,
    options?: CallOptions,
  ): Promise<Answer<Deployment>> {
    const action = `deploy ${JSON.stringify(request.repo)}`;
    const call = creation(action, "/deploy", parseDeployment);
    const { install_command, build_command, run_command } = request.settings ??
      {};
    const secrets = [install_command, build_command, run_command]
      .flatMap((command) => command ?? []);
    return this.#exchange.send({ ...call, body: request, secrets }, options);
  }

  /**
   * Returns the time by the service's clock; `undefined` when it does not show
   * it. Asks for as little as there is: a list may have thousands of VMs.
   *
   * What answers has proved to be the Vers API: it gave its version, or turned
   * the question down in the service's own shape. Anything else is thrown; what
   * `foreignAnswer()` knows of it came from something else.
   */
  async serverClock(options?: CallOptions): Promise<Date | undefined> {
    const action = "read the service's clock";
    const call = question(action, "/system/version", parseServiceVersion);
    try {
      return await clockOf(this.#exchange.send(call, options));
    } catch (error) {
      // A service without this page has the list, and that distinguishes it
      // from whatever else lacks the page.
      const isMissing = error instanceof ApiError &&
        (error.status === 404 || error.status === 405);
      if (!isMissing) throw error;
      return await clockOf(this.listVms(options));
    }
  }

  /** Returns a VM's state, and what else of it can be understood. */
  async vmStatus(id: string, options?: CallOptions): Promise<Answer<VmStatus>> {
    const action = `read the status of VM ${JSON.stringify(id)}`;
    const path = `/vm/${checkId(id, action)}/status`;
    return await this.#exchange.send(
      question(action, path, (body) => ofVm(id, parseVmStatus(body))),
      options,
    );
  }

  /** Returns the VMs of the whole organisation, in no certain order. */
  listVms(options?: CallOptions): Promise<Answer<VmList>> {
    return this.#exchange.send(
      question("list the VMs", "/vms", parseVms),
      options,
    );
  }

  /** Returns where a VM comes from and, for a while, that it was deleted. */
  async vmMetadata(
    id: string,
    options?: CallOptions,
  ): Promise<Answer<VmMetadata>> {
    const action = `read the metadata of VM ${JSON.stringify(id)}`;
    const path = `/vm/${checkId(id, action)}/metadata`;
    return await this.#exchange.send(
      question(action, path, (body) => ofVm(id, parseVmMetadata(body))),
      options,
    );
  }

  /** Adds labels to a VM; those of other names stay. */
  async setLabels(
    id: string,
    labels: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<Answer<void>> {
    const action = `label VM ${JSON.stringify(id)}`;
    return await this.#exchange.send({
      action,
      method: "PATCH",
      path: `/vm/${checkId(id, action)}/label`,
      body: { labels },
      limitMs: READ_LIMIT_MS,
      read: onlyStatus,
    }, options);
  }

  /** Asks for a state. The answer says that it was heard, no more. */
  async setState(
    id: string,
    state: WritableVmState,
    options?: CallOptions,
  ): Promise<Answer<void>> {
    const verb = state === "Paused" ? "pause" : "resume";
    const action = `${verb} VM ${JSON.stringify(id)}`;
    return await this.#exchange.send({
      action,
      method: "PATCH",
      path: `/vm/${checkId(id, action)}/state`,
      body: { state },
      limitMs: CHANGE_LIMIT_MS,
      read: onlyStatus,
    }, options);
  }

  /** Deletes a VM. One that is unknown, or not ours, is answered with 403. */
  async deleteVm(id: string, options?: CallOptions): Promise<Answer<VmIds>> {
    const action = `delete VM ${JSON.stringify(id)}`;
    return await this.#exchange.send({
      action,
      method: "DELETE",
      path: `/vm/${checkId(id, action)}`,
      limitMs: CHANGE_LIMIT_MS,
      read: json(parseDeletedVms),
    }, options);
  }

  /** Keeps the state of a VM as a commit. */
  async commitVm(
    id: string,
    request: CommitRequest,
    options?: CallOptions,
  ): Promise<Answer<CommitId>> {
    const action = `commit VM ${JSON.stringify(id)}`;
    const path = `/vm/${checkId(id, action)}/commit`;
    const call = creation(action, path, parseCommitId);
    return await this.#exchange.send({ ...call, body: request }, options);
  }

  /** Returns which commit a tag of a repository names. */
  commitOfTag(
    repository: string,
    tag: string,
    options?: CallOptions,
  ): Promise<Answer<CommitId>> {
    const path = `/repositories/${encodeURIComponent(repository)}` +
      `/tags/${encodeURIComponent(tag)}`;
    return this.#exchange.send(
      question("find the commit of the tag", path, parseCommitId),
      options,
    );
  }

  /** Returns a page of commits. */
  listCommits(
    page: ListCommitsOptions,
    options?: CallOptions,
  ): Promise<Answer<CommitPage>> {
    const query = new URLSearchParams();
    if (page.limit !== undefined) query.set("limit", `${page.limit}`);
    if (page.offset !== undefined) query.set("offset", `${page.offset}`);
    const list = page.areForAll ? "/commits/public" : "/commits";
    const path = query.size > 0 ? `${list}?${query}` : list;
    return this.#exchange.send(
      question("list the commits", path, parseCommitPage),
      options,
    );
  }

  /** Makes a VM's disk larger: `mib` is its new size. */
  async resizeDisk(
    id: string,
    mib: number,
    options?: CallOptions,
  ): Promise<Answer<void>> {
    const action = `resize the disk of VM ${JSON.stringify(id)}`;
    return await this.#exchange.send({
      action,
      method: "PATCH",
      path: `/vm/${checkId(id, action)}/disk`,
      body: { fs_size_mib: mib },
      limitMs: CHANGE_LIMIT_MS,
      read: onlyStatus,
    }, options);
  }

  /**
   * Runs a command in a VM, and passes what it does on to `listener` as it comes.
   * The answer is over when the stream is, complete or not.
   */
  async execStream(
    id: string,
    request: ExecRequest,
    options: CallOptions & { readonly listener: ExecListener },
  ): Promise<void> {
    const { execEvents } = await import("./exec_events.ts");
    const action = `run the command in VM ${JSON.stringify(id)}`;
    await this.#exchange.send({
      action,
      method: "POST",
      path: `/vm/${checkId(id, action)}/exec/stream`,
      body: request,
      once: true,
      limitMs: CHANGE_LIMIT_MS,
      read: execEvents(options.listener),
    }, options);
  }

  /** Resumes the stream of a command that was started earlier. */
  async attachExec(
    id: string,
    request: ExecAttachRequest,
    options: CallOptions & { readonly listener: ExecListener },
  ): Promise<void> {
    const { execEvents } = await import("./exec_events.ts");
    const action = `follow the command in VM ${JSON.stringify(id)}`;
    await this.#exchange.send({
      action,
      method: "POST",
      path: `/vm/${checkId(id, action)}/exec/stream/attach`,
      body: request,
      limitMs: READ_LIMIT_MS,
      read: execEvents(options.listener),
    }, options);
  }

  /** Returns whose key this is. */
  whoami(options?: CallOptions): Promise<Answer<Identity>> {
    const action = "read whose API key this is";
    return this.#exchange.send(
      question(action, "/whoami", parseIdentity),
      options,
    );
  }

  /** Asks whether the service takes this key. */
  validateKey(options?: CallOptions): Promise<Answer<KeyValidity>> {
    return this.#exchange.send({
      action: "check the API key",
      method: "POST",
      path: "/keys/validate",
      limitMs: READ_LIMIT_MS,
      read: json(parseKeyValidity),
    }, options);
  }
}

/** An error in the service's own shape shows its clock as well as an answer. */
async function clockOf(
  asked: Promise<Answer<unknown>>,
): Promise<Date | undefined> {
  try {
    return (await asked).serverTime;
  } catch (error) {
    const isWord = error instanceof ApiError && error.isFromService &&
      (!error.isTransient || error.status === 501);
    if (isWord) return error.serverTime;
    throw error;
  }
}
