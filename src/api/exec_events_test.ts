import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { systemClock } from "../clock.ts";
import { AnswerShapeError } from "./answers.ts";
import { execEvents, parseExecEvent } from "./exec_events.ts";
import { RequestLimit } from "./request_limit.ts";
import type { ExecEvent } from "./types.ts";

const CHUNK = '{"type":"chunk","stream":"stdout","data_b64":"aGk=","cursor":7}';
const EXIT = '{"type":"exit","exit_code":3,"cursor":8}';

async function eventsOf(...pieces: string[]): Promise<ExecEvent[]> {
  const events: ExecEvent[] = [];
  const read = execEvents({
    onOpen() {},
    onEvent(event) {
      events.push(structuredClone(event));
      return Promise.resolve();
    },
  });
  const limit = new RequestLimit(systemClock, { limitMs: 5_000 });
  using _limit = limit;
  const body = ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
  await read(new Response(body), limit);
  return events;
}

const HI: ExecEvent = {
  type: "chunk",
  stream: "stdout",
  bytes: new TextEncoder().encode("hi"),
  cursor: 7,
};

Deno.test("execEvents() tells each line, however the stream is cut up", async () => {
  const text = `${CHUNK}\n\n${EXIT}\n`;
  const exit: ExecEvent = { type: "exit", exit_code: 3, cursor: 8 };
  deepStrictEqual(await eventsOf(text), [HI, exit]);
  deepStrictEqual(await eventsOf(...text), [HI, exit]);
});

Deno.test("execEvents() drops a line that the end of the stream cuts off", async () => {
  deepStrictEqual(await eventsOf(`${CHUNK}\n`, EXIT.slice(0, -1)), [HI]);
});

Deno.test("execEvents() passes over events of types to come", async () => {
  deepStrictEqual(await eventsOf('{"type":"heartbeat"}\n', `${CHUNK}\n`), [HI]);
});

Deno.test("execEvents() is given two minutes from byte to byte", async () => {
  const limits: number[] = [];
  const limit = new RequestLimit(systemClock, { limitMs: 5_000 });
  using _limit = limit;
  const restart = limit.restart.bind(limit);
  limit.restart = (ms) => {
    limits.push(ms);
    restart(ms);
  };
  const read = execEvents({
    onOpen() {},
    onEvent: () => Promise.resolve(),
  });
  await read(new Response(`${CHUNK}\n`), limit);
  deepStrictEqual([...new Set(limits)], [120_000]);
});

Deno.test("parseExecEvent() reads an error with little in it", () => {
  deepStrictEqual(parseExecEvent({ type: "error" }), {
    type: "error",
    code: "",
    message: "",
  });
  strictEqual(parseExecEvent({ type: "progress" }), undefined);
});

for (
  const line of [
    "[]",
    '{"type":7}',
    '{"type":"chunk","stream":"stdin","data_b64":"","cursor":1}',
    '{"type":"chunk","stream":"stdout","data_b64":"","cursor":-1}',
    '{"type":"chunk","stream":"stdout","data_b64":"%","cursor":1}',
    '{"type":"exit"}',
  ]
) {
  Deno.test(`execEvents() does not take ${line}`, async () => {
    await rejects(eventsOf(line + "\n"), AnswerShapeError);
  });
}

Deno.test("execEvents() does not tell of a page, not even that it was opened", async () => {
  const told: string[] = [];
  const read = execEvents({
    onOpen: () => told.push("open"),
    onEvent: (event) => Promise.resolve(void told.push(event.type)),
  });
  const limit = new RequestLimit(systemClock, { limitMs: 5_000 });
  using _limit = limit;
  const headers = { "content-type": "text/html; charset=utf-8" };
  await rejects(read(new Response(EXIT, { headers }), limit), AnswerShapeError);
  deepStrictEqual(told, []);
});
