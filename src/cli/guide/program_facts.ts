import type { FileName } from "../command_line/command.ts";

/** A word, and what it means. */
export type Meaning = readonly [word: string, means: string];

/** What this program is, in one line. */
export const DESCRIPTION = "Vers VMs, with a --wait that survives being killed";

/** What the exit codes mean that every command can end with. */
export const EXIT_CODES: readonly Meaning[] = [
  ["0", "done"],
  ["1", "another error"],
  ["2", "the API key is missing or not accepted"],
  ["3", "not found"],
  ["4", "conflict"],
  ["5", "invalid usage: nothing was sent or written"],
  ["6", "timed out; nothing was cancelled"],
  ["7", "declined by the user"],
  ["20", "the job failed"],
  ["21", "unconfirmed: a request may or may not have been carried out"],
  ["22", "the job is still in flight"],
  ["125", "exec only: vers itself failed; other codes are the command's"],
  ["130, 143, 129", "ended by SIGINT, SIGTERM, SIGHUP"],
];

/** The variables that most people want to know. */
export const VARIABLES: readonly Meaning[] = [
  ["VERS_API_KEY", "your API key; else ~/.versrc"],
  ["VERS_URL", 'the API\'s origin, or "local"'],
  ["VERS_OUTPUT", "text or json"],
  ["VERS_RUN_ID", "one id for all commands of a run: makes each resumable"],
  ["VERS_MAX_RESUME_AGE", "the maximum age of a job that is resumed"],
  ["VERS_JOBS_DIR", "the ledger's folder, absolute or ~/…; else ~/.vers"],
  ["VERS_STATE_DIR", "the simulator's folder, absolute or ~/…; else ~/.vers"],
  ["VERS_VERBOSE", "1: trace requests on stderr, as --verbose does"],
];

/** The other variables that are read. */
export const MORE_VARIABLES: readonly Meaning[] = [
  ["VERS_ALLOW_HTTP", "1: VERS_URL may be plain http:// on another machine"],
  ["VERS_RELEASES_URL", "where upgrade finds releases"],
  ["HOME", "the folder that ~ stands for; on Windows USERPROFILE"],
  ["TERM", "dumb: no live status line"],
  ["COLUMNS", "the width of a terminal that does not report its own"],
  ["HTTPS_PROXY", "the proxy to the service; never used for this machine"],
  ["HTTP_PROXY", "the same for plain http:// to another machine"],
  ["ALL_PROXY", "the same, if neither of these is set"],
  ["NO_PROXY", "hosts without a proxy: names, addresses, ranges, or *"],
  ["REQUEST_METHOD", "set by a web server (CGI): HTTP_PROXY is then ignored"],
  ["DENO_TLS_CA_STORE", "system: trust the certificates of the system"],
  ["DENO_CERT", "a PEM file of additional certificates to trust"],
];

/** Where each file is, and what it holds. */
export const FILES: Readonly<Record<FileName, Meaning>> = {
  ledger: ["~/.vers/jobs.jsonl", "the jobs of this machine"],
  locks: ["~/.vers/locks/", "locks, and jobs.lock beside the ledger"],
  aliases: ["~/.vers/aliases.json", "names of VMs"],
  head: ["./.vers/HEAD", "the default VM of this folder"],
  versToml: ["./vers.toml", "sizes and images of new VMs"],
  settings: ["~/.vers/settings.jsonc", "defaults that config sets"],
  credentials: ["~/.versrc", "the API key, if it is not in VERS_API_KEY"],
  simulated: ["~/.vers/local/", "the VMs of --local"],
  program: ["the executable itself", "what upgrade replaces"],
};

/** The variables that move a file to another folder. */
export const FOLDER_VARIABLES: Readonly<Partial<Record<FileName, string>>> = {
  ledger: "VERS_JOBS_DIR",
  locks: "VERS_JOBS_DIR",
  simulated: "VERS_STATE_DIR",
};

/** The ledger, as agents that know the Go CLI's context look for it. */
export const JOBS = {
  ledger_path: FILES.ledger[0],
  dir_override_env: "VERS_JOBS_DIR",
};
