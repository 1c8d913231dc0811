import * as z from "zod/mini";
import type {
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

/** Something that may be missing; what replaces it then. */
function or<T, Otherwise>(schema: z.ZodMiniType<T>, otherwise: Otherwise) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? otherwise),
  );
}

/** Something that decides nothing: what cannot be understood is not there. */
function orElse<T, Otherwise>(schema: z.ZodMiniType<T>, otherwise: Otherwise) {
  return or(z.catch(z.nullish(schema), null), otherwise);
}

const orNull = <T>(schema: z.ZodMiniType<T>) => orElse(schema, null);
const optionalText = or(z.string(), null);

const vmSchema = z.object({
  vm_id: id,
  owner_id: id,
  created_at: time,
  state: z.string(),
  labels: z.pipe(
    z.optional(z.pipe(
      // No labels at all are an empty list in some languages.
      z.transform((value) =>
        Array.isArray(value) && value.length === 0 ? null : value
      ),
      z.nullable(z.record(z.string(), z.unknown())),
    )),
    z.transform((labels) => textsOf(labels)),
  ),
});

const statusSchema = z.object({
  vm_id: id,
  owner_id: orNull(id),
  created_at: orNull(time),
  state: z.string(),
  labels: z.pipe(z.optional(z.unknown()), z.transform(textsOf)),
});

const metadataSchema = z.object({
  vm_id: id,
  owner_id: orNull(id),
  created_at: orNull(time),
  state: orNull(z.string()),
  ip: orNull(z.string()),
  // What these say decides what becomes of a job.
  deleted_at: or(time, null),
  parent_commit_id: or(id, null),
  grandparent_vm_id: or(id, null),
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
  project_id: or(id, null),
  status: optionalText,
});

const commitIdSchema = z.object({ commit_id: id });

const commitSchema = z.object({
  commit_id: id,
  owner_id: orNull(z.string()),
  name: orElse(z.string(), ""),
  description: orNull(z.string()),
  created_at: orNull(time),
  is_public: orElse(z.boolean(), false),
  parent_vm_id: orNull(z.string()),
  grandparent_commit_id: orNull(z.string()),
});

const commitPageSchema = z.object({
  commits: z.array(commitSchema),
  total: or(z.number(), null),
});

function fields<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.pipe(or(z.unknown(), {}), z.object(shape));
}

const identitySchema = z.object({
  user: fields({
    id: optionalText,
    email: optionalText,
    user_name: optionalText,
  }),
  org: fields({ id: optionalText, name: optionalText }),
  api_key: fields({
    id: optionalText,
    label: optionalText,
    expires_at: optionalText,
  }),
});

const keyValiditySchema = z.object({
  valid: z.boolean(),
  message: or(z.string(), ""),
});

/**
 * Reads one VM that was asked for. Its id and state must be there; what else
 * cannot be understood is `null`, and of the labels what can be is taken.
 */
export function parseVmStatus(value: unknown): VmStatus {
  return check(statusSchema, value);
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
 * cannot be understood is skipped and counted among those.
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
    if (parsed.success) vms.push(parsed.data);
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
  return check(metadataSchema, value);
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
  return check(deploymentSchema, value);
}

/** Reads the id of a new commit. */
export function parseCommitId(value: unknown): CommitId {
  return check(commitIdSchema, value);
}

/** Reads a page of commits: a bare array, or one in the field `commits`. */
export function parseCommitPage(value: unknown): CommitPage {
  return Array.isArray(value)
    ? { commits: check(z.array(commitSchema), value), total: null }
    : check(commitPageSchema, value);
}

/** Reads whose key was used. */
export function parseIdentity(value: unknown): Identity {
  return check(identitySchema, value);
}

/** Reads that something answered with its version, in whatever field. */
export function parseServiceVersion(value: unknown): void {
  check(z.looseObject({}), value);
}

/** Reads whether a key is taken. */
export function parseKeyValidity(value: unknown): KeyValidity {
  return check(keyValiditySchema, value);
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

function has(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null &&
    Object.hasOwn(value, name);
}

/**
 * Returns a value of JSON in the shape that was asked for.
 *
 * @throws {AnswerShapeError} when it has another.
 */
export function check<Schema extends z.ZodMiniType>(
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
