/** What `vers skill` prints: how an agent uses this program, in Markdown. */
export const SKILL = `---
name: vers
description: Start, branch, pause and use Vers virtual machines with the vers command line. Use it when a task needs a VM, a copy of one, a commit of one, or a command run in one, and when such a command was interrupted and must be resumed.
---

# vers

stdout is the result: one line of JSON. stderr is everything else; with JSON
output its last line is \`{"error":{…}}\` when the exit code is not 0. Nothing
prompts without a terminal, so no command hangs for an answer.

Everything about it, as JSON, without an account or a network:

\`\`\`sh
vers agent-context
vers agent-context run
\`\`\`

No account? Add \`--local\` to any command: it goes to a simulator in the
program. With one, set \`VERS_API_KEY\`.

## Start a VM

\`\`\`sh
vers run --wait --vm-alias my-vm
\`\`\`

Always give \`--vm-alias\` (\`branch\`: \`--alias\`), or set \`VERS_RUN_ID\` once
to an id of your task: then running the same command again resumes the wait for
the same VM. It never creates a second one.

- Use \`--wait\` when the next step needs the VM to run. It ends after 10
  minutes (\`--timeout\`); the job continues without it.
- Leave it out to get the id at once. Such a command is always a new request,
  unless it has an \`--idempotency-key\`: do not repeat it after an error; look
  with \`vers status\` first.
- To see what a command would do, with nothing sent or written:

\`\`\`sh
vers run --wait --vm-alias my-vm --explain
\`\`\`

## Interrupted, timed out, killed: run the same command again

Do not start over, do not clean up. The very same command resumes its job.
\`effect\` in the result says where the VM comes from: \`created\`, \`attached\`
(it was in flight), \`recovered\` (its response had been lost), \`returned\` (it
was complete, and its result undelivered). If you no longer know the command,
the ledger does:

\`\`\`sh
vers jobs list
vers jobs list --status running
\`\`\`

\`vers jobs wait <job>\` waits for jobs of any kind; \`resume_command\` in an
error is the exact command that resumes it.

## Exit codes, and what to do

| code | what it means | what to do |
|---|---|---|
| 0 | done | use the result |
| 1 | another error | if \`retryable\` is true, run the same command again |
| 2 | no API key, or not accepted | set \`VERS_API_KEY\`; then the same command: the job was kept |
| 3 | VM, commit, alias or job not found | \`vers status\`, \`vers alias list\`; see \`hint\` |
| 4 | conflict | another \`--idempotency-key\`, or wait and run it again |
| 5 | invalid usage; nothing was sent | use the command in \`hint\` |
| 6 | timed out; nothing was cancelled | the same command again |
| 7 | declined: it needed a yes | add \`--yes\` if it is meant |
| 20 | the job failed, or its VM is asleep | read \`message\`; the same command starts a new job, or \`hint\` resumes the VM |
| 21 | unconfirmed: the VM may or may not exist | do not repeat it: run one of the two commands in \`hint\` |
| 22 | \`jobs get --exit-status\`: still in flight | wait for it |
| 125 | \`exec\` alone: vers failed, not your command | see \`error\` |
| 129, 130, 143 | ended by a signal | the same command again |

## Use it

\`\`\`sh
vers status
vers exec my-vm uname -a
vers exec my-vm 'cd /srv && make 2>&1 | tail -5'
vers branch my-vm --wait --alias try
vers commit my-vm
vers pause my-vm
vers resume my-vm --wait
vers delete my-vm --yes
\`\`\`

A VM is named by its id or its alias; without a name it is the one in
\`.vers/HEAD\` of the current folder. \`exec\` ends with the exit code of the
command that it ran.

## Good habits

- Name what you make, and delete what you no longer need.
- Several agents on one machine may run the same command at once: they get one
  VM, and each the same result.
- Take ids from stdout (\`-q\` prints nothing else), never from messages.
- Do not parse messages. \`code\` and the exit code are stable.
`;
