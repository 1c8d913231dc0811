import * as z from "zod/mini";
import {
  type Answer,
  badRequest,
  errorAnswer,
  jsonAnswer,
  notFound,
  Refusal,
} from "./answer.ts";
import { findCommit, taggedCommit } from "./commit_endpoints.ts";
import {
  awaitBoot,
  countQuery,
  done,
  type Endpoint,
  flagQuery,
  idParam,
  jsonBody,
  notJson,
  shaped,
} from "./endpoint.ts";
import type { Quirks } from "./quirks.ts";
import {
  changeState,
  findLivingVm,
  livingVm,
  newVm,
  stateAt,
} from "./vm_life.ts";
import type { Call, StoredCommit, StoredVm, World } from "./world.ts";

const SIZE = z.nullish(z.int32().check(z.minimum(0)));
const TEXT = z.nullish(z.string());

const NEW_ROOT_BODY = z.object({
  vm_config: z.object({
    mem_size_mib: SIZE,
    vcpu_count: SIZE,
    fs_size_mib: SIZE,
    image_name: TEXT,
    kernel_name: TEXT,
    labels: z.nullish(z.record(z.string(), z.string())),
  }),
});

/** Makes a VM, which then boots. */
export const createRootVm: Endpoint = (call, context) => {
  const { world, now, bootMs, quirks } = context;
  const waitBoot = flagQuery(call, "wait_boot");
  const { vm_config: config } = shaped(jsonBody(call), NEW_ROOT_BODY);
  const vm = newVm({
    account: call.account,
    now,
    bootMs,
    labels: config.labels ?? null,
    memSizeMib: config.mem_size_mib,
    vcpuCount: config.vcpu_count,
    fsSizeMib: config.fs_size_mib,
    quirks,
  });
  world.vms.push(vm);
  const bootedAt = vm.changes.find(({ state }) => state !== "booting")?.at;
  return done(
    jsonAnswer(201, { vm_id: vm.vmId }),
    waitBoot ? bootedAt : undefined,
  );
};

const UNION_KEYS = ["commit_id", "tag_name", "ref"];
const COMMIT_BODY = z.object({
  commit_id: z.optional(z.guid()),
  tag_name: z.optional(z.string()),
  ref: z.optional(z.string()),
});

/** Makes a VM of a commit; it runs at once. */
export const restoreCommit: Endpoint = (call, { world, now, quirks }) => {
  const commit = commitOfBody(call, world);
  const vm = newVm({ account: call.account, now, ...lineage(commit), quirks });
  world.vms.push(vm);
  return done(jsonAnswer(201, { vm_id: vm.vmId }));
};

function commitOfBody(call: Call, world: World): StoredCommit {
  const body = jsonBody(call);
  const keys = typeof body === "object" && body !== null
    ? UNION_KEYS.filter((key) => Object.hasOwn(body, key))
    : [];
  if (keys.length !== 1) {
    throw notJson("it must have one of commit_id, tag_name and ref");
  }
  const { commit_id: id, tag_name, ref } = shaped(body, COMMIT_BODY);
  if (id !== undefined) {
    const commit = findCommit(world, call.account, id);
    if (commit) return commit;
    throw notFound("commit not found");
  }
  if (ref !== undefined && !/^[^:]+:[^:]+$/.test(ref)) {
    throw badRequest("Invalid ref format. Expected 'repo_name:tag_name'");
  }
  return taggedCommit(world, call.account, ref ?? tag_name ?? "");
}

function lineage(commit: StoredCommit) {
  return {
    parentCommitId: commit.commitId,
    grandparentVmId: commit.parentVmId,
  };
}

/** What a branch is made of. */
type BranchSource =
  | { readonly type: "vm"; readonly vm: StoredVm }
  | { readonly type: "commit"; readonly commit: StoredCommit };

/** Makes VMs of a VM as it is now, or of a commit; they run at once. */
export const branchVm: Endpoint = (call, { world, now, quirks }) => {
  const count = countQuery(call, "count", 1);
  const keepPaused = flagQuery(call, "keep_paused");
  const skipWait = flagQuery(call, "skip_wait_boot");
  const source = branchSource(call, world);
  if (source.type === "vm") {
    if (stateAt(source.vm, now) === "dead") throw badRequest("vm is dead");
    awaitBoot(source.vm, now, { skipWait });
    if (keepPaused) changeState(source.vm, now, "paused");
  }
  const origin = source.type === "commit" ? lineage(source.commit) : {
    // A branch of a VM is a branch of a commit that it makes on the way.
    parentCommitId: crypto.randomUUID(),
    grandparentVmId: source.vm.vmId,
  };
  const made = quirks.fewer?.made ?? count;
  const vms = Array.from(
    { length: made },
    () => newVm({ account: call.account, now, ...origin, quirks }),
  );
  world.vms.push(...vms);
  return done(branchAnswer(vms.map((vm) => vm.vmId), quirks));
};

function branchAnswer(ids: string[], quirks: Quirks): Answer {
  const named = ids.slice(0, quirks.fewer?.named);
  if (quirks.oldBranchAnswer) return jsonAnswer(201, { vm_id: named[0] });
  return jsonAnswer(201, { vms: named.map((vmId) => ({ vm_id: vmId })) });
}

function branchSource(call: Call, world: World): BranchSource {
  const { account, params } = call;
  if (params["vmOrCommit"] !== undefined) {
    const id = idParam(call, "vmOrCommit");
    const vm = findLivingVm(world, account, id);
    if (vm) return { type: "vm", vm };
    const commit = findCommit(world, account, id);
    if (commit) return { type: "commit", commit };
    throw notFound("commit not found");
  }
  if (params["vm"] !== undefined) {
    const id = idParam(call, "vm");
    const refusal = () => hybridNotFound("parent vm not found");
    return { type: "vm", vm: livingVm(world, account, id, refusal) };
  }
  if (params["commit"] !== undefined) {
    const commit = findCommit(world, account, idParam(call, "commit"));
    if (commit) return { type: "commit", commit };
    throw hybridNotFound("commit not found");
  }
  const { repo, tag = "" } = params;
  const reference = repo === undefined ? tag : `${repo}:${tag}`;
  const commit = taggedCommit(world, account, reference, hybridNotFound);
  return { type: "commit", commit };
}

/** The typed forms of a branch answer half a result, half an error. */
function hybridNotFound(error: string): Refusal {
  return new Refusal(jsonAnswer(404, { vms: [], error }));
}

const DEPLOY_BODY = z.object({
  repo: z.string(),
  name: TEXT,
  branch: TEXT,
  settings: z.nullish(z.object({
    install_command: TEXT,
    build_command: TEXT,
    run_command: TEXT,
    working_directory: TEXT,
  })),
});

/** Makes a project and its VM, which boots; a project's name is used once. */
export const deployRepo: Endpoint = (call, context) => {
  const { world, now, bootMs, quirks } = context;
  const { account } = call;
  const body = shaped(jsonBody(call), DEPLOY_BODY);
  const [owner, repo, ...more] = body.repo.split("/");
  if (!owner || !repo || more.length > 0) {
    throw badRequest("repo must be in the format owner/repo");
  }
  const name = body.name ?? repo;
  const isTaken = world.projects.some((project) =>
    project.organisation === account.organisation && project.name === name
  );
  if (isTaken) {
    throw new Refusal(errorAnswer(409, `project ${name} already exists`));
  }
  const vm = newVm({ account, now, bootMs, quirks });
  const projectId = crypto.randomUUID();
  const { organisation } = account;
  world.vms.push(vm);
  world.projects.push({ projectId, organisation, name, vmId: vm.vmId });
  return done(jsonAnswer(202, {
    project_id: projectId,
    vm_id: vm.vmId,
    status: "deploying",
  }));
};
