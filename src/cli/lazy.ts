/**
 * What a command loads when it runs, and not to be parsed, described or
 * completed: all that would cost at every start, which is what checks data
 * with schemas, and what only few commands need. All else is imported as
 * usual.
 */
export const lazy = {
  agentContext: () => import("./guide/agent_context.ts"),
  execStream: () => import("../engine/exec.ts"),
  goJob: () => import("../job/go_job.ts"),
  help: () => import("./command_line/help.ts"),
  jobLedger: () => import("./job_ledger.ts"),
  jobRetention: () => import("../job/retention.ts"),
  kinds: () => import("../engine/kinds.ts"),
  namedJob: () => import("../engine/named_job.ts"),
  print: () => import("./output/print.ts"),
  proxy: () => import("../api/proxy.ts"),
  renderJob: () => import("./output/render_job.ts"),
  retention: () => import("./retention.ts"),
  settle: () => import("../engine/settle.ts"),
  startJob: () => import("./start_job.ts"),
  transport: () => import("../api/transport.ts"),
  version: () => import("./output/render_version.ts"),
  versClient: () => import("../api/vers_client.ts"),
  versToml: () => import("../project/vers_toml.ts"),
  waitJobs: () => import("../engine/wait_jobs.ts"),
} as const;
