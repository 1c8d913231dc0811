import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { type ByteWriter, ClosedPipeError, Sink } from "./sink.ts";

function sinkOver(
  write: (bytes: Uint8Array) => number,
  options: { readonly ignoresErrors?: boolean } = {},
): { readonly sink: Sink; readonly clock: FakeClock } {
  const clock = new FakeClock();
  const writer: ByteWriter = {
    // deno-lint-ignore require-await
    write: async (bytes) => write(bytes),
  };
  const sink = new Sink({
    writer,
    clock,
    isTerminal: false,
    columns: () => 80,
    ...options,
  });
  return { sink, clock };
}

Deno.test("Sink writes all of a text, however little is taken at a time", async () => {
  let seen = "";
  const { sink } = sinkOver((bytes) => {
    seen += new TextDecoder().decode(bytes.subarray(0, 3));
    return Math.min(3, bytes.length);
  });
  await sink.write("abcdefgh\n");
  strictEqual(seen, "abcdefgh\n");
});

Deno.test("Sink offers at most 4096 bytes at once", async () => {
  const sizes: number[] = [];
  const { sink } = sinkOver((bytes) => {
    sizes.push(bytes.length);
    return bytes.length;
  });
  await sink.write("x".repeat(10_000));
  deepStrictEqual(sizes, [4_096, 4_096, 1_808]);
});

Deno.test("Sink waits 20 ms where the pipe is full, and goes on", async () => {
  let refusals = 3;
  let seen = "";
  const { sink, clock } = sinkOver((bytes) => {
    if (refusals-- > 0) throw new Deno.errors.WouldBlock();
    seen += new TextDecoder().decode(bytes);
    return bytes.length;
  });
  await sink.write("late\n");
  strictEqual(seen, "late\n");
  deepStrictEqual(clock.sleeps, [20, 20, 20]);
});

Deno.test("Sink keeps the order of texts that nobody waited for", async () => {
  let seen = "";
  const { sink } = sinkOver((bytes) => {
    seen += new TextDecoder().decode(bytes.subarray(0, 1));
    return 1;
  });
  void sink.write("one ");
  void sink.write("two ");
  await sink.write("three");
  strictEqual(seen, "one two three");
});

Deno.test("Sink says that nobody reads, to every writer from then on", async () => {
  let writes = 0;
  const { sink } = sinkOver(() => {
    writes++;
    throw new Deno.errors.BrokenPipe();
  });
  await rejects(sink.write("a"), ClosedPipeError);
  await rejects(sink.write("b"), ClosedPipeError);
  strictEqual(writes, 1);
  await sink.flush();
});

Deno.test("Sink passes on an error that is no closed pipe", async () => {
  const full = new Error("No space left on device");
  const { sink } = sinkOver(() => {
    throw full;
  });
  await rejects(sink.write("a"), (error) => error === full);
});

Deno.test("Sink of stderr keeps errors to itself", async () => {
  let writes = 0;
  const { sink } = sinkOver(() => {
    writes++;
    throw new Deno.errors.BrokenPipe();
  }, { ignoresErrors: true });
  await sink.write("a");
  await sink.flush();
  ok(writes > 0);
});
