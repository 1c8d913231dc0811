import { match, ok, strictEqual } from "node:assert/strict";
import { allCommands } from "../../../tests/helpers/command_tree.ts";
import type { Advice } from "../../advice.ts";
import { Failure } from "../../failure.ts";
import { GLOBAL_FLAGS } from "../command_line/output_choice.ts";
import { hintOf } from "./failure_hint.ts";

const proxy = { variable: "HTTPS_PROXY", address: "http://proxy:8080" };
const jobId = "job_8f2a3b4c5d";
const url = "https://releases.example";

/** Every advice that there is; the compiler misses none. */
const ADVICE: {
  readonly [Type in Advice["type"]]: readonly Omit<
    Advice & { readonly type: Type },
    "type"
  >[];
} = {
  check_network: [{}],
  check_download: [{}],
  not_the_api: [{}],
  key_not_accepted: [{}],
  id_form: [{}],
  checksum_differs: [{}],
  certificate_stores: [{}],
  certificate_file: [{}],
  system_certificates: [{}],
  no_network_client: [{}],
  vm_of_named_job_deleted: [{}],
  job_id_form: [{}],
  key_of_other_work: [{}],
  secret_not_stored: [{}],
  ledger_required: [{}],
  cancelled: [{}],
  list_vms: [{}],
  kind_makes_nothing: [{}],
  output_lost: [{}],
  api_key_variable: [{}],
  api_key_file: [{}],
  credentials_broken: [{}],
  aliases_broken: [{}],
  settings_form: [{}],
  toml_form: [{}],
  not_a_regular_file: [{}],
  not_sent: [
    { proxy: undefined },
    { proxy },
    { proxy, wantsPassword: true },
    { proxy: undefined, isUntrusted: true },
  ],
  proxy_password: [{ proxy: undefined }, { proxy }],
  proxy_form: [{ variable: "HTTPS_PROXY" }],
  origin_form: [{ example: url }, { example: url, isPlain: true }],
  releases: [{ url }],
  releases_form: [{ url }],
  other_command: [{ command: "run-commit", jobId }],
  see_output: [{ jobId }],
  other_origin: [{ scope: url }],
  unreadable_line: [
    { isNewer: false, isNamed: false },
    { isNewer: true, isNamed: true },
  ],
  wrong_vm_count: [{ jobId, wanted: 2 }],
  see_job: [{ jobId }],
  delete_vms: [{ vmIds: ["a", "b"] }],
  vm_asleep: [{ vmId: "a" }],
  unknown_setting: [{ known: ["timeout"] }],
  duplicate_key: [{ key: "Name" }],
  unreadable_file: [{ path: "/a b" }],
};

const HINTS = Object.entries(ADVICE).flatMap(([type, facts]) =>
  facts.map((facts) => {
    const advice = { type, ...facts } as Advice;
    return [type, hintFor(advice) ?? ""] as const;
  })
);

function hintFor(advice: Advice): string | undefined {
  return hintOf(new Failure("Cannot go", { code: "general", advice }));
}

const COMMANDS = await allCommands();
const FLAGS = new Set([
  ...Object.keys(GLOBAL_FLAGS),
  ...COMMANDS.flatMap(({ command: { flags } }) => Object.keys(flags)),
]);

for (const [type, hint] of HINTS) {
  Deno.test(`the words for ${type} name commands and flags that exist: ${hint}`, () => {
    match(hint, /^\S.*[^.\s]$/);
    for (const [, words = ""] of hint.matchAll(/\bvers ((?:[a-z-]+ ?)+)/g)) {
      const isCommand = ({ name }: { name: string }) =>
        `${words} `.startsWith(`${name} `);
      ok(/^as that/.test(words) || COMMANDS.some(isCommand), words);
    }
    for (const [, flag = ""] of hint.matchAll(/ --([a-z-]+)/g)) {
      ok(FLAGS.has(flag), flag);
    }
  });
}

Deno.test("hintOf() gives what was said before the words for the advice", () => {
  const advice = { type: "id_form" } as const;
  const hint = "vers status";
  const code = "general";
  strictEqual(hintOf(new Failure("Cannot go", { code, hint, advice })), hint);
  strictEqual(hintOf(new Failure("Cannot go", { code })), undefined);
});
