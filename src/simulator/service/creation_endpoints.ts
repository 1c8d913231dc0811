import * as z from "zod/mini";
import {
  badRequest,
  errorAnswer,
  jsonAnswer,
  Refusal,
  type ServiceAnswer,
} from "./answer.ts";
import { taggedCommit, usableCommit } from "./commit_endpoints.ts";
import {
  awaitBoot,
  countQuery,
  done,
  type Endpoint,
  type EndpointContext,
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
  type NewVmOptions,
  stateAt,
} from "./vm_life.ts";
import type { ServiceCall, StoredCommit, StoredVm, World } from "./world.ts";

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
  const waitBoot = flagQuery(call, "wait_boot");
  const { vm_config: config } = shaped(jsonBody(call), NEW_ROOT_BODY);
  const vm = addVm(call, context, {
    bootMs: context.bootMs,
    labels: config.labels ?? null,
    memSizeMib: config.mem_size_mib,
    vcpuCount: config.vcpu_count,
    fsSizeMib: config.fs_size_mib,
  });
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
export const restoreCommit: Endpoint = (call, context) => {
  const commit = commitOfBody(call, context.world);
  const vm = addVm(call, context, originOf(commit));
  return done(jsonAnswer(201, { vm_id: vm.vmId }));
};

function commitOfBody(call: ServiceCall, world: World): StoredCommit {
  const body = jsonBody(call);
  const keys = typeof body === "object" && body !== null
    ? UNION_KEYS.filter((key) => Object.hasOwn(body, key))
    : [];
  if (keys.length !== 1) {
    throw notJson("it must have one of commit_id, tag_name and ref");
  }
  const { commit_id: id, tag_name, ref } = shaped(body, COMMIT_BODY);
  if (id !== undefined) return usableCommit(world, call.account, id);
  if (ref !== undefined && !/^[^:]+:[^:]+$/.test(ref)) {
    throw badRequest("Invalid ref format. Expected 'repo_name:tag_name'");
  }
  return taggedCommit(world, call.account, ref ?? tag_name ?? "");
}

/** Makes a VM of the caller's. */
function addVm(
  { account }: ServiceCall,
  { world, now, quirks }: EndpointContext,
  options: Partial<NewVmOptions>,
): StoredVm {
  const vm = newVm({ account, now, quirks, ...options });
  world.vms.push(vm);
  return vm;
}

/** Returns what a VM shows of the VM or the commit that it was made of. */
function originOf(source: StoredVm | StoredCommit) {
  // A branch of a VM is a branch of a commit that it makes on the way.
  return "vmId" in source
    ? { parentCommitId: crypto.randomUUID(), grandparentVmId: source.vmId }
    : { parentCommitId: source.commitId, grandparentVmId: source.parentVmId };
}

/** Makes VMs of a VM as it is now, or of a commit; they run at once. */
export const branchVm: Endpoint = (call, context) => {
  const { world, now, quirks } = context;
  const count = countQuery(call, "count", 1);
  const keepPaused = flagQuery(call, "keep_paused");
  const skipWait = flagQuery(call, "skip_wait_boot");
  const source = branchSource(call, world);
  if ("vmId" in source) {
    if (stateAt(source, now) === "dead") throw badRequest("vm is dead");
    awaitBoot(source, now, { skipWait });
    if (keepPaused) changeState(source, now, "paused");
  }
  const origin = originOf(source);
  const vms = Array.from(
    { length: quirks.fewer?.made ?? count },
    () => addVm(call, context, origin),
  );
  return done(branchAnswer(vms.map((vm) => vm.vmId), quirks));
};

function branchAnswer(ids: string[], quirks: Quirks): ServiceAnswer {
  const named = ids.slice(0, quirks.fewer?.named);
  if (quirks.oldBranchAnswer) return jsonAnswer(201, { vm_id: named[0] });
  return jsonAnswer(201, { vms: named.map((vmId) => ({ vm_id: vmId })) });
}

/** Returns the VM or the commit that is to be branched. */
function branchSource(
  call: ServiceCall,
  world: World,
): StoredVm | StoredCommit {
  const { account, params: { vmOrCommit, vm, commit, repo, tag = "" } } = call;
  if (vmOrCommit !== undefined) {
    const id = idParam(call, "vmOrCommit");
    return findLivingVm(world, account, id) ?? usableCommit(world, account, id);
  }
  if (vm !== undefined) {
    const refusal = () => hybridNotFound("parent vm not found");
    return livingVm(world, account, idParam(call, "vm"), refusal);
  }
  if (commit !== undefined) {
    const id = idParam(call, "commit");
    return usableCommit(world, account, id, hybridNotFound);
  }
  const reference = repo === undefined ? tag : `${repo}:${tag}`;
  return taggedCommit(world, account, reference, hybridNotFound);
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
  const { world, bootMs } = context;
  const { organisation } = call.account;
  const body = shaped(jsonBody(call), DEPLOY_BODY);
  const [owner, repo, ...more] = body.repo.split("/");
  if (!owner || !repo || more.length > 0) {
    throw badRequest("repo must be in the format owner/repo");
  }
  const name = body.name ?? repo;
  const isTaken = world.projects.some((project) =>
    project.organisation === organisation && project.name === name
  );
  if (isTaken) {
    throw new Refusal(errorAnswer(409, `project ${name} already exists`));
  }
  const { vmId } = addVm(call, context, { bootMs });
  const projectId = crypto.randomUUID();
  world.projects.push({ projectId, organisation, name, vmId });
  return done(jsonAnswer(202, {
    project_id: projectId,
    vm_id: vmId,
    status: "deploying",
  }));
};
