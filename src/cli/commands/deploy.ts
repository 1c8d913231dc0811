import { sha256Hex } from "../../bytes.ts";
import type { JsonObject } from "../../json.ts";
import type { CommandInput, Given, Mistake } from "../command_line/command.ts";
import {
  type FlagTable,
  type ValueFlag,
  withFacts,
  word,
} from "../command_line/flag.ts";
import { WAIT_FLAGS } from "../command_line/wait_flags.ts";
import { textsIn } from "../output/render_result.ts";
import { defineWorkCommand, nameLines } from "../work_command.ts";

const FLAGS = {
  name: {
    type: "value",
    brief: "The project's name; a name that is taken is refused",
    placeholder: "NAME",
    fallback: "the repository's",
    parse: word({ what: "a name", example: "my-app" }),
  },
  branch: {
    type: "value",
    brief: "The branch to deploy",
    placeholder: "BRANCH",
    fallback: "the repository's own",
    parse: word({ what: "a branch", example: "main" }),
  },
  install: shellCommand(
    "Command that installs what the project needs",
    "npm ci",
  ),
  build: shellCommand("Command that builds the project", "npm run build"),
  run: shellCommand("Command that runs the project", "npm start"),
  "working-dir": {
    type: "value",
    brief: "Folder of the repository to run the commands in",
    placeholder: "DIR",
    parse: word({ what: "a path", example: "apps/web", maxLength: 4_096 }),
  },
  ...WAIT_FLAGS,
  "max-resume-age": { ...WAIT_FLAGS["max-resume-age"], fallback: "1h" },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers deploy`: deploys a repository to a new VM. */
export const command = defineWorkCommand({
  summary: "Deploy a GitHub repository to a new VM",
  description:
    "Creates a VM and asks the service to deploy a repository to it; with\n" +
    "--wait, waits until the VM is running. The VM becomes HEAD of this\n" +
    "folder. The service does not report how a deploy ends: status complete\n" +
    "means that the VM is running, not that the deploy is done;\n" +
    "deploy_status is what the service reported at the start.",
  flags: FLAGS,
  positionals: [{ name: "owner/repo", brief: "The repository on GitHub" }],
  examples: [
    ["vers deploy acme/shop --wait", "deploy it, or resume the wait"],
    ["vers deploy acme/shop --wait --no-resume", "deploy what is there now"],
    ["vers deploy acme/shop --build 'npm run build'", "say how to build it"],
  ],
  exitCodes: [
    [4, "a project of this name exists"],
    [6, "timed out; the job continues, and the same command resumes it"],
    [20, "the VM did not start"],
    [21, "unconfirmed: the deploy may or may not have started"],
  ],
  resumeKey:
    "the command itself, for an hour; longer: --max-resume-age, --idempotency-key or VERS_RUN_ID",
  resuming:
    "With --wait, running the same command again within an hour resumes the\n" +
    "wait for the same deploy; after an hour it starts a new one, as the\n" +
    "repository may have changed (--max-resume-age). A deploy whose\n" +
    "response was lost cannot be told apart from other new VMs: the command\n" +
    "ends with exit 21 and lists the VMs that may be it, unless the setting\n" +
    "adopt is always.",
  check: checkDeploy,
  kind: "vm.deploy",
  async work({ args: [repo], flags }) {
    const secrets = {
      install: flags.install || undefined,
      build: flags.build || undefined,
      run: flags.run || undefined,
    };
    return {
      inputs: {
        repo,
        name: flags.name,
        branch: flags.branch,
        working_dir: flags["working-dir"],
        ...await hashed(secrets),
      },
      secrets,
    };
  },
  isStable: () => true,
  sets: () => ({ head: true }),
  view: {
    ids: (result) => textsIn(result.vm_id),
    text: ({ vm_id, project_id, status, deploy_status, head }) => [
      textsIn(project_id).length === 0
        ? "Deploy initiated"
        : `Deploy initiated for project ${project_id}`,
      `VM: ${vm_id}${status === "complete" ? " (running)" : ""}`,
      ...textsIn(deploy_status).map((status) => `Status: ${status}`),
      ...nameLines({ head }),
      "The deploy is running in the background on the VM.",
    ],
  },
});

/** A flag that takes a command, which may hold a secret. */
function shellCommand(brief: string, example: string): ValueFlag<string> {
  return {
    type: "value",
    brief,
    placeholder: "COMMAND",
    privacy: "secret",
    parse: withFacts({ type: "string", example }, String),
  };
}

function checkDeploy(given: Given): readonly Mistake[] {
  const [repo] = given.args;
  if (given.flags.has("resume-job") || repo === undefined) return [];
  if (/^[\w.-]+\/[\w.-]+$/.test(repo)) return [];
  const found = /github\.com[/:]([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(repo);
  return [{
    problem: `"${repo}" is not a repository: it must be owner/repo`,
    example: found === null ? "acme/shop" : `${found[1]}/${found[2]}`,
  }];
}

/** Returns each secret's SHA-256, by which the same one is known again. */
async function hashed(
  secrets: Readonly<Record<string, string | undefined>>,
): Promise<JsonObject> {
  const hashes: Record<string, string> = {};
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret === undefined) continue;
    hashes[name] = await sha256Hex(secret);
  }
  return hashes;
}
