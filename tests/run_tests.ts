/**
 * `deno task test [PATH…] [FLAG…]`: runs the tests, all by default, and says
 * nothing of those that pass. What failed is shown, then the counts, and last
 * of all what was left out here, and why.
 */
import { leftOutOf } from "./helpers/left_out.ts";

// An interrupted run ends by itself, and says what was under way.
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGINT", () => {});

const cores = navigator.hardwareConcurrency;
const report = await Deno.makeTempFile({ suffix: ".xml" });
try {
  // A terminal shows that it goes on; a log has no use for it.
  const isTerminal = Deno.stdout.isTerminal();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--quiet", "--allow-all", "--parallel"],
      ...["--reporter=dot", `--junit-path=${report}`, ...Deno.args],
    ],
    // Most of a whole-program test is waiting for its processes.
    env: { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? String(2 * cores) },
    stdout: isTerminal ? "inherit" : "piped",
  }).spawn();
  if (!isTerminal) await printWithoutDots(child.stdout);
  const { code } = await child.status;
  const text = await Deno.readTextFile(report);
  // Nothing is known where no test could begin.
  if (text !== "") await print(`\n${leftOutOf(text)}`);
  Deno.exitCode = code;
} finally {
  await Deno.remove(report);
}

/** Prints what the dot reporter writes, without the dots, a line for each. */
async function printWithoutDots(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const texts = stream.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    await print(lines.filter(isNoDot).map((line) => `${line}\n`).join(""));
  }
  await print(rest);
}

function isNoDot(line: string): boolean {
  // deno-lint-ignore no-control-regex
  return !/^[.,!]$/.test(line.replaceAll(/\x1b\[[\d;]*m/g, "").trim());
}

async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}
