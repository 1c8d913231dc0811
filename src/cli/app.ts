import type { Route, Routes } from "./command_line/command.ts";

/** Every command, loaded when it is wanted. */
export const ROUTES: Routes = new Map<string, Route>([
  ["run", {
    type: "command",
    summary: "Start a VM",
    load: () => import("./commands/run.ts"),
  }],
  ["run-commit", {
    type: "command",
    summary: "Start a VM from a commit",
    load: () => import("./commands/run_commit.ts"),
  }],
  ["branch", {
    type: "command",
    summary: "Make VMs in the state of a VM or a commit",
    load: () => import("./commands/branch.ts"),
  }],
  ["deploy", {
    type: "command",
    summary: "Deploy a GitHub repository to a new VM",
    load: () => import("./commands/deploy.ts"),
  }],
  ["resume", {
    type: "command",
    summary: "Make a paused VM run again",
    load: () => import("./commands/resume.ts"),
  }],
  ["status", {
    type: "command",
    summary: "List the VMs, or show one",
    aliases: ["ps"],
    load: () => import("./commands/status.ts"),
  }],
  ["get", {
    type: "command",
    summary: "Show where a VM comes from, and its address",
    aliases: ["info"],
    load: () => import("./commands/get.ts"),
  }],
  ["pause", {
    type: "command",
    summary: "Pause a VM",
    load: () => import("./commands/pause.ts"),
  }],
  ["delete", {
    type: "command",
    summary: "Delete VMs",
    aliases: ["kill"],
    load: () => import("./commands/delete.ts"),
  }],
  ["exec", {
    type: "command",
    summary: "Run a command in a VM",
    aliases: ["execute"],
    load: () => import("./commands/exec.ts"),
  }],
  ["commit", {
    type: "group",
    summary: "Keep the state of a VM, and list what was kept",
    fallback: "create",
    routes: new Map<string, Route>([
      ["create", {
        type: "command",
        summary: "Keep the state of a VM as a commit",
        load: () => import("./commands/commit/create.ts"),
      }],
      ["list", {
        type: "command",
        summary: "List commits",
        load: () => import("./commands/commit/list.ts"),
      }],
    ]),
  }],
  ["checkout", {
    type: "command",
    summary: "Make a VM HEAD of this folder",
    load: () => import("./commands/checkout.ts"),
  }],
  ["head", {
    type: "command",
    summary: "Print the VM that is HEAD of this folder",
    load: () => import("./commands/head.ts"),
  }],
  ["alias", {
    type: "group",
    summary: "Name VMs on this machine",
    fallback: "get",
    routes: new Map<string, Route>([
      ["list", {
        type: "command",
        summary: "List the aliases",
        load: () => import("./commands/alias/list.ts"),
      }],
      ["get", {
        type: "command",
        summary: "Print the VM that an alias stands for",
        load: () => import("./commands/alias/get.ts"),
      }],
      ["set", {
        type: "command",
        summary: "Make an alias stand for a VM",
        load: () => import("./commands/alias/set.ts"),
      }],
      ["remove", {
        type: "command",
        summary: "Remove an alias; its VM stays",
        load: () => import("./commands/alias/remove.ts"),
      }],
    ]),
  }],
  ["label", {
    type: "group",
    summary: "Show and set the labels of a VM",
    fallback: "get",
    routes: new Map<string, Route>([
      ["get", {
        type: "command",
        summary: "Show the labels of a VM",
        load: () => import("./commands/label/get.ts"),
      }],
      ["set", {
        type: "command",
        summary: "Set labels of a VM",
        load: () => import("./commands/label/set.ts"),
      }],
    ]),
  }],
  ["resize", {
    type: "command",
    summary: "Make a VM's disk larger",
    load: () => import("./commands/resize.ts"),
  }],
  ["jobs", {
    type: "group",
    summary: "Look at jobs, and settle them",
    routes: new Map<string, Route>([
      ["list", {
        type: "command",
        summary: "List jobs",
        load: () => import("./commands/jobs/list.ts"),
      }],
      ["get", {
        type: "command",
        summary: "Show a job",
        load: () => import("./commands/jobs/get.ts"),
      }],
      ["wait", {
        type: "command",
        summary: "Wait for jobs",
        load: () => import("./commands/jobs/wait.ts"),
      }],
      ["adopt", {
        type: "command",
        summary: "Say which VMs an unconfirmed job has made",
        load: () => import("./commands/jobs/adopt.ts"),
      }],
      ["cancel", {
        type: "command",
        summary: "Give up a job",
        load: () => import("./commands/jobs/cancel.ts"),
      }],
      ["prune", {
        type: "command",
        summary: "Take old jobs out of the ledger",
        load: () => import("./commands/jobs/prune.ts"),
      }],
      ["doctor", {
        type: "command",
        summary: "Find out what is wrong with the ledger",
        load: () => import("./commands/jobs/doctor.ts"),
      }],
    ]),
  }],
  ["login", {
    type: "command",
    summary: "Keep an API key in ~/.versrc",
    load: () => import("./commands/login.ts"),
  }],
  ["logout", {
    type: "command",
    summary: "Take the API key out of ~/.versrc",
    load: () => import("./commands/logout.ts"),
  }],
  ["whoami", {
    type: "command",
    summary: "Show whose API key is used",
    load: () => import("./commands/whoami.ts"),
  }],
  ["config", {
    type: "group",
    summary: "Show and change the settings",
    fallback: "list",
    routes: new Map<string, Route>([
      ["list", {
        type: "command",
        summary: "List the settings",
        load: () => import("./commands/config/list.ts"),
      }],
      ["get", {
        type: "command",
        summary: "Print a setting",
        load: () => import("./commands/config/get.ts"),
      }],
      ["set", {
        type: "command",
        summary: "Set a setting",
        load: () => import("./commands/config/set.ts"),
      }],
      ["unset", {
        type: "command",
        summary: "Take a setting out, so that its default holds",
        load: () => import("./commands/config/unset.ts"),
      }],
    ]),
  }],
  ["agent-context", {
    type: "command",
    summary: "Describe every command to an agent, as JSON",
    load: () => import("./commands/agent_context.ts"),
  }],
  ["skill", {
    type: "command",
    summary: "Print a SKILL.md for agents",
    load: () => import("./commands/skill.ts"),
  }],
  ["completion", {
    type: "command",
    summary: "Print the script that completes vers in a shell",
    load: () => import("./commands/completion.ts"),
  }],
  ["__complete", {
    type: "command",
    summary: "Print what a word of a command line may become",
    isHidden: true,
    load: () => import("./commands/complete.ts"),
  }],
  ["simulate", {
    type: "command",
    summary: "Serve a simulated Vers API on this machine",
    load: () => import("./commands/simulate.ts"),
  }],
  ["upgrade", {
    type: "command",
    summary: "Replace this program by its latest release",
    load: () => import("./commands/upgrade.ts"),
  }],
]);
