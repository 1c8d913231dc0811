import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { testNeeding } from "../../tests/helpers/machine.ts";

/** Runs a script that has `context`, as a process of its own. */
function start(
  script: string,
  options: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Deno.ChildProcess {
  const module = new URL("./context.ts", import.meta.url).href;
  const folders = new URL("./folders.ts", import.meta.url).href;
  const source = `import { denoContext } from "${module}";
    import { homeFolder } from "${folders}";
    const exitHard = (code) => Deno.exit(code);
    const context = denoContext({ exitHard });
    ${script}`;
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "--allow-read",
      ...options.args ?? [],
      `data:application/typescript,${encodeURIComponent(source)}`,
    ],
    env: options.env ?? {},
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function textOf(child: Deno.ChildProcess): Promise<string> {
  const { stdout, stderr } = await child.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("denoContext() takes a variable it may not read as not set", async () => {
  const script = `await context.stdout.write(
    String(context.env("VERS_OUTPUT")) + homeFolder(context));`;
  const env = { VERS_OUTPUT: "json", HOME: "/home/ada" };
  strictEqual(await textOf(start(script, { env })), "undefinedundefined");
  strictEqual(
    await textOf(start(script, { env, args: ["--allow-env"] })),
    Deno.build.os === "windows"
      ? `json${Deno.env.get("USERPROFILE")}`
      : "json/home/ada",
  );
});

const SAY_READY = `await context.stdout.write("ready\\n");`;

/** Sends signals to a child that has said that it is ready. */
async function signal(
  child: Deno.ChildProcess,
  signals: readonly Deno.Signal[],
): Promise<{ readonly code: number; readonly text: string }> {
  const reader = child.stdout.getReader();
  let text = new TextDecoder().decode((await reader.read()).value);
  for (const name of signals) child.kill(name);
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) break;
    text += new TextDecoder().decode(value);
  }
  await child.stderr.cancel();
  return { code: (await child.status).code, text };
}

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  testNeeding(
    ["posix"],
    `denoContext() aborts its signal on ${name}`,
    async () => {
      const script = `const isOver = new Promise((resolve) =>
        context.signal.addEventListener("abort", resolve));
      ${SAY_READY}
      setTimeout(() => {}, 60_000);
      await isOver;
      await context.stdout.write(context.signal.reason.signal);
      Deno.exit(7);`;
      deepStrictEqual(await signal(start(script), [name]), {
        code: 7,
        text: `ready\n${name}`,
      });
    },
  );
}

testNeeding(
  ["posix"],
  "denoContext() ends a process that hangs within 2 s of a signal",
  async () => {
    // Its own timers tell what comes first, on however busy a machine.
    const script = `context.signal.addEventListener("abort", () => {
      setTimeout(() => console.log("1.5 s"), 1_500);
      setTimeout(() => Deno.exit(9), 2_000);
    });
    ${SAY_READY}
    setTimeout(() => {}, 3_600_000);`;
    deepStrictEqual(await signal(start(script), ["SIGTERM"]), {
      code: 143,
      text: "ready\n1.5 s\n",
    });
  },
);

testNeeding(
  ["posix"],
  "denoContext() ends at once on a second signal",
  async () => {
    // Without the second signal it would end as one that hangs, with 9.
    const script = `context.signal.addEventListener("abort", () => {
      context.stdout.write("stopping\\n");
      setTimeout(() => Deno.exit(9), 1_800);
    });
    ${SAY_READY}
    setTimeout(() => {}, 3_600_000);`;
    const child = start(script);
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGINT");
    // Two signals at once may arrive as one.
    await reader.read();
    child.kill("SIGINT");
    strictEqual((await child.status).code, 130);
    await reader.cancel();
    await child.stderr.cancel();
  },
);
