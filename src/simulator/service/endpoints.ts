import {
  readHealth,
  readVersion,
  validateKey,
  whoAmI,
} from "./account_endpoints.ts";
import {
  commitVm,
  listCommits,
  listPublicCommits,
  readTag,
} from "./commit_endpoints.ts";
import {
  branchVm,
  createRootVm,
  deployRepo,
  restoreCommit,
} from "./creation_endpoints.ts";
import type { Endpoint } from "./endpoint.ts";
import { attachExec, execute, streamExec } from "./exec_endpoints.ts";
import type { Operation } from "./operation.ts";
import {
  changeVmState,
  deleteVm,
  labelVm,
  listVms,
  readMetadata,
  readStatus,
  resizeDisk,
} from "./vm_endpoints.ts";

/** What carries out each operation. */
export const ENDPOINTS: Readonly<Record<Operation, Endpoint>> = {
  "new_root": createRootVm,
  "from_commit": restoreCommit,
  "branch": branchVm,
  "deploy": deployRepo,
  "list": listVms,
  "status": readStatus,
  "metadata": readMetadata,
  "label": labelVm,
  "state": changeVmState,
  "disk": resizeDisk,
  "delete": deleteVm,
  "commit": commitVm,
  "exec": execute,
  "exec_stream": streamExec,
  "exec_attach": attachExec,
  "commits": listCommits,
  "public_commits": listPublicCommits,
  "tag": readTag,
  "whoami": whoAmI,
  "validate_key": validateKey,
  "version": readVersion,
  "health": readHealth,
};
