/** What one may do about a failure that needs no more facts than this. */
export type PlainAdvice =
  // Of the network.
  | "check_network"
  | "check_download"
  | "not_the_api"
  | "key_not_accepted"
  | "key_not_sendable"
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
  | "vm_not_adoptable"
  | "kind_makes_nothing"
  | "exec_not_started"
  | "exec_forgotten"
  | "exec_out_of_sight"
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

/**
 * What there is to do about a failure, without the words: what kind of advice
 * it is, and what that has to name. `src/cli/output/failure_hint.ts` has the
 * words, and the compiler sees to it that there are some for each.
 */
export type Advice =
  | { readonly type: PlainAdvice }
  | {
    readonly type: "not_sent";
    /** Whether the certificate of the other side is not to be trusted. */
    readonly isUntrusted?: boolean | undefined;
    /** Whether the proxy wants a user name and a password. */
    readonly wantsPassword?: boolean | undefined;
    readonly proxy: ProxyFacts | undefined;
  }
  | { readonly type: "proxy_password"; readonly proxy: ProxyFacts | undefined }
  | { readonly type: "proxy_form"; readonly variable: string }
  | {
    readonly type: "origin_form";
    readonly example: string;
    /** Whether the key would leave this machine unencrypted. */
    readonly isPlain?: boolean;
  }
  | { readonly type: "releases" | "releases_form"; readonly url: string }
  | {
    /** The job that was named is made by another command. */
    readonly type: "other_command";
    readonly command: string;
    readonly jobId: string;
  }
  | { readonly type: "other_origin"; readonly scope: string }
  | {
    readonly type: "unreadable_line";
    readonly isNewer: boolean;
    /** Whether the job was named; else the same work could be sent again. */
    readonly isNamed: boolean;
  }
  | {
    readonly type: "wrong_vm_count";
    readonly jobId: string;
    readonly wanted: number;
  }
  | {
    readonly type: "see_job" | "see_owner" | "see_failed_job";
    readonly jobId: string;
  }
  | {
    readonly type: "job_complete";
    readonly jobId: string;
    /** The VMs that it made; none, if its kind makes none. */
    readonly made: readonly string[];
  }
  | { readonly type: "vm_asleep"; readonly vmId: string }
  | { readonly type: "unknown_setting"; readonly known: readonly string[] }
  | { readonly type: "duplicate_key"; readonly key: string }
  | { readonly type: "unreadable_file"; readonly path: string };
