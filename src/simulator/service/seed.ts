import { describeKey, newApiKey } from "./account.ts";
import { newVm } from "./vm_life.ts";
import { OWN_ORGANISATION, type StoredCommit, type StoredVm } from "./world.ts";

/** A VM that is there without anybody having asked for it. */
export interface VmSeed {
  /** Whose VM it is; with another organisation, the default is a stranger. */
  readonly organisation?: string;
  /** The id of the key that made it; the simulator's own by default. */
  readonly ownerId?: string;
  readonly labels?: Record<string, string> | null;
  /** Its state, unless `states` says more; `running` by default. */
  readonly state?: string;
  /** Its states by milliseconds after its creation. */
  readonly states?: readonly { afterMs: number; state: string }[];
  /** RFC 3339; now by default. */
  readonly createdAt?: string;
  readonly deletedAt?: string;
  readonly parentCommitId?: string;
  readonly grandparentVmId?: string;
}

/** A commit that is there without anybody having asked for it. */
export interface CommitSeed {
  readonly commitId?: string;
  readonly organisation?: string;
  readonly ownerId?: string;
  readonly name?: string;
  readonly isPublic?: boolean;
  readonly parentVmId?: string;
  /** Names it goes by: a tag of old, or `repo:tag`. */
  readonly tags?: readonly string[];
}

/** A key that is to be accepted. */
export interface KeySeed {
  /** Of the usual shape; made anew when it is left out. */
  readonly apiKey?: string;
  /** The simulator's own by default: a second key of one organisation. */
  readonly organisation?: string;
}

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
    faults: [{ type: "states", states: [...states] }],
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
    ...(seed.parentVmId && { parentVmId: seed.parentVmId }),
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
