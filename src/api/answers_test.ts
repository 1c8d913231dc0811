import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  AnswerShapeError,
  parseCommitPage,
  parseCreatedVms,
  parseDeletedVms,
  parseDeployment,
  parseIdentity,
  parseVm,
  parseVmMetadata,
  parseVms,
} from "./answers.ts";

const A = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
const B = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";
const OWNER = "0f0e0d0c-0b0a-4908-8706-050403020100";

const VM = {
  vm_id: A,
  owner_id: OWNER,
  created_at: "2026-01-05T09:00:00.123456Z",
  state: "running",
};

for (
  const { name, labels, read } of [
    { name: "missing", labels: {}, read: {} },
    { name: "null", labels: { labels: null }, read: {} },
    { name: "empty", labels: { labels: {} }, read: {} },
    {
      name: "of another kind",
      labels: { labels: { a: "b", n: 1, nothing: null } },
      read: { a: "b" },
    },
  ]
) {
  Deno.test(`parseVm() takes labels that are ${name}`, () => {
    deepStrictEqual(parseVm({ ...VM, ...labels }).labels, read);
  });
}

Deno.test("parseVm() takes unknown states, and fields that it does not know", () => {
  deepStrictEqual(
    parseVm({ ...VM, state: "hibernating", ssh_port: 22, region: null }),
    { ...VM, state: "hibernating", labels: {} },
  );
});

for (
  const { name, change, message } of [
    {
      name: "no id",
      change: { vm_id: undefined },
      message: `its "vm_id" is not a string`,
    },
    {
      name: "a name for an id",
      change: { vm_id: "my-vm" },
      message: `its "vm_id" is not a UUID`,
    },
    {
      name: "no time",
      change: { created_at: "soon" },
      message: `its "created_at" is not a time`,
    },
    {
      name: "a number for a state",
      change: { state: 1 },
      message: `its "state" is not a string`,
    },
    {
      name: "labels in a list",
      change: { labels: ["a"] },
      message: `its "labels" is not an object`,
    },
  ]
) {
  Deno.test(`parseVm() refuses ${name}`, () => {
    throws(() => parseVm({ ...VM, ...change }), {
      name: "AnswerShapeError",
      message,
    });
  });
}

Deno.test("parseVms() takes a bare list, and one in a field", () => {
  const vms = [{ ...VM, labels: {} }, { ...VM, vm_id: B, labels: {} }];
  deepStrictEqual(parseVms(vms), vms);
  deepStrictEqual(parseVms({ vms }), vms);
  deepStrictEqual(parseVms([]), []);
});

Deno.test("parseVms() refuses a list with one VM that cannot be read", () => {
  throws(() => parseVms([VM, { ...VM, vm_id: 7 }]), {
    message: `its "[1].vm_id" is not a string`,
  });
  throws(() => parseVms({ error: "no" }), { message: "it is not a list" });
});

for (
  const { name, value, ids } of [
    { name: "{vm_id}", value: { vm_id: A }, ids: [A] },
    {
      name: "{vms}",
      value: { vms: [{ vm_id: A }, { vm_id: B }] },
      ids: [A, B],
    },
  ]
) {
  Deno.test(`parseCreatedVms() takes ${name}`, () => {
    deepStrictEqual(parseCreatedVms(value), { vm_ids: ids });
  });
}

for (
  const { name, value } of [
    { name: "no VM", value: { vms: [], error: "parent vm not found" } },
    { name: "a VM without id", value: { vms: [{}] } },
    { name: "an empty object", value: {} },
    { name: "null", value: null },
    { name: "a string", value: A },
  ]
) {
  Deno.test(`parseCreatedVms() refuses ${name}`, () => {
    throws(() => parseCreatedVms(value), AnswerShapeError);
  });
}

Deno.test("parseDeletedVms() takes {vm_id} and {deleted_ids}", () => {
  deepStrictEqual(parseDeletedVms({ vm_id: A }), { vm_ids: [A] });
  deepStrictEqual(parseDeletedVms({ deleted_ids: [A, B] }), {
    vm_ids: [A, B],
  });
});

Deno.test("parseVmMetadata() makes null of what is missing", () => {
  deepStrictEqual(parseVmMetadata({ ...VM, ip: "fd00::1", vcpu_count: 1 }), {
    ...VM,
    ip: "fd00::1",
    deleted_at: null,
    parent_commit_id: null,
    grandparent_vm_id: null,
  });
  const origin = { deleted_at: VM.created_at, grandparent_vm_id: B };
  const metadata = parseVmMetadata({ ...VM, ...origin, ip: null });
  strictEqual(metadata.deleted_at, VM.created_at);
  strictEqual(metadata.grandparent_vm_id, B);
});

Deno.test("parseDeployment() needs the VM alone", () => {
  deepStrictEqual(
    parseDeployment({ vm_id: A, project_id: B, status: "building" }),
    { vm_id: A, project_id: B, status: "building" },
  );
  deepStrictEqual(parseDeployment({ vm_id: A }), {
    vm_id: A,
    project_id: null,
    status: null,
  });
});

Deno.test("parseCommitPage() takes a page, and a bare list", () => {
  const commit = {
    commit_id: A,
    owner_id: OWNER,
    name: "base",
    description: null,
    created_at: VM.created_at,
    is_public: true,
    parent_vm_id: B,
    grandparent_commit_id: null,
  };
  deepStrictEqual(
    parseCommitPage({ commits: [commit], total: 3, limit: 1, offset: 0 }),
    { commits: [commit], total: 3 },
  );
  deepStrictEqual(parseCommitPage([commit]), {
    commits: [commit],
    total: null,
  });
});

Deno.test("parseIdentity() makes null of what is missing", () => {
  deepStrictEqual(parseIdentity({ user: { email: "ada@vers.test" } }), {
    user: { id: null, email: "ada@vers.test", user_name: null },
    org: { id: null, name: null },
    api_key: { id: null, label: null, expires_at: null },
  });
});
