import * as z from "zod/mini";
import { OPERATIONS } from "./operation.ts";

/** The organisation that the simulator's own key belongs to. */
export const OWN_ORGANISATION = "acme";

const LABELS_SHOWN = z.enum(["null", "missing", "empty"]);

const LABELS = z.record(z.string(), z.string());

/** Times are milliseconds since 1970: they are compared, not shown. */
const TIME = z.number();

const VM = z.object({
  vmId: z.string(),
  ownerId: z.string(),
  organisation: z.string(),
  createdAt: TIME,
  deletedAt: z.optional(TIME),
  /** Which state it is in from when on, oldest first; never empty. */
  changes: z.array(z.object({ at: TIME, state: z.string() })),
  labels: z.nullable(LABELS),
  /** How labels are given back where they are withheld. */
  labelsShownAs: z.optional(LABELS_SHOWN),
  listedFrom: z.optional(TIME),
  readableFrom: z.optional(TIME),
  parentCommitId: z.optional(z.string()),
  grandparentVmId: z.optional(z.string()),
  memSizeMib: z.number(),
  vcpuCount: z.number(),
  fsSizeMib: z.number(),
});

const COMMIT = z.object({
  commitId: z.string(),
  ownerId: z.string(),
  organisation: z.string(),
  createdAt: TIME,
  name: z.string(),
  description: z.optional(z.string()),
  isPublic: z.boolean(),
  parentVmId: z.optional(z.string()),
  grandparentCommitId: z.optional(z.string()),
  /** Names it goes by: `tag` of old, or `repo:tag`. */
  tags: z.array(z.string()),
});

const EXEC = z.object({
  execId: z.string(),
  vmId: z.string(),
  startedAt: TIME,
  command: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  stdin: z.string(),
  workingDir: z.string(),
  /** 0: none. */
  timeoutSecs: z.number(),
});

const PROJECT = z.object({
  projectId: z.string(),
  organisation: z.string(),
  name: z.string(),
  vmId: z.string(),
});

const KEY = z.object({
  keyId: z.string(),
  /** The key itself is not kept. */
  sha256: z.string(),
  organisation: z.string(),
});

/** How a {@linkcode ServiceCall} is kept. */
export const CALL = z.object({
  operation: z.enum(OPERATIONS),
  params: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
  body: z.string(),
  account: z.object({ keyId: z.string(), organisation: z.string() }),
});

function listOf<T extends z.core.$ZodType>(item: T) {
  return z._default(z.array(item), () => []);
}

const WORLD = z.object({
  v: z.literal(1),
  vms: listOf(VM),
  commits: listOf(COMMIT),
  projects: listOf(PROJECT),
  keys: listOf(KEY),
  revokedKeys: listOf(z.string()),
  /** Commands that were started in VMs, the newest last. */
  execs: listOf(EXEC),
  /** What makes requests fail, and those that do: see `fault_state.ts`. */
  rules: listOf(z.unknown()),
  holds: listOf(z.unknown()),
  late: listOf(z.unknown()),
});

/** A VM, as the simulator keeps it. */
export type StoredVm = z.infer<typeof VM>;

/** How a VM's labels are shown where they are not shown as they are. */
export type LabelsShown = z.infer<typeof LABELS_SHOWN>;

/** A commit, as the simulator keeps it. */
export type StoredCommit = z.infer<typeof COMMIT>;

/** A command that was started; what it does is worked out from it each time. */
export type StoredExec = z.infer<typeof EXEC>;

/** A checked request: all that is needed to carry it out, now or later. */
export type ServiceCall = z.infer<typeof CALL>;

/** Whose key a request carried. */
export type Account = ServiceCall["account"];

/** All that the simulated service knows. */
export type World = z.infer<typeof WORLD>;

/** Returns a service in which nothing has happened yet. */
export function emptyWorld(): World {
  return WORLD.parse({ v: 1 });
}

/**
 * Returns the world that a text holds.
 *
 * @throws {SyntaxError} when the text is not one this program wrote.
 */
export function parseWorld(text: string): World {
  const result = WORLD.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join(".") ?? "";
  throw new SyntaxError(`"${where}" is not what this program writes there`);
}
