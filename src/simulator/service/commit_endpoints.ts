import * as z from "zod/mini";
import type { JsonObject } from "../../json.ts";
import { badRequest, jsonAnswer, notFound, type Refusal } from "./answer.ts";
import {
  awaitBoot,
  countQuery,
  done,
  type Endpoint,
  flagQuery,
  idParam,
  jsonBody,
  shaped,
  shown,
} from "./endpoint.ts";
import { changeState, livingVm } from "./vm_life.ts";
import type { Account, ServiceCall, StoredCommit, World } from "./world.ts";

/**
 * Returns the commit of this id.
 *
 * @throws {Refusal} when there is none that the account may use.
 */
export function usableCommit(
  world: World,
  { organisation }: Account,
  commitId: string,
  refusal: (error: string) => Refusal = notFound,
): StoredCommit {
  const commit = world.commits.find((each) =>
    each.commitId === commitId.toLowerCase() &&
    (each.isPublic || each.organisation === organisation)
  );
  if (!commit) throw refusal("commit not found");
  return commit;
}

/**
 * Returns the commit that goes by this tag, or `repo:tag`.
 *
 * @throws {Refusal} when there is none.
 */
export function taggedCommit(
  world: World,
  { organisation }: Account,
  reference: string,
  refusal: (error: string) => Refusal = notFound,
): StoredCommit {
  const commit = world.commits.find((each) =>
    each.organisation === organisation && each.tags.includes(reference)
  );
  if (!commit) throw refusal("tag not found");
  return commit;
}

const COMMIT_BODY = z.object({
  commit_id: z.nullish(z.guid()),
  name: z.nullish(z.string()),
  description: z.nullish(z.string()),
});

/** Keeps a VM as it is now; a body is not needed. */
export const commitVm: Endpoint = (call, { world, now }) => {
  const vmId = idParam(call, "vm");
  const keepPaused = flagQuery(call, "keep_paused");
  const skipWait = flagQuery(call, "skip_wait_boot");
  const body = shaped(call.body === "" ? {} : jsonBody(call), COMMIT_BODY);
  const vm = livingVm(world, call.account, vmId);
  const commitId = body.commit_id?.toLowerCase() ?? crypto.randomUUID();
  if (world.commits.some((commit) => commit.commitId === commitId)) {
    throw badRequest("commit_id is already in use");
  }
  awaitBoot(vm, now, { skipWait });
  world.commits.push({
    commitId,
    ownerId: call.account.keyId,
    organisation: call.account.organisation,
    createdAt: now,
    name: body.name ?? `commit-${commitId.slice(0, 8)}`,
    isPublic: false,
    parentVmId: vmId,
    tags: [],
    description: body.description ?? undefined,
    grandparentCommitId: vm.parentCommitId,
  });
  if (keepPaused) changeState(vm, now, "paused");
  return done(jsonAnswer(201, { commit_id: commitId }));
};

/** The organisation's commits, newest first, a page at a time. */
export const listCommits: Endpoint = (call, { world }) =>
  pageOfCommits(
    call,
    world.commits.filter(({ organisation }) =>
      organisation === call.account.organisation
    ),
  );

/** Everybody's commits that are for all, newest first, a page at a time. */
export const listPublicCommits: Endpoint = (call, { world }) =>
  pageOfCommits(call, world.commits.filter(({ isPublic }) => isPublic));

function pageOfCommits(
  call: ServiceCall,
  oldestFirst: readonly StoredCommit[],
) {
  const limit = Math.min(countQuery(call, "limit", 50), 100);
  const offset = countQuery(call, "offset", 0);
  const commits = oldestFirst.toReversed();
  return shown(jsonAnswer(200, {
    commits: commits.slice(offset, offset + limit).map(renderCommit),
    total: commits.length,
    limit,
    offset,
  }));
}

/** A tag of a repository; tags have no life of their own here. */
export const readTag: Endpoint = ({ account, params }, { world }) => {
  const { repo = "", tag = "" } = params;
  const reference = `${repo}:${tag}`;
  const commit = taggedCommit(world, account, reference);
  const time = new Date(commit.createdAt).toISOString();
  return shown(jsonAnswer(200, {
    tag_id: commit.commitId,
    tag_name: tag,
    reference,
    commit_id: commit.commitId,
    created_at: time,
    updated_at: time,
    description: null,
  }));
};

function renderCommit(commit: StoredCommit): JsonObject {
  return {
    commit_id: commit.commitId,
    owner_id: commit.ownerId,
    name: commit.name,
    description: commit.description ?? null,
    created_at: new Date(commit.createdAt).toISOString(),
    is_public: commit.isPublic,
    parent_vm_id: commit.parentVmId ?? null,
    grandparent_commit_id: commit.grandparentCommitId ?? null,
  };
}
