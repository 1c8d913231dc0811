import type { Commit } from "../../../api/types.ts";
import type { VersClient } from "../../../api/vers_client.ts";
import {
  type CommandInput,
  defineCommand,
  SERVICE_FILES,
} from "../../command_line/command.ts";
import type { FlagTable } from "../../command_line/flag.ts";
import {
  DEFAULT_LIMIT,
  type Page,
  PAGE_FLAGS,
  tableLines,
} from "../../output/page.ts";
import { openSession } from "../../session.ts";

const FLAGS = {
  public: {
    type: "boolean",
    brief: "List public commits instead",
  },
  ...PAGE_FLAGS,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** What the service gives in one answer at most. */
const MOST_AT_ONCE = 100;

/** `vers commit list`: lists commits. */
export const command = defineCommand({
  summary: "List commits",
  description: "Lists the commits of the organisation, newest first.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers commit list", "list the newest"],
    ["vers commit list --limit 0 -q", "print all ids"],
    ["vers commit list --public", "list public commits"],
  ],
  files: SERVICE_FILES,
  async run(input, context) {
    const { engine: { client, signal } } = await openSession(input, context);
    return {
      page: await readPage(client, { flags: input.flags, signal }),
      view: {
        id: ({ commit_id }) => String(commit_id),
        text: (items) =>
          items.length === 0 ? ["No commits found."] : tableLines([
            ["COMMIT ID", "NAME", "CREATED", "VM ID"],
            ...items.map(({ commit_id, name, created_at, parent_vm_id }) => [
              String(commit_id),
              String(name) || "-",
              String(created_at ?? "-"),
              String(parent_vm_id ?? "-"),
            ]),
          ]),
      },
    };
  },
});

/** Reads as many of the service's pages as ours has. */
async function readPage(
  client: VersClient,
  { flags, signal }: { flags: Input["flags"]; signal: AbortSignal },
): Promise<Page> {
  const { limit = DEFAULT_LIMIT, offset = 0 } = flags;
  const wanted = limit === 0 ? Infinity : limit;
  const commits: Commit[] = [];
  let total = Infinity;
  while (commits.length < wanted && offset + commits.length < total) {
    const { value } = await client.listCommits({
      areForAll: flags.public,
      limit: Math.min(wanted - commits.length, MOST_AT_ONCE),
      offset: offset + commits.length,
    }, { signal });
    commits.push(...value.commits);
    total = value.total ?? total;
    if (value.commits.length === 0) break;
  }
  const shown = commits.slice(0, wanted);
  return {
    items: shown.toSorted(byAge).map(toResult),
    // A service that does not count has no more than it gave, or more.
    total: total < Infinity ? total : offset + commits.length,
    limit,
    offset,
  };
}

function toResult(commit: Commit) {
  const { commit_id, name, description, created_at, is_public } = commit;
  const { owner_id, parent_vm_id, grandparent_commit_id } = commit;
  return {
    commit_id,
    name,
    description,
    created_at,
    is_public,
    owner_id,
    parent_vm_id,
    grandparent_commit_id,
  };
}

function byAge(one: Commit, other: Commit): number {
  const [a, b] = [timeOf(one), timeOf(other)];
  return b - a || (one.commit_id < other.commit_id ? -1 : 1);
}

/** What has no date that can be read comes last. */
function timeOf({ created_at }: Commit): number {
  return created_at === null ? 0 : Date.parse(created_at);
}
