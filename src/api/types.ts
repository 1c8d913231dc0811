/**
 * What the service sends and takes, in its own names. Fields that this program
 * does not use are not listed; the service may add more at any time.
 */

/** A VM, as the list gives it. */
export interface Vm {
  readonly vm_id: string;
  readonly owner_id: string;
  readonly created_at: string;
  /** One of the documented states, or one that this program does not know. */
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One VM that was asked for: its state, and what else could be understood. */
export interface VmStatus extends Omit<Vm, "owner_id" | "created_at"> {
  readonly owner_id: string | null;
  readonly created_at: string | null;
}

/** The VMs of an organisation, as far as they could be understood. */
export interface VmList {
  readonly vms: readonly Vm[];
  /** The entries that were passed over: they hide none of the others. */
  readonly skipped: readonly SkippedVm[];
}

/** An entry of a list that is not as documented. */
export interface SkippedVm {
  readonly vm_id: string | null;
  /** Those that could be read. */
  readonly labels: Readonly<Record<string, string>>;
  /** What is wrong with it: `its "created_at" is not a time`. */
  readonly why: string;
}

/** What the service knows of a VM's origin and end; there are no labels. */
export interface VmMetadata {
  readonly vm_id: string;
  readonly owner_id: string | null;
  readonly created_at: string | null;
  readonly state: string | null;
  readonly ip: string | null;
  readonly deleted_at: string | null;
  readonly parent_commit_id: string | null;
  readonly grandparent_vm_id: string | null;
}

/** `vm_config` of `POST /vm/new_root`. */
export interface VmConfig {
  readonly mem_size_mib?: number;
  readonly vcpu_count?: number;
  readonly fs_size_mib?: number;
  readonly image_name?: string;
  readonly kernel_name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The states that can be asked for; note the capitals. */
export type WritableVmState = "Paused" | "Running";

/** The VMs that a request made or deleted: at least one. */
export interface VmIds {
  readonly vm_ids: readonly string[];
}

/** Which commit to make a VM from: one of three ways to name it. */
export type CommitSource =
  | { readonly commit_id: string }
  | { readonly ref: string }
  | { readonly tag_name: string };

/** Body of `POST /deploy`. */
export interface DeployRequest {
  /** `owner/repo`. */
  readonly repo: string;
  readonly name?: string;
  readonly branch?: string;
  readonly settings?: {
    readonly install_command?: string;
    readonly build_command?: string;
    readonly run_command?: string;
    readonly working_directory?: string;
  };
}

/** What a deploy became. */
export interface Deployment {
  readonly vm_id: string;
  readonly project_id: string | null;
  readonly status: string | null;
}

/** What a new commit may be called. */
export interface CommitRequest {
  readonly name?: string;
  readonly description?: string;
}

/** A commit that was just made. */
export interface CommitId {
  readonly commit_id: string;
}

/** A commit, as the list gives it. */
export interface Commit {
  readonly commit_id: string;
  readonly owner_id: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly created_at: string | null;
  readonly is_public: boolean;
  readonly parent_vm_id: string | null;
  readonly grandparent_commit_id: string | null;
}

/** One page of commits. */
export interface CommitPage {
  readonly commits: readonly Commit[];
  /** How many there are on all pages; `null` when the service does not say. */
  readonly total: number | null;
}

/** Whose key this is; `null` where the service does not say. */
export interface Identity {
  readonly user: {
    readonly id: string | null;
    readonly email: string | null;
    readonly user_name: string | null;
  };
  readonly org: {
    readonly id: string | null;
    readonly name: string | null;
  };
  readonly api_key: {
    readonly id: string | null;
    readonly label: string | null;
    readonly expires_at: string | null;
  };
}

/** A command to run in a VM. */
export interface ExecRequest {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The caller's own name for this run, by which it is found again. */
  readonly exec_id: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** After how long the service ends it. */
  readonly timeout_secs?: number;
  readonly working_dir?: string;
}

/** From where on to follow a command that was started earlier. */
export interface ExecAttachRequest {
  readonly exec_id: string;
  /** The last event that is known; without one, from the beginning. */
  readonly cursor?: number;
  /** Only what is written from now on. */
  readonly from_latest?: boolean;
}

/** Something that a command did: it wrote, or it ended. */
export type ExecEvent =
  | {
    readonly type: "chunk";
    readonly stream: "stdout" | "stderr";
    readonly bytes: Uint8Array;
    /** Grows from event to event. */
    readonly cursor: number;
  }
  | {
    readonly type: "exit";
    readonly exit_code: number;
    /** As of a chunk; older services do not tell it. */
    readonly cursor?: number | undefined;
  }
  /** It could not be run, or not be followed. */
  | { readonly type: "error"; readonly code: string; readonly message: string };

/** Whether the service takes the key. */
export interface KeyValidity {
  readonly valid: boolean;
  readonly message: string;
}
