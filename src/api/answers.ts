import * as z from "zod/mini";
import type {
  Commit,
  CommitId,
  CommitPage,
  Deployment,
  Identity,
  KeyValidity,
  SkippedVm,
  Vm,
  VmIds,
  VmList,
  VmMetadata,
  VmStatus,
} from "./types.ts";
import { isJsonObject } from "../json.ts";

/** An answer that is not in a shape that the service has ever documented. */
export class AnswerShapeError extends Error {
  override readonly name = "AnswerShapeError";
}

const time = z.string().check(
  z.refine((text) => !Number.isNaN(Date.parse(text))),
);
/** An id, in small letters however it is written: ids are compared. */
const id = z.guid().check(z.toLowerCase());
const optionalId = z.nullish(id);
const optionalText = z.nullish(z.string());

const vmSchema = z.object({
  vm_id: id,
  owner_id: id,
  created_at: time,
  state: z.string(),
  // No labels at all are an empty list in some languages.
  labels: z.optional(z.pipe(
    z.transform((value) =>
      Array.isArray(value) && value.length === 0 ? null : value
    ),
    z.nullable(z.record(z.string(), z.unknown())),
  )),
});

/** Something that decides nothing: what cannot be understood is not there. */
function orNull<T>(schema: z.ZodMiniType<T>) {
  return z.catch(z.nullish(schema), null);
}

const statusSchema = z.object({
  vm_id: id,
  owner_id: orNull(id),
  created_at: orNull(time),
  state: z.string(),
  labels: z.optional(z.unknown()),
});

const metadataSchema = z.object({
  vm_id: id,
  owner_id: orNull(id),
  created_at: orNull(time),
  state: orNull(z.string()),
  ip: orNull(z.string()),
  // What these say decides what becomes of a job.
  deleted_at: z.nullish(time),
  parent_commit_id: optionalId,
  grandparent_vm_id: optionalId,
});

const vmIdSchema = z.object({ vm_id: id });
const vmIdsSchema = z.object({
  vms: z.array(vmIdSchema).check(z.minLength(1)),
});
const deletedIdsSchema = z.object({
  deleted_ids: z.array(id).check(z.minLength(1)),
});

const deploymentSchema = z.object({
  vm_id: id,
  project_id: optionalId,
  status: optionalText,
});

const commitIdSchema = z.object({ commit_id: id });

const commitSchema = z.object({
  commit_id: id,
  owner_id: orNull(z.string()),
  name: orNull(z.string()),
  description: orNull(z.string()),
  created_at: orNull(time),
  is_public: orNull(z.boolean()),
  parent_vm_id: orNull(z.string()),
  grandparent_commit_id: orNull(z.string()),
});

const commitPageSchema = z.object({
  commits: z.array(commitSchema),
  total: z.nullish(z.number()),
});

const identitySchema = z.object({
  user: z.nullish(
    z.object({
      id: optionalText,
      email: optionalText,
      user_name: optionalText,
    }),
  ),
  org: z.nullish(z.object({ id: optionalText, name: optionalText })),
  api_key: z.nullish(
    z.object({
      id: optionalText,
      label: optionalText,
      expires_at: optionalText,
    }),
  ),
});

const keyValiditySchema = z.object({
  valid: z.boolean(),
  message: optionalText,
});

/**
 * Reads one VM that was asked for. Its id and state must be there; what else
 * cannot be understood is `null`, and of the labels what can be is taken.
 */
export function parseVmStatus(value: unknown): VmStatus {
  const vm = check(statusSchema, value);
  return {
    vm_id: vm.vm_id,
    owner_id: vm.owner_id ?? null,
    created_at: vm.created_at ?? null,
    state: vm.state,
    labels: textsOf(vm.labels),
  };
}

/**
 * Returns what a VM's answer says, if it is that of the VM that was asked for.
 *
 * @throws {AnswerShapeError} when it is another's: a cache may mix them up.
 */
export function ofVm<T extends { readonly vm_id: string }>(
  vmId: string,
  answer: T,
): T {
  if (answer.vm_id === vmId.toLowerCase()) return answer;
  throw new AnswerShapeError(`it is about another VM, ${answer.vm_id}`);
}

/**
 * Reads a list of VMs: a bare array, or one in the field `vms`. An entry that
 * cannot be understood is passed over and told of.
 *
 * @throws {AnswerShapeError} when it is no list, or of nothing like VMs.
 */
export function parseVms(value: unknown): VmList {
  const entries = has(value, "vms")
    ? check(z.object({ vms: z.array(z.unknown()) }), value).vms
    : check(z.array(z.unknown()), value);
  const vms: Vm[] = [];
  const skipped: SkippedVm[] = [];
  for (const entry of entries) {
    const parsed = z.safeParse(vmSchema, entry);
    if (parsed.success) vms.push(toVm(parsed.data));
    else skipped.push(toSkipped(entry, parsed.error));
  }
  if (vms.length === 0 && skipped.every(({ vm_id }) => vm_id === null)) {
    const [first] = skipped;
    if (first) throw new AnswerShapeError(`in its first entry, ${first.why}`);
  }
  return { vms, skipped };
}

/** Reads a VM's metadata. */
export function parseVmMetadata(value: unknown): VmMetadata {
  const metadata = check(metadataSchema, value);
  return {
    vm_id: metadata.vm_id,
    owner_id: metadata.owner_id ?? null,
    created_at: metadata.created_at ?? null,
    state: metadata.state ?? null,
    ip: metadata.ip ?? null,
    deleted_at: metadata.deleted_at ?? null,
    parent_commit_id: metadata.parent_commit_id ?? null,
    grandparent_vm_id: metadata.grandparent_vm_id ?? null,
  };
}

/** Reads which VMs were made: `{vms: [{vm_id}]}`, or the older `{vm_id}`. */
export function parseCreatedVms(value: unknown): VmIds {
  if (has(value, "vms")) {
    const ids = check(vmIdsSchema, value).vms.map((vm) => vm.vm_id);
    return { vm_ids: [...new Set(ids)] };
  }
  return { vm_ids: [check(vmIdSchema, value).vm_id] };
}

/** Reads which VMs were deleted: `{vm_id}`, or the older `{deleted_ids}`. */
export function parseDeletedVms(value: unknown): VmIds {
  if (has(value, "deleted_ids")) {
    return { vm_ids: check(deletedIdsSchema, value).deleted_ids };
  }
  return { vm_ids: [check(vmIdSchema, value).vm_id] };
}

/** Reads what a deploy became. */
export function parseDeployment(value: unknown): Deployment {
  const { vm_id, project_id, status } = check(deploymentSchema, value);
  return { vm_id, project_id: project_id ?? null, status: status ?? null };
}

/** Reads the id of a new commit. */
export function parseCommitId(value: unknown): CommitId {
  return check(commitIdSchema, value);
}

/** Reads a page of commits: a bare array, or one in the field `commits`. */
export function parseCommitPage(value: unknown): CommitPage {
  if (Array.isArray(value)) {
    const commits = check(z.array(commitSchema), value);
    return { commits: commits.map(toCommit), total: null };
  }
  const { commits, total } = check(commitPageSchema, value);
  return { commits: commits.map(toCommit), total: total ?? null };
}

/** Reads whose key was used. */
export function parseIdentity(value: unknown): Identity {
  const { user, org, api_key } = check(identitySchema, value);
  return {
    user: {
      id: user?.id ?? null,
      email: user?.email ?? null,
      user_name: user?.user_name ?? null,
    },
    org: { id: org?.id ?? null, name: org?.name ?? null },
    api_key: {
      id: api_key?.id ?? null,
      label: api_key?.label ?? null,
      expires_at: api_key?.expires_at ?? null,
    },
  };
}

/** Reads that something told its version: what it is called may change. */
export function parseServiceVersion(value: unknown): void {
  check(z.looseObject({}), value);
}

/** Reads whether a key is taken. */
export function parseKeyValidity(value: unknown): KeyValidity {
  const { valid, message } = check(keyValiditySchema, value);
  return { valid, message: message ?? "" };
}

function toVm(vm: z.infer<typeof vmSchema>): Vm {
  const { vm_id, owner_id, created_at, state } = vm;
  return { vm_id, owner_id, created_at, state, labels: textsOf(vm.labels) };
}

function toSkipped(entry: unknown, { issues }: z.core.$ZodError): SkippedVm {
  const { vm_id, labels } = Object(entry);
  const [issue] = issues;
  return {
    vm_id: z.safeParse(id, vm_id).data ?? null,
    labels: textsOf(labels),
    why: issue ? describeIssue(issue) : "it is malformed",
  };
}

/** A label of another kind is somebody else's: it must not hide the VM. */
function textsOf(labels: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (!isJsonObject(labels)) return texts;
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value === "string") texts[name] = value;
  }
  return texts;
}

function toCommit(commit: z.infer<typeof commitSchema>): Commit {
  return {
    commit_id: commit.commit_id,
    owner_id: commit.owner_id ?? null,
    name: commit.name ?? "",
    description: commit.description ?? null,
    created_at: commit.created_at ?? null,
    is_public: commit.is_public ?? false,
    parent_vm_id: commit.parent_vm_id ?? null,
    grandparent_commit_id: commit.grandparent_commit_id ?? null,
  };
}

function has(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null &&
    Object.hasOwn(value, name);
}

function check<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AnswerShapeError(issue ? describeIssue(issue) : "it is malformed");
}

/** `zod/mini` has no words of its own: path and expectation are all it gives. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map((part) =>
    typeof part === "number" ? `[${part}]` : `.${String(part)}`
  ).join("").replace(/^\./, "");
  return `${path ? `its "${path}"` : "it"} is not ${expectedBy(issue)}`;
}

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return EXPECTED[issue.expected] ?? `a ${issue.expected}`;
    case "invalid_format":
      return "a UUID";
    case "too_small":
      return "filled";
    case "custom":
      return "a time";
    default:
      return "as documented";
  }
}

const EXPECTED: { readonly [type: string]: string | undefined } = {
  object: "an object",
  record: "an object",
  array: "a list",
};
