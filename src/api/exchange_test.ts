import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { Failure } from "../failure.ts";
import { freePort } from "../../tests/helpers/free_port.ts";
import { ApiError, NoAnswerError, NotSentError } from "./api_error.ts";
import { type Exchange, onlyStatus, type RequestTrace } from "./exchange.ts";
import {
  answering,
  API_KEY,
  exchangeWith,
  QUESTION,
} from "./testdata/exchange_with.ts";
import { networkTransport } from "./transport.ts";

Deno.test("send() asks in JSON, with key, name and version", async () => {
  const seen: Request[] = [];
  const exchange = exchangeWith((request) => {
    seen.push(request);
    return Promise.resolve(Response.json({ ok: true }));
  }, { userAgent: "vers/9" });
  await exchange.send({ ...QUESTION, method: "POST", body: { a: 1 } });
  const [request] = seen;
  strictEqual(request?.url, "https://vers.test/api/v1/question");
  strictEqual(request.redirect, "manual");
  deepStrictEqual(Object.fromEntries(request.headers), {
    "accept": "application/json",
    "authorization": `Bearer ${API_KEY}`,
    "content-type": "application/json",
    "user-agent": "vers/9",
    "x-request-id": "request-1",
  });
  deepStrictEqual(await request.json(), { a: 1 });
});

Deno.test("send() returns the value, and the service's time", async () => {
  const headers = { date: "Mon, 05 Jan 2026 10:00:00 GMT" };
  const exchange = answering(`{"a":1}`, { status: 201, headers });
  deepStrictEqual(await exchange.send(QUESTION), {
    value: { a: 1 },
    serverTime: new Date("2026-01-05T10:00:00Z"),
  });
});

Deno.test("send() of a change takes the status for the answer", async () => {
  const exchange = answering("not JSON");
  deepStrictEqual(await exchange.send({ ...QUESTION, read: onlyStatus }), {
    value: undefined,
    serverTime: undefined,
  });
});

for (
  const { name, contentType, body } of [
    { name: "that says so", contentType: "text/html", body: "" },
    {
      name: "that does not say so",
      contentType: "text/plain",
      body: " <html>",
    },
  ]
) {
  Deno.test(`send() of a change does not take a page ${name} for the answer`, async () => {
    const headers = { "content-type": contentType };
    const exchange = answering(body, { headers });
    await rejects(exchange.send({ ...QUESTION, read: onlyStatus }), {
      name: "NoAnswerError",
      message:
        `Cannot ask: the answer cannot be read: it is a page (200, ${contentType})`,
    });
  });
}

for (
  const { name, body, init, fields } of [
    {
      name: "a refusal in JSON",
      body: `{"error":"commit not found","success":false}`,
      init: { status: 404 },
      fields: {
        code: "not_found",
        message: "Cannot ask: the service answered 404 (commit not found)",
        isRefusal: true,
        isTransient: false,
        requestId: "request-1",
      },
    },
    {
      name: "a refusal without words",
      body: null,
      init: { status: 401 },
      fields: {
        code: "authentication",
        message: "Cannot ask: the service answered 401",
      },
    },
    {
      name: "an overloaded service",
      body: "slow down",
      init: {
        status: 429,
        headers: {
          "retry-after": "3",
          "x-request-id": "theirs",
          "date": "Mon, 05 Jan 2026 10:00:00 GMT",
        },
      },
      fields: {
        isFromService: false,
        contentType: "text/plain",
        retryAfterMs: 3_000,
        requestId: "request-1",
        serviceRequestId: "theirs",
        serverTime: new Date("2026-01-05T10:00:00Z"),
        isTransient: true,
      },
    },
    {
      name: "a page from a gateway",
      body: "<html>",
      init: { status: 502 },
      fields: {
        code: "server_error",
        message: "Cannot ask: the service answered 502",
        isRefusal: false,
      },
    },
    {
      name: "a redirection",
      body: null,
      init: { status: 308, headers: { location: "https://eu.vers.test/" } },
      fields: {
        code: "unreachable",
        message:
          "Cannot ask: VERS_URL is answered by something that is not the Vers API (308, see https://eu.vers.test/)",
        isRefusal: true,
      },
    },
    {
      name: "the key, repeated",
      body: `{"error":"no key ${API_KEY}"}`,
      init: { status: 403 },
      fields: { detail: "no key [API key]" },
    },
    {
      name: "the key's secret half, repeated",
      body: `{"error":"no secret ${API_KEY.slice(36)}"}`,
      init: { status: 403 },
      fields: { detail: "no secret [API key]" },
    },
    {
      name: "the key, as where to go",
      body: null,
      init: {
        status: 302,
        headers: { location: `https://login.test/?key=${API_KEY}` },
      },
      fields: { detail: "see https://login.test/?key=[API key]" },
    },
    {
      name: "the key, as the id of the request",
      body: "{}",
      init: { status: 500, headers: { "x-request-id": API_KEY } },
      fields: { serviceRequestId: "[API key]" },
    },
    {
      name: "an endless explanation",
      body: "x".repeat(70_000),
      init: { status: 400 },
      fields: { status: 400, detail: "" },
    },
  ]
) {
  Deno.test(`send() throws an ApiError of ${name}`, async () => {
    const error = await rejectionOf(answering(body, init));
    strictEqual(error instanceof ApiError, true);
    for (const [field, value] of Object.entries(fields)) {
      deepStrictEqual(Reflect.get(Object(error), field), value, field);
    }
  });
}

for (
  const { name, body, message } of [
    { name: "nothing", body: null, message: "it is not JSON" },
    { name: "half of the JSON", body: `{"a":`, message: "it is not JSON" },
    {
      name: "text that looks like a connection's error",
      body: "client error (Connect)",
      message: "it is not JSON",
    },
  ]
) {
  Deno.test(`send() throws a NoAnswerError of ${name}`, async () => {
    const error = await rejectionOf(answering(body));
    strictEqual(error instanceof NoAnswerError, true);
    strictEqual(
      String(error),
      `NoAnswerError: Cannot ask: the answer cannot be read: ${message} (200, ${
        body === null ? "no type" : "text/plain"
      })`,
    );
    strictEqual(Reflect.get(Object(error), "requestId"), "request-1");
  });
}

Deno.test("send() does not read more than 64 MiB", async () => {
  const piece = new Uint8Array(1024 * 1024).fill(0x20);
  let sent = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent++;
      controller.enqueue(piece);
    },
    cancel() {
      isCancelled = true;
    },
  });
  const error = await rejectionOf(answering(body));
  strictEqual(error instanceof NoAnswerError, true);
  match(String(error), /it is over 64 MiB$/);
  strictEqual(isCancelled, true);
  strictEqual(sent < 70, true);
});

Deno.test("send() throws a NotSentError when there is nobody", async () => {
  const port = freePort();
  const transport = networkTransport();
  using _transport = transport;
  const origin = `http://127.0.0.1:${port}`;
  const exchange = exchangeWith(() => Promise.reject(), {
    origin,
    transport,
  });
  for (const once of [false, true]) {
    await rejects(exchange.send({ ...QUESTION, once }), (error: unknown) => {
      if (!(error instanceof NotSentError)) return false;
      strictEqual(error.code, "not_sent");
      strictEqual(
        error.message.startsWith(`Cannot ask: cannot connect to ${origin} (`),
        true,
      );
      strictEqual(error.cause instanceof TypeError, true);
      return true;
    });
  }
});

for (
  const { name, sent } of [
    { name: "before an answer", sent: "" },
    {
      name: "in the middle of one",
      sent: "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{",
    },
  ]
) {
  Deno.test(`send() throws a NoAnswerError of a cut ${name}`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const transport = networkTransport();
    using _transport = transport;
    const exchange = exchangeWith(() => Promise.reject(), {
      origin: `http://127.0.0.1:${listener.addr.port}`,
      transport,
    });
    const answer = exchange.send({ ...QUESTION, method: "POST", once: true });
    answer.catch(() => {});
    {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4_096));
      await connection.write(new TextEncoder().encode(sent));
    }
    await rejects(answer, {
      name: "NoAnswerError",
      message:
        "Cannot ask: the connection broke before the answer was complete",
    });
  });
}

Deno.test("send() passes on that there is no way to send: it is no lost answer", async () => {
  const failure = new Failure("Cannot use the proxy", { code: "usage" });
  const exchange = exchangeWith(() => Promise.reject(failure));
  for (const once of [false, true]) {
    strictEqual(
      await exchange.send({ ...QUESTION, once }).catch((error) => error),
      failure,
    );
  }
});

Deno.test("send() tells what became of each request, without the key", async () => {
  const traces: RequestTrace[] = [];
  const answers = [Response.json({}), new Response("no", { status: 500 })];
  const exchange = exchangeWith(() => {
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new Error("cut"));
  }, { onRequest: (trace) => traces.push(trace) });
  for (let i = 0; i < 3; i++) await exchange.send(QUESTION).catch(() => {});
  const trace = {
    method: "GET",
    path: "/api/v1/question",
    requestId: "request-1",
    elapsedMs: 0,
  };
  deepStrictEqual(traces, [
    { ...trace, status: 200 },
    { ...trace, status: 500 },
    { ...trace, status: undefined },
  ]);
});

Deno.test("Exchange refuses a key that cannot be sent, without repeating it", () => {
  throws(
    () => exchangeWith(() => Promise.reject(), { apiKey: "secret\nkey" }),
    (error: unknown) => {
      match(String(error), /Cannot use the API key/);
      strictEqual(Deno.inspect(error).includes("secret"), false);
      return true;
    },
  );
});

async function rejectionOf(exchange: Exchange): Promise<unknown> {
  return await exchange.send(QUESTION).then(
    () => undefined,
    (error) => error,
  );
}
