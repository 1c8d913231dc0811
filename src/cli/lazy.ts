/**
 * What a command loads when it runs, and not to be parsed, described or
 * completed: all that would cost at every start, which is what checks data
 * with schemas, and what only few commands need. All else is imported as
 * usual.
 */
export const lazy = {
  agentContext: () => import("./guide/agent_context.ts"),
  credentials: () => import("../project/credentials.ts"),
  execStream: () => import("../engine/exec.ts"),
  explainJob: () => import("./output/explain_job.ts"),
  fileLedger: () => import("../ledger/file/file_ledger.ts"),
  goJob: () => import("../job/go_job.ts"),
  help: () => import("./command_line/help.ts"),
  jobLedger: () => import("./job_ledger.ts"),
  jobRetention: () => import("../job/retention.ts"),
  kinds: () => import("../engine/kinds.ts"),
  namedJob: () => import("../engine/named_job.ts"),
  origin: () => import("../api/origin.ts"),
  personalFiles: () => import("./personal_files.ts"),
  print: () => import("./output/print.ts"),
  proxy: () => import("../api/proxy.ts"),
  renderJob: () => import("./output/render_job.ts"),
  retention: () => import("./retention.ts"),
  settle: () => import("../engine/settle.ts"),
  simulatedAccount: () => import("../simulator/service/account.ts"),
  simulator: () => import("../simulator/simulator.ts"),
  simulatorServer: () => import("../simulator/serve.ts"),
  startJob: () => import("./start_job.ts"),
  transport: () => import("../api/transport.ts"),
  versClient: () => import("../api/vers_client.ts"),
  version: () => import("./output/render_version.ts"),
  versToml: () => import("../project/vers_toml.ts"),
  waitJobs: () => import("../engine/wait_jobs.ts"),
} as const;
