import type { Advice, PlainAdvice, ProxyFacts } from "../../advice.ts";
import { ApiError } from "../../api/api_error.ts";
import { JobFailedError, RecordedFailure } from "../../engine/engine_error.ts";
import type { Failure } from "../../failure.ts";
import type { Job } from "../../job/job.ts";

/**
 * Returns what a failure itself says to do about it, with a command that works.
 * This is what the ledger keeps.
 */
export function hintOf({ hint, advice }: Failure): string | undefined {
  return hint ?? (advice && wordsOf(advice));
}

const NETWORK =
  "check the network and VERS_URL, then run the same command again";

const HINTS: Readonly<Record<PlainAdvice, string>> = {
  check_network: NETWORK,
  check_download:
    "nothing was changed; check the network, then run the same command again",
  not_the_api:
    "check VERS_URL, and whether a proxy or the login page of a network " +
    "stands in between, then run the same command again",
  key_not_accepted:
    "set VERS_API_KEY to a key of this account that may do this, or try " +
    "without an account: --local",
  id_form:
    "an id looks like 5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e; vers status " +
    "lists those of your VMs",
  checksum_differs: "nothing was changed; please report it",
  certificate_stores:
    "set it to mozilla, to system, or to both, in small letters: " +
    "DENO_TLS_CA_STORE=system,mozilla",
  certificate_file:
    "name a file of certificates in PEM, DENO_CERT=/path/to/ca.pem, or leave " +
    "it unset",
  system_certificates:
    "see that SSL_CERT_FILE and SSL_CERT_DIR, where they are set, name what " +
    "is there, or do without: DENO_TLS_CA_STORE=mozilla",
  no_network_client: "leave DENO_CERT and DENO_TLS_CA_STORE unset",
  vm_of_named_job_deleted:
    "the same command without --resume-job starts a new VM",
  job_id_form:
    "a job's id is on stderr of the command that submitted it: job_ and 10 " +
    "hex digits",
  key_of_other_work:
    "use another --idempotency-key for other work, or run the command with " +
    "the same flags",
  secret_not_stored:
    "run the same vers deploy command again, without --resume-job",
  ledger_required:
    "nothing was sent; make the folder writable, set VERS_JOBS_DIR to one " +
    "that is, or leave out --require-ledger",
  cancelled: "vers jobs cancel gave it up; the same command starts anew",
  list_vms: "vers status lists the VMs that there are",
  kind_makes_nothing: "run its command again: it is idempotent",
  output_lost: "what was printed is all that is left; where it is needed " +
    "whole, have the command write it to a file in the VM",
  api_key_variable: "set VERS_API_KEY to the key alone, for example: " +
    "VERS_API_KEY=<your key> vers status",
  api_key_file:
    "log in again with the key alone: vers login --token - < key.txt",
  credentials_broken:
    "fix the file, or move it away and log in: vers login --token -",
  aliases_broken:
    "fix the file, or move it away to start with no aliases; no VM is " +
    "affected",
  settings_form: 'for example: {"timeout": "10m"}',
  toml_form:
    "a file that works has a line [machine], and below it mem_size_mib = 512",
  not_a_regular_file:
    "move it away, or put a regular file there: ls -ld shows what it is",
};

function wordsOf(advice: Advice): string {
  switch (advice.type) {
    case "not_sent":
      return `nothing was sent; ${connectionHint(advice)}`;
    case "proxy_password":
      return passwordHint(advice.proxy);
    case "proxy_form":
      return `set it as in ${advice.variable}=http://proxy.example:3128, or ` +
        "go without a proxy: NO_PROXY='*'";
    case "origin_form":
      return "set VERS_URL to an origin alone: https:// to anywhere, " +
        'http:// to this machine (127.0.0.1, [::1], localhost), or "local"; ' +
        `for example: VERS_URL=${advice.example} vers status` +
        (advice.isPlain
          ? "; to do it all the same, set VERS_ALLOW_HTTP=1"
          : "");
    case "releases":
      return `look at ${advice.url}`;
    case "releases_form":
      return "http:// is taken for this machine alone; for example: " +
        `VERS_RELEASES_URL=${advice.url} vers upgrade --check`;
    case "other_command":
      return `vers ${advice.command} --resume-job ${advice.jobId}`;
    case "see_output":
      return `to see whether it ran: vers jobs logs ${advice.jobId}`;
    case "other_origin":
      return `set VERS_URL=${advice.scope} to resume it`;
    case "unreadable_line":
      return (advice.isNewer ? "run the newer vers; " : "") +
        "vers jobs doctor --repair sets the line aside" +
        (advice.isNamed ? "" : "; --no-resume starts another VM beside it");
    case "wrong_vm_count": {
      const ids = Array<string>(advice.wanted).fill("<vm-id>");
      return `vers jobs adopt ${advice.jobId} ${ids.join(" ")}`;
    }
    case "see_job":
      return `to see that job: vers jobs get ${advice.jobId}`;
    case "delete_vms":
      return `to delete what it made: vers delete ${advice.vmIds.join(" ")}`;
    case "vm_asleep":
      return `vers resume ${advice.vmId} --wait, then run the same command again`;
    case "unknown_setting":
      return `the settings are ${advice.known.join(", ")}; ` +
        HINTS.settings_form;
    case "duplicate_key":
      return `leave one of them out: ${advice.key}`;
    case "unreadable_file":
      return `see whose it is: ls -ld ${JSON.stringify(advice.path)}; then ` +
        "run vers as that user, or let this one read it";
    default:
      return HINTS[advice.type];
  }
}

function connectionHint(
  { isUntrusted, wantsPassword, proxy }: Advice & { type: "not_sent" },
): string {
  if (isUntrusted) {
    return "if this machine trusts the certificate, set " +
      "DENO_TLS_CA_STORE=system; else name a file with that of its issuer: " +
      "DENO_CERT=/path/to/ca.pem";
  }
  if (proxy === undefined) return NETWORK;
  return wantsPassword
    ? passwordHint(proxy)
    : `check the proxy that ${proxy.variable} names, or go without one, ` +
      "NO_PROXY='*', then run the same command again";
}

function passwordHint(proxy: ProxyFacts | undefined): string {
  const name = proxy?.variable ?? "HTTPS_PROXY";
  const [scheme, host] = (proxy?.address ?? "http://HOST:PORT").split("//");
  return `give them with the proxy, ${name}=${scheme}//USER:PASSWORD@${host}, ` +
    "then run the same command again";
}

/** What else is known of a command that failed. */
export interface FailureHintOptions {
  /** The words that name the command: `["jobs", "list"]`. */
  readonly path: readonly string[];
  readonly job: Job | undefined;
}

/**
 * Returns what to do about a failure that does not say so itself, with a
 * command that works; nothing where there is nothing to do.
 *
 * It depends on what the ledger keeps of a failure alone: a later
 * command that ends with the same one shows the same.
 */
export function failureHint(
  failure: Failure,
  { path, job }: FailureHintOptions,
): string | undefined {
  const isRefusal = failure instanceof ApiError ||
    failure instanceof RecordedFailure;
  if (!isRefusal && !(failure instanceof JobFailedError)) return undefined;
  const { code, retryable } = failure;
  const line = ["vers", ...path].join(" ");
  switch (code) {
    case "bad_request":
      return `for the flags and arguments: ${line} --help`;
    case "not_found":
      return NOT_FOUND.get(path[0] ?? "") ??
        "to list the VMs there are: vers status";
    case "conflict":
      return path[0] === "deploy"
        ? "with another name it is another project: " +
          "vers deploy acme/shop --name shop-2"
        : "check the VMs, then run the same command again: vers status";
    case "server_error":
      return retryable
        ? "the service has a problem: run the same command again later"
        : "this service does not support it; what vers can do: vers help";
    case "job_failed":
      return job &&
        `the same command starts a new one; vers jobs get ${job.id} shows what ` +
          "is known of this job";
    default:
      return retryable
        ? "wait a while, then run the same command again"
        : undefined;
  }
}

/** Where to look for what a command did not find. */
const NOT_FOUND: ReadonlyMap<string, string> = new Map([
  ["run-commit", "to list the commits there are: vers commit list"],
  [
    "branch",
    "to list what can be branched: vers status, vers commit list",
  ],
  [
    "deploy",
    "see that the repository is there and that the service may read it; " +
    "the form is: vers deploy acme/shop",
  ],
]);
