import { match, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { ask } from "../../../tests/helpers/ask_simulator.ts";
import { Simulator } from "../simulator.ts";

const UNKNOWN = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";

function newSimulator() {
  const clock = new FakeClock({ autoAdvance: false });
  return { clock, simulator: new Simulator({ clock }) };
}

for (
  const { line, body, text, status, says } of [
    {
      line: "GET vm/x1/status",
      status: 400,
      says: /^Invalid URL: Cannot parse/,
    },
    {
      line: `GET vm/${UNKNOWN}/status`,
      status: 404,
      says: '{"error":"not found","success":false}',
    },
    {
      line: `GET vm/${UNKNOWN}/metadata`,
      status: 404,
      says: '{"error":"not found","success":false}',
    },
    {
      line: `DELETE vm/${UNKNOWN}`,
      status: 403,
      says: '{"error":"Forbidden","success":false}',
    },
    {
      line: `PATCH vm/${UNKNOWN}/label`,
      body: { labels: {} },
      status: 403,
      says: '{"error":"Forbidden","success":false}',
    },
    {
      line: `PATCH vm/${UNKNOWN}/state`,
      body: { state: "running" },
      status: 422,
      says: /^Failed to deserialize the JSON body into the target type:/,
    },
    {
      line: "POST vm/new_root",
      text: "{",
      status: 400,
      says: /^Failed to parse the request body as JSON:/,
    },
    {
      line: "POST vm/new_root",
      text: "",
      status: 400,
      says: /^Failed to parse the request body as JSON:/,
    },
    {
      line: "POST vm/new_root",
      body: {},
      status: 422,
      says: /^Failed to deserialize/,
    },
    {
      line: "POST vm/new_root",
      body: { vm_config: { vcpu_count: -1 } },
      status: 422,
      says: /^Failed to deserialize/,
    },
    {
      line: "POST vm/new_root?wait_boot=1",
      body: { vm_config: {} },
      status: 400,
      says: /^Failed to deserialize query string/,
    },
    {
      line: "POST vm/from_commit",
      body: {},
      status: 400,
      says: /^Failed to parse the request body as JSON:/,
    },
    {
      line: "POST vm/from_commit",
      body: { commit_id: UNKNOWN, ref: "a:b" },
      status: 400,
      says: /^Failed to parse/,
    },
    {
      line: "POST vm/from_commit",
      body: { commit_id: "x" },
      status: 422,
      says: /^Failed to deserialize/,
    },
    {
      line: "POST vm/from_commit",
      body: { commit_id: UNKNOWN },
      status: 404,
      says: '{"error":"commit not found","success":false}',
    },
    {
      line: "POST vm/from_commit",
      body: { ref: "a" },
      status: 400,
      says:
        `{"error":"Invalid ref format. Expected 'repo_name:tag_name'","success":false}`,
    },
    {
      line: "POST vm/from_commit",
      body: { tag_name: "a" },
      status: 404,
      says: '{"error":"tag not found","success":false}',
    },
    {
      line: `POST vm/${UNKNOWN}/branch`,
      status: 404,
      says: '{"error":"commit not found","success":false}',
    },
    {
      line: `POST vm/${UNKNOWN}/branch?count=-1`,
      status: 400,
      says: /^Failed to deserialize query string/,
    },
    {
      line: `POST vm/branch/by_vm/${UNKNOWN}`,
      status: 404,
      says: '{"vms":[],"error":"parent vm not found"}',
    },
    {
      line: "POST vm/branch/by_ref/a/b",
      status: 404,
      says: '{"vms":[],"error":"tag not found"}',
    },
    {
      line: "POST deploy",
      body: { repo: "engine" },
      status: 400,
      says: /owner\/repo/,
    },
    {
      line: "GET nothing/here",
      status: 404,
      says: '{"error":"Not Found","success":false}',
    },
    { line: "PUT vms", status: 405, says: "" },
  ] as const satisfies readonly Refused[]
) {
  Deno.test(`${line} ${text ?? JSON.stringify(body ?? null)} is answered ${status}`, async () => {
    const { simulator } = newSimulator();
    const response = await ask(simulator, line, {
      body,
      ...(text !== undefined && { text }),
    });
    strictEqual(response.status, status);
    const said = await response.text();
    if (typeof says === "string") strictEqual(said, says);
    else match(said, says);
    const isJson = said.startsWith("{");
    strictEqual(
      response.headers.get("content-type") === "application/json",
      isJson,
    );
    strictEqual((await simulator.vms()).length, 0);
    strictEqual((await simulator.requests())[0]?.committed, false);
  });
}

interface Refused {
  readonly line: string;
  readonly body?: unknown;
  readonly text?: string;
  readonly status: number;
  readonly says: string | RegExp;
}
