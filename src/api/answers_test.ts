import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  AnswerShapeError,
  ofVm,
  parseCommitPage,
  parseCreatedVms,
  parseDeletedVms,
  parseDeployment,
  parseIdentity,
  parseVmMetadata,
  parseVms,
  parseVmStatus,
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
    { name: "an empty list", labels: { labels: [] }, read: {} },
  ]
) {
  Deno.test(`parseVms() and parseVmStatus() take labels that are ${name}`, () => {
    const vm = { ...VM, ...labels };
    deepStrictEqual(parseVmStatus(vm).labels, read);
    deepStrictEqual(parseVms([vm]).vms[0]?.labels, read);
  });
}

Deno.test("parseVms() and parseVmStatus() take unknown states, and fields that they do not know", () => {
  const vm = { ...VM, state: "hibernating", ssh_port: 22, region: null };
  const read = { ...VM, state: "hibernating", labels: {} };
  deepStrictEqual(parseVmStatus(vm), read);
  deepStrictEqual(parseVms([vm]), { vms: [read], skipped: [] });
});

/** Ways for an entry not to be as documented, and what is left of it. */
const ODD = [
  {
    name: "no time",
    change: { created_at: "soon" },
    why: `its "created_at" is not a time`,
    read: { created_at: null },
  },
  {
    name: "null for a time",
    change: { created_at: null },
    why: `its "created_at" is not a string`,
    read: { created_at: null },
  },
  {
    name: "a number for a time",
    change: { created_at: 1_767_600_000 },
    why: `its "created_at" is not a string`,
    read: { created_at: null },
  },
  {
    name: "an owner without an id",
    change: { owner_id: "ada" },
    why: `its "owner_id" is not a UUID`,
    read: { owner_id: null },
  },
  {
    name: "labels in a list",
    change: { labels: ["a"] },
    why: `its "labels" is not an object`,
    read: {},
  },
  {
    name: "labels in a text",
    change: { labels: "a=b" },
    why: `its "labels" is not an object`,
    read: {},
  },
  {
    name: "labels, but no time",
    change: { created_at: null, labels: { a: "b" } },
    why: `its "created_at" is not a string`,
    read: { created_at: null, labels: { a: "b" } },
  },
];

for (const { name, change, why, read } of ODD) {
  Deno.test(`parseVmStatus() takes what can be understood with ${name}`, () => {
    deepStrictEqual(parseVmStatus({ ...VM, ...change }), {
      ...VM,
      labels: {},
      ...read,
    });
  });

  Deno.test(`parseVms() passes over an entry with ${name}, and hides no other`, () => {
    const odd = { ...VM, vm_id: B, ...change };
    for (const list of [[odd, VM], [VM, odd]]) {
      deepStrictEqual(parseVms(list), {
        vms: [{ ...VM, labels: {} }],
        skipped: [{ vm_id: B, labels: read.labels ?? {}, why }],
      });
    }
  });
}

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
      name: "a number for a state",
      change: { state: 1 },
      message: `its "state" is not a string`,
    },
  ]
) {
  Deno.test(`parseVmStatus() refuses ${name}, and parseVms() passes it over`, () => {
    const odd = { ...VM, ...change };
    throws(() => parseVmStatus(odd), { name: "AnswerShapeError", message });
    const { skipped } = parseVms([odd, { ...VM, vm_id: B }]);
    deepStrictEqual(skipped.map(({ why }) => why), [message]);
  });
}

Deno.test("parseVms() takes a bare list, and one in a field", () => {
  const vms = [{ ...VM, labels: {} }, { ...VM, vm_id: B, labels: {} }];
  deepStrictEqual(parseVms(vms), { vms, skipped: [] });
  deepStrictEqual(parseVms({ vms }), { vms, skipped: [] });
  deepStrictEqual(parseVms([]), { vms: [], skipped: [] });
});

Deno.test("parseVms() takes a list whose only VM is odd", () => {
  const { vms, skipped } = parseVms([{ ...VM, created_at: null }]);
  deepStrictEqual(vms, []);
  deepStrictEqual(skipped.map(({ vm_id }) => vm_id), [A]);
});

for (
  const { name, value, message } of [
    {
      name: "an error",
      value: { error: "no" },
      message: "it is not a list",
    },
    {
      name: "a list of something else",
      value: [{ id: 7 }, "a"],
      message: `in its first entry, its "vm_id" is not a string`,
    },
    {
      name: "a list of texts",
      value: ["a", "b"],
      message: "in its first entry, it is not an object",
    },
  ]
) {
  Deno.test(`parseVms() refuses ${name}: it is no empty list of VMs`, () => {
    throws(() => parseVms(value), { name: "AnswerShapeError", message });
  });
}

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

Deno.test("parseCreatedVms() counts a VM that is named twice as one, in small letters", () => {
  const vms = [{ vm_id: A }, { vm_id: A.toUpperCase() }, { vm_id: B }];
  deepStrictEqual(parseCreatedVms({ vms }), { vm_ids: [A, B] });
});

Deno.test("ofVm() refuses what is said of another VM", () => {
  const status = parseVmStatus(VM);
  strictEqual(ofVm(A.toUpperCase(), status), status);
  throws(() => ofVm(B, status), AnswerShapeError);
});

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

Deno.test("parseVmMetadata() takes what decides nothing as it can", () => {
  const odd = { owner_id: 7, created_at: null, state: null, ip: ["fd00::1"] };
  const metadata = parseVmMetadata({ vm_id: A, ...odd, parent_commit_id: B });
  strictEqual(metadata.created_at, null);
  strictEqual(metadata.ip, null);
  strictEqual(metadata.parent_commit_id, B);
  for (const name of ["deleted_at", "parent_commit_id", "grandparent_vm_id"]) {
    throws(() => parseVmMetadata({ ...VM, [name]: 7 }), {
      message: `its "${name}" is not a string`,
    });
  }
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
