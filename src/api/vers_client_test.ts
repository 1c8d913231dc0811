import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import type { Answer } from "./exchange.ts";
import { foreignAnswer, missedLook } from "./server_word.ts";
import { VersClient } from "./vers_client.ts";

const VM = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
const COMMIT = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";
const STATUS = {
  vm_id: VM,
  owner_id: COMMIT,
  created_at: "2026-01-05T09:00:00Z",
  state: "running",
  labels: { a: "b" },
};

/** A client whose every request is answered alike, and what it sent. */
function clientWith(answer: () => Response) {
  const sent: { way: string; line: string; body: unknown }[] = [];
  const receive = (way: string) => async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    const line = `${request.method} ${pathname}${search}`;
    sent.push({ way, line, body: text ? JSON.parse(text) : undefined });
    return answer();
  };
  const clock = new FakeClock({ autoAdvance: false });
  const client = new VersClient({
    origin: "https://vers.test",
    apiKey: "key",
    transport: { read: receive("read"), create: receive("create") },
    clock,
  });
  return { client, sent, clock };
}

interface Case {
  readonly name: string;
  readonly call: (client: VersClient) => Promise<Answer<unknown>>;
  readonly way: "read" | "create";
  readonly line: string;
  readonly body?: unknown;
  /** What the service answers; nothing by default. */
  readonly answer?: unknown;
  /** What comes of it, if that is not the answer itself. */
  readonly value?: unknown;
}

const METADATA = {
  vm_id: VM,
  owner_id: COMMIT,
  created_at: STATUS.created_at,
  state: "running",
  ip: "fd00::1",
  deleted_at: null,
  parent_commit_id: COMMIT,
  grandparent_vm_id: null,
};

const CASES: readonly Case[] = [
  {
    name: "newRoot()",
    call: (client) => client.newRoot({ vcpu_count: 1, labels: { a: "b" } }),
    way: "create",
    line: "POST /api/v1/vm/new_root",
    body: { vm_config: { vcpu_count: 1, labels: { a: "b" } } },
    answer: { vm_id: VM },
    value: { vm_ids: [VM] },
  },
  {
    name: "branch()",
    call: (client) => client.branch(VM, { count: 2 }),
    way: "create",
    line: `POST /api/v1/vm/${VM}/branch?count=2`,
    answer: { vms: [{ vm_id: VM }, { vm_id: COMMIT }] },
    value: { vm_ids: [VM, COMMIT] },
  },
  {
    name: "branch() that keeps its parent paused",
    call: (client) => client.branch(VM, { count: 1, keepPaused: true }),
    way: "create",
    line: `POST /api/v1/vm/${VM}/branch?count=1&keep_paused=true`,
    answer: { vm_id: VM },
    value: { vm_ids: [VM] },
  },
  {
    name: "fromCommit() of an id",
    call: (client) => client.fromCommit({ commit_id: COMMIT }),
    way: "create",
    line: "POST /api/v1/vm/from_commit",
    body: { commit_id: COMMIT },
    answer: { vm_id: VM },
    value: { vm_ids: [VM] },
  },
  {
    name: "fromCommit() of a ref",
    call: (client) => client.fromCommit({ ref: "base:latest" }),
    way: "create",
    line: "POST /api/v1/vm/from_commit",
    body: { ref: "base:latest" },
    answer: { vm_id: VM },
    value: { vm_ids: [VM] },
  },
  {
    name: "deploy()",
    call: (client) =>
      client.deploy({ repo: "ada/app", settings: { run_command: "make" } }),
    way: "create",
    line: "POST /api/v1/deploy",
    body: { repo: "ada/app", settings: { run_command: "make" } },
    answer: { vm_id: VM, project_id: COMMIT, status: "building" },
  },
  {
    name: "commitVm()",
    call: (client) => client.commitVm(VM, { name: "base" }),
    way: "create",
    line: `POST /api/v1/vm/${VM}/commit`,
    body: { name: "base" },
    answer: { commit_id: COMMIT },
  },
  {
    name: "vmStatus()",
    call: (client) => client.vmStatus(VM),
    way: "read",
    line: `GET /api/v1/vm/${VM}/status`,
    answer: STATUS,
  },
  {
    name: "listVms()",
    call: (client) => client.listVms(),
    way: "read",
    line: "GET /api/v1/vms",
    answer: [STATUS],
    value: { vms: [STATUS], skipped: [] },
  },
  {
    name: "vmMetadata()",
    call: (client) => client.vmMetadata(VM),
    way: "read",
    line: `GET /api/v1/vm/${VM}/metadata`,
    answer: METADATA,
  },
  {
    name: "setLabels()",
    call: (client) => client.setLabels(VM, { a: "b" }),
    way: "read",
    line: `PATCH /api/v1/vm/${VM}/label`,
    body: { labels: { a: "b" } },
  },
  {
    name: "setState() to paused",
    call: (client) => client.setState(VM, "Paused"),
    way: "read",
    line: `PATCH /api/v1/vm/${VM}/state`,
    body: { state: "Paused" },
  },
  {
    name: "deleteVm()",
    call: (client) => client.deleteVm(VM),
    way: "read",
    line: `DELETE /api/v1/vm/${VM}`,
    answer: { deleted_ids: [VM] },
    value: { vm_ids: [VM] },
  },
  {
    name: "commitOfTag()",
    call: (client) => client.commitOfTag("base/x", "v 1"),
    way: "read",
    line: "GET /api/v1/repositories/base%2Fx/tags/v%201",
    answer: { tag_name: "v 1", commit_id: COMMIT, updated_at: null },
    value: { commit_id: COMMIT },
  },
  {
    name: "listCommits()",
    call: (client) => client.listCommits({}),
    way: "read",
    line: "GET /api/v1/commits",
    answer: { commits: [], total: 0 },
  },
  {
    name: "listCommits() of a page",
    call: (client) => client.listCommits({ limit: 5, offset: 0 }),
    way: "read",
    line: "GET /api/v1/commits?limit=5&offset=0",
    answer: { commits: [], total: 0 },
  },
  {
    name: "resizeDisk()",
    call: (client) => client.resizeDisk(VM, 2048),
    way: "read",
    line: `PATCH /api/v1/vm/${VM}/disk`,
    body: { fs_size_mib: 2048 },
  },
  {
    name: "whoami()",
    call: (client) => client.whoami(),
    way: "read",
    line: "GET /api/v1/whoami",
    answer: {
      user: { id: VM, email: "ada@vers.test", user_name: "ada" },
      org: { id: VM, name: "org" },
      api_key: { id: VM, label: "ci", expires_at: null },
    },
  },
  {
    name: "validateKey()",
    call: (client) => client.validateKey(),
    way: "read",
    line: "POST /api/v1/keys/validate",
    answer: { valid: true, message: "fine" },
  },
];

for (const { name, call, way, line, body, answer, value = answer } of CASES) {
  Deno.test(`VersClient.${name} sends one request and reads its answer`, async () => {
    const { client, sent } = clientWith(() =>
      answer === undefined ? new Response() : Response.json(answer)
    );
    deepStrictEqual((await call(client)).value, value);
    deepStrictEqual(sent, [{ way, line, body }]);
  });
}

for (const { name, call } of CASES.filter(({ line }) => line.includes(VM))) {
  Deno.test(`VersClient.${name} of an unknown VM is not found`, async () => {
    const { client } = clientWith(() =>
      Response.json({ vms: [], error: "vm not found" }, { status: 404 })
    );
    await rejects(call(client), { name: "ApiError", code: "not_found" });
  });
}

for (
  const id of ["my-vm", "", "..", `${VM}/../..`, `${VM}\n`, `${VM}?x=1`]
) {
  Deno.test(`VersClient sends no request for the id ${JSON.stringify(id)}`, async () => {
    const { client, sent } = clientWith(() => Response.json(STATUS));
    const isUsage = { name: "Failure", code: "usage" };
    await rejects(client.vmStatus(id), isUsage);
    await rejects(client.vmMetadata(id), isUsage);
    await rejects(client.setLabels(id, {}), isUsage);
    await rejects(client.setState(id, "Running"), isUsage);
    await rejects(client.deleteVm(id), isUsage);
    await rejects(client.commitVm(id, {}), isUsage);
    await rejects(client.resizeDisk(id, 1), isUsage);
    await rejects(client.branch(id, { count: 1 }), isUsage);
    strictEqual(sent.length, 0);
  });
}

for (
  const { name, limitMs, call } of [
    {
      name: "a question",
      limitMs: 10_000,
      call: (client: VersClient) => client.vmStatus(VM),
    },
    {
      name: "a creation",
      limitMs: 60_000,
      call: (client: VersClient) => client.newRoot({}),
    },
  ]
) {
  Deno.test(`VersClient gives ${name} ${limitMs / 1_000} seconds`, async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const never = () => new Promise<Response>(() => {});
    const client = new VersClient({
      origin: "https://vers.test",
      apiKey: "key",
      transport: { read: never, create: never },
      clock,
    });
    let isOver = false;
    const answer = call(client).finally(() => isOver = true);
    answer.catch(() => {});
    clock.advance(limitMs - 1);
    await new Promise((resolve) => setTimeout(resolve, 0));
    strictEqual(isOver, false);
    clock.advance(1);
    await rejects(answer, { name: "NoAnswerError" });
  });
}

const DATE = "Mon, 05 Jan 2026 10:00:00 GMT";

for (
  const { name, answers, asks, clock } of [
    {
      name: "its version",
      answers: [Response.json({ workspace_version: "9" }, head(200))],
      asks: ["GET /api/v1/system/version"],
      clock: DATE,
    },
    {
      name: "an object that it may become",
      answers: [Response.json({}, head(200))],
      asks: ["GET /api/v1/system/version"],
      clock: DATE,
    },
    {
      name: "that it does not take the key",
      answers: [new Response(null, head(401))],
      asks: ["GET /api/v1/system/version"],
      clock: DATE,
    },
    {
      name: "that it has no such page, in its own shape",
      answers: [Response.json({ error: "Not Found" }, head(404))],
      asks: ["GET /api/v1/system/version"],
      clock: DATE,
    },
    {
      name: "that it has no such page, as others would, but has a list",
      answers: [new Response(null, head(404)), Response.json([], head(200))],
      asks: ["GET /api/v1/system/version", "GET /api/v1/vms"],
      clock: DATE,
    },
    {
      name: "neither page, but in its own shape that it takes no such key",
      answers: [
        new Response(null, head(405)),
        new Response("403 Forbidden", head(403)),
      ],
      asks: ["GET /api/v1/system/version", "GET /api/v1/vms"],
      clock: DATE,
    },
    {
      name: "its version, and hides its clock",
      answers: [Response.json({ workspace_version: "9" })],
      asks: ["GET /api/v1/system/version"],
      clock: undefined,
    },
  ]
) {
  Deno.test(`serverClock() of a service that says ${name} is ${clock}`, async () => {
    const { client, sent } = clientWith(() => answers.shift() ?? gone());
    const time = await client.serverClock();
    strictEqual(time?.toUTCString(), clock);
    deepStrictEqual(sent.map(({ line }) => line), asks);
  });
}

for (
  const { name, answer, foreign } of [
    {
      name: "a page",
      answer: () => new Response("<html>", head(200, "text/html")),
      foreign: { status: 200, contentType: "text/html" },
    },
    {
      name: "a list",
      answer: () => Response.json(["a"], head(200)),
      foreign: { status: 200, contentType: "application/json" },
    },
    {
      name: "a redirect",
      answer: () => new Response(null, head(302)),
      foreign: { status: 302, contentType: undefined },
    },
    {
      name: "404 with a page, whatever is asked",
      answer: () => new Response("<html>", head(404, "text/html")),
      foreign: { status: 404, contentType: "text/html" },
    },
    {
      name: "a gateway's 502",
      answer: () => new Response("<html>", head(502, "text/html")),
      foreign: undefined,
    },
    {
      name: "the service's own 429",
      answer: () => Response.json({ error: "slow down" }, head(429)),
      foreign: undefined,
    },
    {
      name: "the service's own 503",
      answer: () => Response.json({ error: "later" }, head(503)),
      foreign: undefined,
    },
  ]
) {
  Deno.test(`serverClock() throws what is said by ${name}`, async () => {
    const { client } = clientWith(answer);
    await rejects(client.serverClock(), (error: unknown) => {
      const seen = foreignAnswer(error);
      strictEqual(seen?.status, foreign?.status);
      strictEqual(seen?.contentType, foreign?.contentType);
      return missedLook(error, "list") !== undefined;
    });
  });
}

/** Returns the head of an answer that shows the service's clock. */
function head(status: number, contentType?: string): ResponseInit {
  const headers: Record<string, string> = { date: DATE };
  if (contentType !== undefined) headers["content-type"] = contentType;
  return { status, headers };
}

function gone(): never {
  throw new Error("Nothing more should be asked");
}
