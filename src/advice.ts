/** What one may do about a failure that needs no more facts than this. */
export type PlainAdvice =
  // Of the network.
  | "check_network"
  | "check_download"
  | "not_the_api"
  | "key_not_accepted"
  | "id_form"
  | "checksum_differs"
  | "certificate_stores"
  | "certificate_file"
  | "system_certificates"
  | "no_network_client"
  // Of jobs.
  | "vm_of_named_job_deleted"
  | "job_id_form"
  | "key_of_other_work"
  | "secret_not_stored"
  | "ledger_required"
  | "cancelled"
  | "list_vms"
  | "kind_makes_nothing"
  | "output_lost"
  // Of files.
  | "api_key_variable"
  | "api_key_file"
  | "credentials_broken"
  | "aliases_broken"
  | "settings_form"
  | "toml_form"
  | "not_a_regular_file";

/** A proxy, without its credentials. */
export interface ProxyFacts {
  /** The variable that names it. */
  readonly variable: string;
  /** Scheme, host and port. */
  readonly address: string;
}

/** What other advice has to name. */
interface AdviceFacts {
  not_sent: {
    /** Whether the certificate of the other side is not to be trusted. */
    isUntrusted?: boolean | undefined;
    /** Whether the proxy wants a user name and a password. */
    wantsPassword?: boolean | undefined;
    proxy: ProxyFacts | undefined;
  };
  proxy_password: { proxy: ProxyFacts | undefined };
  proxy_form: { variable: string };
  /** With `isPlain` the key would leave this machine unencrypted. */
  origin_form: { example: string; isPlain?: boolean };
  releases: { url: string };
  releases_form: { url: string };
  /** The job that was named is made by another command. */
  other_command: { command: string; jobId: string };
  other_origin: { scope: string };
  /** If no job was named, the same work could be sent again beside the line. */
  unreadable_line: { isNewer: boolean; isNamed: boolean };
  wrong_vm_count: { jobId: string; wanted: number };
  see_job: { jobId: string };
  /** What a command in a VM printed tells whether it ran. */
  see_output: { jobId: string };
  delete_vms: { vmIds: readonly string[] };
  vm_asleep: { vmId: string };
  unknown_setting: { known: readonly string[] };
  duplicate_key: { key: string };
  unreadable_file: { path: string };
}

/**
 * What there is to do about a failure, without the words: what kind of advice
 * it is, and what that has to name. `src/cli/output/failure_hint.ts` has the
 * words, and the compiler sees to it that there are some for each.
 */
export type Advice =
  | { readonly type: PlainAdvice }
  | {
    [Type in keyof AdviceFacts]: Readonly<
      { type: Type } & AdviceFacts[Type]
    >;
  }[keyof AdviceFacts];
