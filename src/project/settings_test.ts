import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import type { Advice } from "../advice.ts";
import { Failure } from "../failure.ts";
import { readSettings } from "./settings.ts";

async function withSettings(
  content: string | undefined,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/settings.jsonc`;
    if (content !== undefined) Deno.writeTextFileSync(path, content);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const { name, content, settings } of [
    { name: "no file", content: undefined, settings: {} },
    { name: "an empty file", content: " \n", settings: {} },
    { name: "an empty object", content: "{}", settings: {} },
    {
      name: "everything, with comments",
      content: `{
  // how long a job may be in flight
  "max_resume_age": "48h",
  "timeout": "0", /* no limit */
  "poll_interval": "500ms",
  "confirm_window": "1m30s",
  "retention": "7d",
  "adopt": "never",
}`,
      settings: {
        maxResumeAgeMs: 172_800_000,
        timeoutMs: 0,
        pollIntervalMs: 500,
        confirmWindowMs: 90_000,
        retentionMs: 604_800_000,
        adopt: "never",
      },
    },
    {
      name: "a 0 without quotes",
      content: `{"timeout": 0, "adopt": "always"}`,
      settings: { timeoutMs: 0, adopt: "always" },
    },
  ]
) {
  Deno.test(`readSettings() of ${name}`, async () => {
    await withSettings(content, async (path) => {
      deepStrictEqual(await readSettings(path), settings);
    });
  });
}

for (
  const { content, why, advice } of [
    {
      content: `{"timeuot": "1m"}`,
      why: `there is no setting "timeuot"`,
      advice: "unknown_setting",
    },
    {
      content: `{"__proto__": {}}`,
      why: `there is no setting "__proto__"`,
      advice: "unknown_setting",
    },
    {
      content: `{"constructor": 1}`,
      why: `there is no setting "constructor"`,
      advice: "unknown_setting",
    },
    {
      content: `{"timeout": "1,5h"}`,
      why: `timeout is "1,5h", but must be a duration, such as "90s"`,
    },
    {
      content: `{"timeout": 10}`,
      why: `timeout is 10, but must be a duration`,
    },
    { content: `{"retention": null}`, why: `retention is null, but must be` },
    {
      content: `{"poll_interval": "0"}`,
      why: `poll_interval is "0", but must be a duration above 0`,
    },
    {
      content: `{"adopt": true}`,
      why: `adopt is true, but must be "never" or "always"`,
    },
    {
      content: `{"timeout":\n  }`,
      why: "line 2, column 3 is not JSON (value expected)",
    },
    { content: `["timeout"]`, why: "it is a list, but must be an object" },
  ] satisfies readonly {
    readonly content: string;
    readonly why: string;
    readonly advice?: Advice["type"];
  }[]
) {
  Deno.test(`readSettings() refuses ${JSON.stringify(content)}`, async () => {
    await withSettings(content, async (path) => {
      await rejects(readSettings(path), (error: unknown) => {
        if (!(error instanceof Failure)) return false;
        strictEqual(error.code, "usage");
        const start = `Cannot use ${JSON.stringify(path)}: ${why}`;
        strictEqual(error.message.slice(0, start.length), start);
        if (advice) strictEqual(error.advice?.type, advice);
        return true;
      });
    });
  });
}
