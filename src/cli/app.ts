import type {
  CommandRoute,
  GroupRoute,
  Route,
  Routes,
} from "./command_line/command.ts";

/** Every command, loaded when it is wanted. */
export const ROUTES: Routes = routes({
  run: command("Start a VM", () => import("./commands/run.ts")),
  "run-commit": command(
    "Start a VM from a commit",
    () => import("./commands/run_commit.ts"),
  ),
  branch: command(
    "Create VMs from a VM or a commit",
    () => import("./commands/branch.ts"),
  ),
  deploy: command(
    "Deploy a GitHub repository to a new VM",
    () => import("./commands/deploy.ts"),
  ),
  resume: command(
    "Resume a paused VM",
    () => import("./commands/resume.ts"),
  ),
  status: command(
    "List the VMs, or show one",
    () => import("./commands/status.ts"),
    { aliases: ["ps"] },
  ),
  get: command(
    "Show the address, state and origin of a VM",
    () => import("./commands/get.ts"),
    { aliases: ["info"] },
  ),
  pause: command("Pause a VM", () => import("./commands/pause.ts")),
  delete: command("Delete VMs", () => import("./commands/delete.ts"), {
    aliases: ["kill"],
  }),
  exec: command("Run a command in a VM", () => import("./commands/exec.ts"), {
    aliases: ["execute"],
  }),
  commit: group("Save the state of a VM, and list what was saved", {
    create: command(
      "Save the state of a VM as a commit",
      () => import("./commands/commit/create.ts"),
    ),
    list: command("List commits", () => import("./commands/commit/list.ts")),
  }, "create"),
  checkout: command(
    "Make a VM HEAD of this folder",
    () => import("./commands/checkout.ts"),
  ),
  head: command(
    "Print the VM that is HEAD of this folder",
    () => import("./commands/head.ts"),
  ),
  alias: group("Name VMs on this machine", {
    list: command("List the aliases", () => import("./commands/alias/list.ts")),
    get: command(
      "Print the VM that an alias stands for",
      () => import("./commands/alias/get.ts"),
    ),
    set: command(
      "Set an alias for a VM",
      () => import("./commands/alias/set.ts"),
    ),
    remove: command(
      "Remove an alias; its VM stays",
      () => import("./commands/alias/remove.ts"),
    ),
  }, "get"),
  label: group("Show and set the labels of a VM", {
    get: command(
      "Show the labels of a VM",
      () => import("./commands/label/get.ts"),
    ),
    set: command("Set labels of a VM", () => import("./commands/label/set.ts")),
  }, "get"),
  resize: command(
    "Make a VM's disk larger",
    () => import("./commands/resize.ts"),
  ),
  jobs: group("List, wait for and manage jobs", {
    list: command("List jobs", () => import("./commands/jobs/list.ts")),
    get: command("Show a job", () => import("./commands/jobs/get.ts")),
    wait: command("Wait for jobs", () => import("./commands/jobs/wait.ts")),
    adopt: command(
      "Assign VMs to an unconfirmed job",
      () => import("./commands/jobs/adopt.ts"),
    ),
    cancel: command("Cancel a job", () => import("./commands/jobs/cancel.ts")),
    prune: command(
      "Remove old jobs from the ledger",
      () => import("./commands/jobs/prune.ts"),
    ),
    doctor: command(
      "Check the ledger for problems",
      () => import("./commands/jobs/doctor.ts"),
    ),
  }),
  login: command(
    "Save an API key in ~/.versrc",
    () => import("./commands/login.ts"),
  ),
  logout: command(
    "Remove the API key from ~/.versrc",
    () => import("./commands/logout.ts"),
  ),
  whoami: command(
    "Show whose API key is used",
    () => import("./commands/whoami.ts"),
  ),
  config: group("Show and change the settings", {
    list: command(
      "List the settings",
      () => import("./commands/config/list.ts"),
    ),
    get: command("Print a setting", () => import("./commands/config/get.ts")),
    set: command("Set a setting", () => import("./commands/config/set.ts")),
    unset: command(
      "Remove a setting, so that its default applies",
      () => import("./commands/config/unset.ts"),
    ),
  }, "list"),
  "agent-context": command(
    "Describe every command to an agent, as JSON",
    () => import("./commands/agent_context.ts"),
  ),
  skill: command(
    "Print a SKILL.md for agents",
    () => import("./commands/skill.ts"),
  ),
  completion: command(
    "Print the script that completes vers in a shell",
    () => import("./commands/completion.ts"),
  ),
  __complete: command(
    "Print what a word of a command line may become",
    () => import("./commands/complete.ts"),
    { isHidden: true },
  ),
  simulate: command(
    "Serve a simulated Vers API on this machine",
    () => import("./commands/simulate.ts"),
  ),
  upgrade: command(
    "Replace this program with its latest release",
    () => import("./commands/upgrade.ts"),
  ),
});

function routes(table: Readonly<Record<string, Route>>): Routes {
  return new Map(Object.entries(table));
}

function command(
  summary: string,
  load: CommandRoute["load"],
  more: Pick<CommandRoute, "aliases" | "isHidden"> = {},
): CommandRoute {
  return { type: "command", summary, load, ...more };
}

/** `fallback` is the command that is meant when none is named. */
function group(
  summary: string,
  table: Readonly<Record<string, Route>>,
  fallback?: string,
): GroupRoute {
  const more = fallback === undefined ? {} : { fallback };
  return { type: "group", summary, routes: routes(table), ...more };
}
