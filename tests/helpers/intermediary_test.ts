import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Random } from "../chaos/random.ts";
import {
  atRandom,
  doublesCreations,
  FOREIGN_ANSWERS,
  type Intermediary,
  type Mischief,
  pagesGets,
  startIntermediary,
} from "./intermediary.ts";

/** A service that counts, and an intermediary in front of it. */
async function ask(
  mischief: Parameters<typeof startIntermediary>[0]["mischief"],
  ...lines: readonly string[]
): Promise<{ answers: string[]; served: string[]; done: string[] }> {
  const served: string[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      served.push(`${request.method} ${pathname}${search} ${body}`.trim());
      return new Response(`${served.length}`, {
        headers: { "retry-after": "7" },
      });
    },
  );
  const to = `http://127.0.0.1:${server.addr.port}`;
  await using intermediary: Intermediary = startIntermediary({ to, mischief });
  const answers: string[] = [];
  for (const line of lines) {
    const [method = "", path] = line.split(" ");
    const response = await fetch(intermediary.url + path, {
      method,
      body: method === "POST" ? "{}" : null,
      redirect: "manual",
    });
    answers.push(`${response.status} ${await response.text()}`);
  }
  return { answers, served, done: intermediary.done() };
}

const CREATE = "POST /api/v1/vm/new_root";
const BRANCH = "POST /api/v1/vm/5b1c/branch?count=2";
const LIST = "GET /api/v1/vms";

Deno.test("an intermediary passes on what it is told to leave alone", async () => {
  const { answers, served } = await ask(() => ({ type: "pass" }), LIST, BRANCH);
  deepStrictEqual(answers, ["200 1", "200 2"]);
  deepStrictEqual(served, [LIST, `${BRANCH} {}`]);
});

Deno.test("doublesCreations() delivers what makes a VM twice, so often", async () => {
  const mischief = doublesCreations({ times: 2 });
  const exec = "POST /api/v1/vm/5b1c/exec/stream";
  const { answers, served, done } = await ask(
    mischief,
    exec,
    CREATE,
    LIST,
    BRANCH,
    CREATE,
  );
  deepStrictEqual(answers, ["200 1", "200 3", "200 4", "200 6", "200 7"]);
  strictEqual(served.length, 7);
  deepStrictEqual(done.map((line) => line.split(" ").at(-1)), [
    "pass",
    "twice",
    "pass",
    "twice",
    "pass",
  ]);
  const first = doublesCreations({ times: 1, answers: "first" });
  deepStrictEqual((await ask(first, CREATE)).answers, ["200 1"]);
});

Deno.test("pagesGets() answers what only asks, so often", async () => {
  const { answers, served } = await ask(
    pagesGets({ times: 1 }),
    CREATE,
    LIST,
    LIST,
  );
  deepStrictEqual(answers, ["200 1", "404 <html>404</html>", "200 2"]);
  strictEqual(served.length, 2);
});

Deno.test("an answer after the request was passed on hides what came of it", async () => {
  const answer = FOREIGN_ANSWERS.page ?? { status: 404 };
  const after: Mischief = { type: "answer", when: "after", answer };
  const { answers, served } = await ask(() => after, CREATE);
  deepStrictEqual(answers, ["404 <html>404</html>"]);
  deepStrictEqual(served, [`${CREATE} {}`]);
});

Deno.test("atRandom() befalls about its share, in every way", async () => {
  const random = new Random(7);
  const mischief = atRandom({ random: () => random.next(), share: 0.5 });
  const lines = Array.from({ length: 200 }, () => CREATE);
  const { done } = await ask(mischief, ...lines);
  const ways = new Map<string, number>();
  for (const line of done) {
    const way = line.slice(CREATE.length + 1);
    ways.set(way, (ways.get(way) ?? 0) + 1);
  }
  deepStrictEqual(
    [...ways.keys()].sort(),
    [
      ...Object.values(FOREIGN_ANSWERS).map(({ status }) => `${status} before`),
      "pass",
      "twice",
    ].sort(),
  );
  const passed = ways.get("pass") ?? 0;
  ok(passed > 60 && passed < 140, `${passed}`);
});
