import * as z from "zod/mini";
import { describeKey, newApiKey } from "./account.ts";
import { newVm } from "./vm_life.ts";
import { OWN_ORGANISATION, type StoredCommit, type StoredVm } from "./world.ts";

/** States by milliseconds after the creation of a VM; never none. */
export const STATES = z.array(z.strictObject({
  afterMs: z.number().check(z.minimum(0)),
  state: z.string(),
})).check(z.minLength(1));

/** A VM that is there without anybody having asked for it. */
export const VM_SEED = z.strictObject({
  /** Whose VM it is; with another organisation, the default is a stranger. */
  organisation: z.exactOptional(z.string()),
  /** The id of the key that made it; the simulator's own by default. */
  ownerId: z.exactOptional(z.guid()),
  labels: z.exactOptional(z.nullable(z.record(z.string(), z.string()))),
  /** Its state, unless `states` says more; `running` by default. */
  state: z.exactOptional(z.string()),
  /** Its states by milliseconds after its creation. */
  states: z.exactOptional(STATES),
  /** RFC 3339; now by default. */
  createdAt: z.exactOptional(z.iso.datetime()),
  deletedAt: z.exactOptional(z.iso.datetime()),
  parentCommitId: z.exactOptional(z.guid()),
  grandparentVmId: z.exactOptional(z.guid()),
});

/** A commit that is there without anybody having asked for it. */
export const COMMIT_SEED = z.strictObject({
  commitId: z.exactOptional(z.guid()),
  organisation: z.exactOptional(z.string()),
  ownerId: z.exactOptional(z.guid()),
  name: z.exactOptional(z.string()),
  isPublic: z.exactOptional(z.boolean()),
  parentVmId: z.exactOptional(z.guid()),
  /** Names it goes by: a tag of old, or `repo:tag`. */
  tags: z.exactOptional(z.array(z.string())),
});

/** A key that is to be accepted. */
export const KEY_SEED = z.strictObject({
  /** Of the usual shape; made anew when it is left out. */
  apiKey: z.exactOptional(z.string()),
  /** The simulator's own by default: a second key of one organisation. */
  organisation: z.exactOptional(z.string()),
});

/** What {@linkcode seededVm} makes a VM of. */
export type VmSeed = z.infer<typeof VM_SEED>;
/** What {@linkcode seededCommit} makes a commit of. */
export type CommitSeed = z.infer<typeof COMMIT_SEED>;
/** What {@linkcode seededKey} makes a key of. */
export type KeySeed = z.infer<typeof KEY_SEED>;

/** What a seed is planted in. */
export interface SeedContext {
  readonly ownKeyId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Returns the VM of a seed. */
export function seededVm(seed: VmSeed, context: SeedContext): StoredVm {
  const { createdAt, deletedAt, parentCommitId, grandparentVmId } = seed;
  const states = seed.states ??
    [{ afterMs: 0, state: seed.state ?? "running" }];
  const vm = newVm({
    account: owner(seed, context),
    now: createdAt === undefined ? context.now : Date.parse(createdAt),
    labels: seed.labels ?? null,
    parentCommitId,
    grandparentVmId,
    quirks: { states: { states } },
  });
  if (deletedAt !== undefined) vm.deletedAt = Date.parse(deletedAt);
  return vm;
}

/** Returns the commit of a seed. */
export function seededCommit(
  seed: CommitSeed,
  context: SeedContext,
): StoredCommit {
  const { keyId, organisation } = owner(seed, context);
  const commitId = seed.commitId ?? crypto.randomUUID();
  return {
    commitId,
    ownerId: keyId,
    organisation,
    createdAt: context.now,
    name: seed.name ?? `commit-${commitId.slice(0, 8)}`,
    isPublic: seed.isPublic ?? false,
    tags: [...seed.tags ?? []],
    parentVmId: seed.parentVmId,
  };
}

/** Returns the key of a seed, and what is kept of it. */
export async function seededKey(seed: KeySeed) {
  const apiKey = seed.apiKey ?? newApiKey();
  const organisation = seed.organisation ?? OWN_ORGANISATION;
  return { apiKey, kept: { ...await describeKey(apiKey), organisation } };
}

function owner(
  { organisation = OWN_ORGANISATION, ownerId }: VmSeed | CommitSeed,
  { ownKeyId }: SeedContext,
) {
  const isOwn = organisation === OWN_ORGANISATION;
  const keyId = ownerId ?? (isOwn ? ownKeyId : crypto.randomUUID());
  return { keyId, organisation };
}
