import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { checkAnswer } from "../../../tests/helpers/published_schema.ts";
import { ask, type AskOptions } from "../../../tests/helpers/ask_simulator.ts";
import { type Operation, OPERATIONS } from "./operation.ts";
import { Simulator } from "../simulator.ts";

const UNKNOWN = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";
const EXEC = "0e9d8c7b-6a5f-4e3d-8c1b-0a9f8e7d6c5b";

/** What a case can be about: filled in where a path or a body names it. */
interface Things {
  readonly vm: string;
  readonly commit: string;
}

/** A request, with `{vm}` and `{commit}` in it, and how it is answered. */
interface Case {
  readonly line: string;
  readonly body?: unknown;
  readonly status: number;
}

const CASES: readonly Case[] = [
  {
    line: "POST vm/new_root",
    body: { vm_config: { labels: { a: "b" }, mem_size_mib: 512 } },
    status: 201,
  },
  { line: "POST vm/from_commit", body: { commit_id: "{commit}" }, status: 201 },
  { line: "POST vm/from_commit", body: { ref: "repo:tag" }, status: 201 },
  { line: "POST vm/from_commit", body: { ref: "no colon" }, status: 400 },
  { line: "POST vm/from_commit", body: { commit_id: UNKNOWN }, status: 404 },
  { line: "POST vm/{vm}/branch?count=2", status: 201 },
  { line: "POST vm/{commit}/branch", status: 201 },
  { line: `POST vm/${UNKNOWN}/branch`, status: 404 },
  { line: "POST vm/branch/by_vm/{vm}", status: 201 },
  { line: `POST vm/branch/by_vm/${UNKNOWN}`, status: 404 },
  { line: "POST vm/branch/by_commit/{commit}", status: 201 },
  { line: `POST vm/branch/by_commit/${UNKNOWN}`, status: 404 },
  { line: "POST vm/branch/by_tag/old", status: 201 },
  { line: "POST vm/branch/by_tag/none", status: 404 },
  { line: "POST vm/branch/by_ref/repo/tag", status: 201 },
  { line: "POST vm/branch/by_ref/repo/none", status: 404 },
  { line: "POST deploy", body: { repo: "ada/site" }, status: 202 },
  { line: "POST deploy", body: { repo: "ada/site" }, status: 409 },
  { line: "POST deploy", body: { repo: "site" }, status: 400 },
  { line: "GET vm", status: 200 },
  { line: "GET vms", status: 200 },
  { line: "GET vm/{vm}/status", status: 200 },
  { line: `GET vm/${UNKNOWN}/status`, status: 404 },
  { line: "GET vm/{vm}/metadata", status: 200 },
  { line: `GET vm/${UNKNOWN}/metadata`, status: 404 },
  {
    line: "PATCH vm/{vm}/label",
    body: { labels: { c: "d" } },
    status: 200,
  },
  {
    line: `PATCH vm/${UNKNOWN}/label`,
    body: { labels: {} },
    status: 403,
  },
  { line: "PATCH vm/{vm}/disk", body: { fs_size_mib: 4096 }, status: 200 },
  { line: "PATCH vm/{vm}/disk", body: { fs_size_mib: 1 }, status: 400 },
  {
    line: `PATCH vm/${UNKNOWN}/disk`,
    body: { fs_size_mib: 1 },
    status: 404,
  },
  { line: "PATCH vm/{vm}/state", body: { state: "Paused" }, status: 200 },
  { line: "PATCH vm/{vm}/state", body: { state: "Running" }, status: 200 },
  {
    line: `PATCH vm/${UNKNOWN}/state`,
    body: { state: "Running" },
    status: 404,
  },
  { line: "POST vm/{vm}/commit", body: { name: "first" }, status: 201 },
  { line: "POST vm/{vm}/commit", body: { commit_id: "{commit}" }, status: 400 },
  { line: `POST vm/${UNKNOWN}/commit`, status: 404 },
  { line: "POST vm/{vm}/exec", body: { command: ["pwd"] }, status: 200 },
  { line: `POST vm/${UNKNOWN}/exec`, body: { command: ["pwd"] }, status: 404 },
  {
    line: "POST vm/{vm}/exec/stream",
    body: { command: ["pwd"], exec_id: EXEC },
    status: 200,
  },
  {
    line: `POST vm/${UNKNOWN}/exec/stream`,
    body: { command: ["pwd"] },
    status: 404,
  },
  {
    line: "POST vm/{vm}/exec/stream/attach",
    body: { exec_id: EXEC },
    status: 200,
  },
  {
    line: "POST vm/{vm}/exec/stream/attach",
    body: { exec_id: UNKNOWN },
    status: 404,
  },
  { line: "GET commits?limit=1", status: 200 },
  { line: "GET commits/public", status: 200 },
  { line: "GET repositories/repo/tags/tag", status: 200 },
  { line: "GET repositories/repo/tags/none", status: 404 },
  { line: "POST keys/validate", body: {}, status: 200 },
  { line: "GET system/version", status: 200 },
  { line: "DELETE vm/{vm}", status: 200 },
  { line: "GET vm/{vm}/metadata", status: 200 },
  { line: `DELETE vm/${UNKNOWN}`, status: 403 },
];

/** What the published schema does not know: `health` has no prefix. */
const NOT_IN_SPEC: readonly Operation[] = ["whoami", "health"];

Deno.test(
  "the simulator's answers are as the published schema has them",
  async (t) => {
    const { simulator, things } = await newService();
    for (const { line, body, status } of CASES) {
      await t.step(`${line}: ${status}`, async () => {
        const filled = fill(line, things);
        const response = await ask(simulator, filled, {
          ...(body === undefined ? {} : { body: fill(body, things) }),
        });
        strictEqual(response.status, status);
        await checkAnswer(filled, response);
      });
    }
    const asked = new Set(
      (await simulator.requests()).map(({ operation }) => operation),
    );
    deepStrictEqual(
      OPERATIONS.filter((name) => !asked.has(name)),
      NOT_IN_SPEC,
    );
  },
);

for (const status of [500, 501] as const) {
  Deno.test(
    `a failure with ${status} is as the published schema has it`,
    async () => {
      const { simulator } = await newService();
      await simulator.addFault({
        faults: [{ type: "answer", when: "before", status }],
      });
      const line = "POST deploy";
      await checkAnswer(
        line,
        await ask(simulator, line, { body: { repo: "ada/site" } }),
      );
    },
  );
}

Deno.test(
  "a bad key is answered as the published schema has it, when told to",
  async () => {
    const { simulator } = await newService({ authFailure: "spec" });
    for (const line of ["GET vms", "POST vm/new_root", "POST deploy"]) {
      const response = await ask(simulator, line, { apiKey: "none" });
      strictEqual(response.status, 401);
      await checkAnswer(line, response);
    }
  },
);

/** Answers in plain text, some of which do not say so: none are in the schema. */
const TEXTS: Readonly<
  Record<string, readonly [string, AskOptions, string | null]>
> = {
  "a malformed id in the path": ["GET vm/nonsense/status", {}, null],
  "a bad key": ["GET vms", { apiKey: "none" }, null],
  "a body that is not JSON": [
    "POST vm/new_root",
    { text: "{" },
    "text/plain; charset=utf-8",
  ],
  "a body of another shape": [
    `PATCH vm/${UNKNOWN}/state`,
    { body: { state: "paused" } },
    "text/plain; charset=utf-8",
  ],
};

for (const [what, [line, options, type]] of Object.entries(TEXTS)) {
  Deno.test(`${what} is answered by a text of type ${type}`, async () => {
    const { simulator } = await newService();
    const response = await ask(simulator, line, options);
    strictEqual(response.headers.get("content-type"), type);
    match(await response.text(), /^(Invalid URL|403 Forbidden|Failed to)/);
  });
}

async function newService(
  options: { authFailure?: "gateway" | "spec" } = {},
): Promise<{ simulator: Simulator; things: Things }> {
  const simulator = new Simulator({ clock: new FakeClock(), ...options });
  const vm = await simulator.addVm({ labels: { owner: "ada" } });
  const commit = await simulator.addCommit({
    parentVmId: vm,
    isPublic: true,
    tags: ["old", "repo:tag"],
  });
  return { simulator, things: { vm, commit } };
}

/** Returns a text, or JSON, in which names of things are their ids. */
function fill<T>(value: T, things: Things): T {
  const text = JSON.stringify(value)
    .replaceAll("{vm}", things.vm).replaceAll("{commit}", things.commit);
  return JSON.parse(text);
}
