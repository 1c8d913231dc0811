import * as account from "./account_endpoints.ts";
import * as commits from "./commit_endpoints.ts";
import * as creations from "./creation_endpoints.ts";
import type { Endpoint } from "./endpoint.ts";
import * as execs from "./exec_endpoints.ts";
import type { Operation } from "./operation.ts";
import * as vms from "./vm_endpoints.ts";

/** What carries out each operation. */
export const ENDPOINTS: Readonly<Record<Operation, Endpoint>> = {
  "new_root": creations.createRootVm,
  "from_commit": creations.restoreCommit,
  "branch": creations.branchVm,
  "deploy": creations.deployRepo,
  "list": vms.listVms,
  "status": vms.readStatus,
  "metadata": vms.readMetadata,
  "label": vms.labelVm,
  "state": vms.changeVmState,
  "disk": vms.resizeDisk,
  "delete": vms.deleteVm,
  "commit": commits.commitVm,
  "exec": execs.execute,
  "exec_stream": execs.streamExec,
  "exec_attach": execs.attachExec,
  "commits": commits.listCommits,
  "public_commits": commits.listPublicCommits,
  "tag": commits.readTag,
  "whoami": account.whoAmI,
  "validate_key": account.validateKey,
  "version": account.readVersion,
  "health": account.readHealth,
};
