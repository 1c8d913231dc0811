import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ApiError, NoAnswerError, NotSentError } from "./api_error.ts";
import { foreignAnswer, missedLook } from "./server_word.ts";
import { answering, exchangeWith, QUESTION } from "./testdata/exchange_with.ts";

/** Bodies that an error may have, with their content types. */
const BODIES = {
  own: ["application/json", `{"error":"it says no","success":false}`],
  hybrid: ["application/json", `{"vms":[],"error":"parent vm not found"}`],
  bareOwn: [undefined, `{"error":"it says no"}`],
  nothing: [undefined, ""],
  page: ["text/html; charset=utf-8", "<html><h1>Log in</h1></html>"],
  barePage: [undefined, "<!doctype html><h1>Log in</h1>"],
  ownInPage: ["text/html", `{"error":"it says no"}`],
  text: ["text/plain", "no healthy upstream"],
  otherJson: ["application/json", `{"message":"Forbidden"}`],
  objectError: ["application/json", `{"error":{"code":7}}`],
  list: ["application/json", `[{"error":"it says no"}]`],
} as const satisfies Record<string, readonly [string | undefined, string]>;

type Body = keyof typeof BODIES;

const OWN: readonly Body[] = ["own", "hybrid", "bareOwn"];

/**
 * What an answer in the service's own shape means: to a creation, to a look at
 * a list, to a look at a VM.
 */
const OWN_WORDS = {
  300: ["refused", "missed", "missed"],
  301: ["refused", "missed", "missed"],
  302: ["refused", "missed", "missed"],
  303: ["refused", "missed", "missed"],
  304: ["refused", "missed", "missed"],
  307: ["refused", "missed", "missed"],
  308: ["refused", "missed", "missed"],
  400: ["refused", "missed", "missed"],
  401: ["refused", "word", "word"],
  402: ["refused", "missed", "missed"],
  403: ["refused", "word", "word"],
  404: ["refused", "missed", "word"],
  405: ["refused", "missed", "missed"],
  407: ["refused", "missed", "missed"],
  408: ["lost", "missed", "missed"],
  409: ["refused", "missed", "missed"],
  410: ["refused", "missed", "missed"],
  413: ["refused", "missed", "missed"],
  418: ["refused", "missed", "missed"],
  422: ["refused", "missed", "missed"],
  425: ["lost", "missed", "missed"],
  429: ["throttled", "missed", "missed"],
  451: ["refused", "missed", "missed"],
  499: ["refused", "missed", "missed"],
  500: ["lost", "missed", "missed"],
  501: ["refused", "missed", "missed"],
  502: ["lost", "missed", "missed"],
  503: ["lost", "missed", "missed"],
  504: ["lost", "missed", "missed"],
  511: ["lost", "missed", "missed"],
  599: ["lost", "missed", "missed"],
} as const;

/** What they mean that are not in that shape, where that is not "lost". */
const OTHERS_TO_A_CREATION: Readonly<Record<number, string>> = {
  ...Object.fromEntries([300, 301, 302, 303, 304, 307, 308].map((status) => [
    status,
    "refused",
  ])),
  407: "refused",
};

for (const [status, words] of Object.entries(OWN_WORDS)) {
  for (const [name, [contentType, body]] of Object.entries(BODIES)) {
    const isBodiless = status === "304";
    if (isBodiless && name !== "nothing") continue;
    // With nothing in it a 401 is the service's, no other status is.
    const isOwn = OWN.some((own) => own === name) ||
      status === "401" && name === "nothing";
    const expected = isOwn
      ? words
      : [OTHERS_TO_A_CREATION[Number(status)] ?? "lost", "missed", "missed"];
    Deno.test(`a ${status} with the body "${name}" is ${expected.join(", ")}`, async () => {
      const error = await answerOf(Number(status), contentType, body);
      deepStrictEqual([meaningToCreation(error), ...meaningToLooks(error)], [
        ...expected,
      ]);
    });
  }
}

for (
  const { name, status, contentType, body, isWord } of [
    {
      name: "the gateway's text",
      status: 403,
      contentType: undefined,
      body: "403 Forbidden",
      isWord: true,
    },
    {
      name: "the gateway's text, with a newline",
      status: 403,
      contentType: "text/plain",
      body: "403 Forbidden\n",
      isWord: true,
    },
    {
      name: "a page with the gateway's words",
      status: 403,
      contentType: "text/html",
      body: "<center><h1>403 Forbidden</h1></center>",
      isWord: false,
    },
    {
      name: "a text that begins like the gateway's",
      status: 403,
      contentType: "text/plain",
      body: "403 Forbidden by the proxy of ACME",
      isWord: false,
    },
    {
      name: "the gateway's text under another status",
      status: 404,
      contentType: undefined,
      body: "403 Forbidden",
      isWord: false,
    },
    {
      name: "a path that has no UUID",
      status: 400,
      contentType: undefined,
      body: "Invalid URL: Cannot parse `vm` with value `x`: it is not a UUID",
      isWord: true,
    },
    {
      name: "a body that is no JSON",
      status: 400,
      contentType: "text/plain; charset=utf-8",
      body: "Failed to parse the request body as JSON: EOF at line 1",
      isWord: true,
    },
    {
      name: "a query that it does not take",
      status: 400,
      contentType: "text/plain; charset=utf-8",
      body: "Failed to deserialize query string: count: invalid digit",
      isWord: true,
    },
    {
      name: "a body of another shape",
      status: 422,
      contentType: "text/plain; charset=utf-8",
      body: "Failed to deserialize the JSON body into the target type: state",
      isWord: true,
    },
    {
      name: "a text of 422 under 400",
      status: 400,
      contentType: "text/plain",
      body: "Failed to deserialize the JSON body into the target type: state",
      isWord: false,
    },
  ]
) {
  Deno.test(`${name} is ${isWord ? "" : "not "}the service's own word`, async () => {
    const error = await answerOf(status, contentType, body);
    strictEqual(error instanceof ApiError && error.isFromService, isWord);
    strictEqual(
      meaningToCreation(error),
      isWord ? "refused" : "lost",
    );
  });
}

Deno.test("half an error is not the service's own word", async () => {
  const cut = new ReadableStream({
    start: (controller) => controller.error(new TypeError("cut")),
  });
  const error = await errorOf(answering(cut, { status: 409 }));
  strictEqual(error instanceof ApiError && error.status, 409);
  strictEqual(meaningToCreation(error), "lost");
});

for (
  const { name, contentType, body, message } of [
    {
      name: "a page",
      contentType: "text/html",
      body: "<html>",
      message: "the answer cannot be read: it is not JSON (200, text/html)",
    },
    {
      name: "nothing",
      contentType: undefined,
      body: "",
      message: "the answer cannot be read: it is not JSON (200, no type)",
    },
  ]
) {
  Deno.test(`a 200 with ${name} is a missed look, and something else than the service`, async () => {
    const error = await answerOf(200, contentType, body);
    strictEqual(error instanceof NoAnswerError, true);
    strictEqual(
      Reflect.get(Object(error), "message"),
      `Cannot ask: ${message}`,
    );
    deepStrictEqual(meaningToLooks(error), ["missed", "missed"]);
    deepStrictEqual(foreignAnswer(error), { status: 200, contentType });
  });
}

Deno.test("no answer at all, and no connection, are missed looks of nobody", () => {
  for (
    const error of [
      new NoAnswerError("ask", "cut"),
      new NotSentError("ask", "nobody there"),
    ]
  ) {
    deepStrictEqual(meaningToLooks(error), ["missed", "missed"]);
    strictEqual(foreignAnswer(error), undefined);
  }
});

Deno.test("what is no error of a request is no missed look", () => {
  for (const error of [new TypeError("bug"), undefined, "SIGINT"]) {
    deepStrictEqual(meaningToLooks(error), ["word", "word"]);
    strictEqual(foreignAnswer(error), undefined);
  }
});

for (
  const { status, body, isForeign } of [
    { status: 302, body: "page", isForeign: true },
    { status: 403, body: "page", isForeign: true },
    { status: 403, body: "own", isForeign: false },
    { status: 404, body: "nothing", isForeign: true },
    { status: 404, body: "own", isForeign: false },
    { status: 407, body: "page", isForeign: true },
    { status: 429, body: "page", isForeign: false },
    { status: 502, body: "page", isForeign: false },
    { status: 503, body: "nothing", isForeign: false },
  ] satisfies { status: number; body: Body; isForeign: boolean }[]
) {
  Deno.test(`foreignAnswer() of a ${status} with the body "${body}" is ${isForeign ? "what came" : "none"}`, async () => {
    const [contentType, text] = BODIES[body];
    const foreign = foreignAnswer(await answerOf(status, contentType, text));
    strictEqual(foreign?.status, isForeign ? status : undefined);
    strictEqual(
      foreign?.contentType,
      isForeign ? contentType?.replace(/;.*/, "") : undefined,
    );
  });
}

Deno.test("an answer of something else says so, and never exits as the service's would", async () => {
  const error = await answerOf(404, "text/html", "<html>");
  strictEqual(error instanceof ApiError, true);
  const { code, message, advice, retryable } = error as ApiError;
  strictEqual(code, "unreachable");
  strictEqual(retryable, true);
  strictEqual(
    message,
    "Cannot ask: VERS_URL is answered by something that is not the Vers API (404, text/html)",
  );
  strictEqual(advice?.type, "not_the_api");
});

Deno.test("a 407 was not sent, is the proxy's, and may be tried again", async () => {
  const error = await answerOf(407, "text/html", "<html>") as ApiError;
  strictEqual(error.code, "not_sent");
  strictEqual(error.retryable, true);
  strictEqual(
    error.message,
    "Cannot ask: the proxy wants a user name and a password (407)",
  );
});

/** Returns the error that comes of an answer. */
function answerOf(
  status: number,
  contentType: string | undefined,
  body: string,
): Promise<unknown> {
  const headers: Record<string, string> = contentType === undefined
    ? {}
    : { "content-type": contentType };
  // Bytes, not text: text would be given a content type.
  const bytes = body === "" ? null : new TextEncoder().encode(body);
  return errorOf(
    exchangeWith(() =>
      Promise.resolve(new Response(bytes, { status, headers }))
    ),
  );
}

function errorOf(exchange: ReturnType<typeof exchangeWith>): Promise<unknown> {
  return exchange.send(QUESTION).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** What an error means to whoever asked for something to be made. */
function meaningToCreation(error: unknown): string {
  if (!(error instanceof ApiError)) return "lost";
  if (error.isRefusal) return "refused";
  return error.isThrottled ? "throttled" : "lost";
}

function meaningToLooks(error: unknown): string[] {
  return (["list", "vm"] as const).map((about) =>
    missedLook(error, about) === undefined ? "word" : "missed"
  );
}
