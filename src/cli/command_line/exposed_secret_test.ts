import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";
import { ROUTES } from "../app.ts";
import { exposedSecrets, withoutSecrets } from "./exposed_secret.ts";
import { parseCommandLine } from "./parse.ts";

const ID = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
const KEY = ID + "0123456789abcdef".repeat(4);

async function warningsOf(...words: string[]): Promise<readonly string[]> {
  await using context = await testContext();
  const request = await parseCommandLine(words, { routes: ROUTES, context });
  return request.type === "command" ? exposedSecrets(request) : [];
}

for (
  const { words, named } of [
    {
      words: ["login", "--token", KEY],
      named: /value of --token .*vers login --token - reads/,
    },
    { words: ["login", `-t${KEY}`], named: /value of --token/ },
    { words: ["login", "--token", "-"] },
    {
      words: ["exec", "-e", "NPM_TOKEN=s3cret", "ls"],
      named: /NPM_TOKEN in --env/,
    },
    {
      words: ["exec", "-e", "api_key=s3cret", "ls"],
      named: /api_key in --env/,
    },
    { words: ["exec", "-e", "NPM_TOKEN=$X", "ls"] },
    { words: ["exec", "-e", "PATH=/bin", "ls"] },
    {
      words: ["deploy", "a/b", "--build", "A=1 DB_PASSWORD='s3cret' make"],
      named: /DB_PASSWORD in --build/,
    },
    { words: ["deploy", "a/b", "--build", 'DB_PASSWORD="$X" make'] },
    { words: ["deploy", "a/b", "--build", "npm run build"] },
  ]
) {
  Deno.test(`exposedSecrets() of ${words.join(" ").replace(KEY, "KEY")} names ${named ?? "none"}`, async () => {
    const warnings = await warningsOf(...words);
    strictEqual(warnings.length, named ? 1 : 0, warnings.join());
    if (named) match(warnings[0] ?? "", named);
    strictEqual(/s3cret|0123456789abcdef/.test(warnings.join()), false);
  });
}

Deno.test("withoutSecrets() leaves a key's id, and takes the user out of a URL", () => {
  strictEqual(withoutSecrets(`a ${KEY} b ${ID}`), `a ${ID}… b ${ID}`);
  strictEqual(
    withoutSecrets("https://me:tok@github.com/a/b@c"),
    "https://…@github.com/a/b@c",
  );
  const hint = "HTTPS_PROXY=http://USER:PASSWORD@proxy.test:8080";
  strictEqual(withoutSecrets(hint), hint);
});

for (
  const words of [
    ["login", KEY],
    [KEY],
    ["status", KEY],
    ["login", "--token", KEY, "--output", KEY],
    ["deploy", `https://x:${KEY}@github.com/a/b`],
    ["jobs", "get", KEY],
  ]
) {
  Deno.test(`a key in a wrong place is not repeated: ${words.join(" ").replaceAll(KEY, "KEY")}`, async () => {
    await using context = await testContext();
    const code = await main(words, context);
    strictEqual(code === 0, false);
    const said = context.out() + context.err();
    deepStrictEqual(said.match(/[0-9a-f]{40}/), null, said);
  });
}
