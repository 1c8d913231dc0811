import { match, strictEqual, throws } from "node:assert/strict";
import { Failure } from "../failure.ts";
import { accountOf, readApiKey } from "./credentials.ts";

const ID = "0f0e0d0c-0b0a-4908-8706-050403020100";
const KEY = ID + "a1".repeat(32);

/** Runs a test with a `.versrc` of that content; none when it is undefined. */
async function withVersrc(
  content: string | undefined,
  test: (path: string) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/.versrc`;
    if (content !== undefined) Deno.writeTextFileSync(path, content);
    test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const { name, given, content, key } of [
    { name: "the given one", given: KEY, content: undefined, key: KEY },
    {
      name: "the file's",
      given: undefined,
      content: `{"apiKey":"${KEY}"}`,
      key: KEY,
    },
    {
      name: "the given one first",
      given: "mine",
      content: `{"apiKey":"${KEY}"}`,
      key: "mine",
    },
    {
      name: "the given one, broken file or not",
      given: "mine",
      content: "{",
      key: "mine",
    },
    {
      name: "the given one without space",
      given: ` ${KEY}\r\n`,
      content: undefined,
      key: KEY,
    },
    {
      name: "the given one without the mark that an editor put in front",
      given: `\ufeff${KEY}\n`,
      content: undefined,
      key: KEY,
    },
    {
      name: "the file's without space",
      given: "\n",
      content: `{"apiKey":"${KEY}\\n","email":"a@b"}`,
      key: KEY,
    },
    {
      name: "none, without a file",
      given: undefined,
      content: undefined,
      key: undefined,
    },
    {
      name: "none, of a file without one",
      given: "",
      content: `{"email":"a@b"}`,
      key: undefined,
    },
    {
      name: "none, of a file with a blank one",
      given: "",
      content: `{"apiKey":" "}`,
      key: undefined,
    },
    {
      name: "none, of a file after a logout",
      given: "",
      content: `{"apiKey":null}`,
      key: undefined,
    },
  ]
) {
  Deno.test(`readApiKey() returns ${name}`, async () => {
    await withVersrc(content, (path) => {
      strictEqual(readApiKey({ given, path }), key);
    });
  });
}

for (
  const { name, given, content, why } of [
    {
      name: "a key of two lines",
      given: "secret\nkey",
      content: undefined,
      why: /VERS_API_KEY: its character 7 of 10 is a line break$/,
    },
    {
      name: "a key that is not ASCII",
      given: "secretkéy",
      content: undefined,
      why:
        /VERS_API_KEY: its character 8 of 9 is no letter, digit or mark of ASCII$/,
    },
    {
      name: "a key with a space in the file",
      given: undefined,
      content: `{"apiKey":"secret key"}`,
      why: /"apiKey" in ".*versrc": its character 7 of 10 is a space$/,
    },
    ...[
      {
        name: "a zero-width space in it",
        key: "sec\u200bret",
        odd: /character 4 of 7 is invisible \(U\+200B\)$/,
      },
      {
        name: "a zero-width space behind it",
        key: "secret\u200b",
        odd: /character 7 of 7 is invisible \(U\+200B\)$/,
      },
      {
        name: "a byte-order mark in it",
        key: "sec\ufeffret",
        odd: /is invisible \(U\+FEFF\)$/,
      },
      {
        name: "a space that does not break",
        key: "sec\u00a0ret",
        odd: /is invisible \(U\+00A0\)$/,
      },
      {
        name: "a mark of direction",
        key: "\u202asecret",
        odd: /is invisible \(U\+202A\)$/,
      },
      { name: "a tab", key: "sec\tret", odd: /character 4 of 7 is a tab$/ },
      {
        name: "typographic quotes",
        key: "\u201csecret\u201d",
        odd: /it is in quotes, which are not part of it$/,
      },
      {
        name: "quotes",
        key: '"secret"',
        odd: /it is in quotes, which are not part of it$/,
      },
      {
        name: "single quotes",
        key: "'secret'",
        odd: /it is in quotes, which are not part of it$/,
      },
      {
        name: "a quote in front",
        key: '"secret',
        odd: /it is in quotes, which are not part of it$/,
      },
      {
        name: "a quote and a comma behind",
        key: 'secret",',
        odd: /it is in quotes, which are not part of it$/,
      },
      {
        name: "backticks",
        key: "`secret`",
        odd: /it is in quotes, which are not part of it$/,
      },
      {
        name: "Bearer in front",
        key: "Bearer secret",
        odd: /it begins with "Bearer", which is not part of it$/,
      },
      {
        name: "bearer in front, and quotes",
        key: '"bearer secret"',
        odd: /it is in quotes/,
      },
      {
        name: "a header's name in front",
        key: "Authorization: Bearer secret",
        odd: /it begins with "Authorization:", which is not part of it$/,
      },
      {
        name: "the variable's name in front",
        key: "VERS_API_KEY=secret",
        odd: /it begins with "VERS_API_KEY=", which is not part of it$/,
      },
      {
        name: "a shell's word in front",
        key: "export VERS_API_KEY=secret",
        odd: /it begins with "export", which is not part of it$/,
      },
      {
        name: "a variable's name instead",
        key: "$SECRET_KEY",
        odd: /it is the name of a variable, not its value$/,
      },
      {
        name: "a variable's name in braces instead",
        key: "${{ secrets.SECRET }}",
        odd: /it is the name of a variable, not its value$/,
      },
    ].flatMap(({ name, key, odd }) => [
      {
        name: `${name}, in VERS_API_KEY`,
        given: key,
        content: undefined,
        why: new RegExp(
          `^Cannot use the API key of VERS_API_KEY: .*${odd.source}`,
        ),
      },
      {
        name: `${name}, in the file`,
        given: undefined,
        content: JSON.stringify({ apiKey: key }),
        why: new RegExp(
          `^Cannot use the API key of "apiKey" in ".*": .*${odd.source}`,
        ),
      },
    ]),
    {
      name: "a file that is not JSON",
      given: undefined,
      content: "secret",
      why: /versrc": it is not JSON$/,
    },
    {
      name: "a file that is half written",
      given: undefined,
      content: `{"apiKey":"secret`,
      why: /versrc": it is not JSON$/,
    },
    {
      name: "a file with another value",
      given: undefined,
      content: `["secret"]`,
      why: /versrc": it is not a JSON object$/,
    },
    {
      name: "a key that is no string",
      given: undefined,
      content: `{"apiKey":["secret"]}`,
      why: /its "apiKey" is not a string$/,
    },
  ]
) {
  Deno.test(`readApiKey() refuses ${name}, and does not repeat it`, async () => {
    await withVersrc(content, (path) => {
      throws(() => readApiKey({ given, path }), (error: unknown) => {
        if (!(error instanceof Failure)) return false;
        strictEqual(error.code, "authentication");
        match(error.message, why);
        strictEqual(/sec.?ret/i.test(Deno.inspect(error)), false);
        return true;
      });
    });
  });
}

Deno.test("readApiKey() names a file that it cannot read", async () => {
  const path = await Deno.makeTempDir();
  try {
    throws(
      () => readApiKey({ path }),
      (error: unknown) =>
        error instanceof Failure && error.code === "authentication" &&
        error.message.endsWith(
          `and "${path}" cannot be read: it is a folder, not a regular file`,
        ),
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("accountOf() is the key's id, where it has one", async () => {
  strictEqual(await accountOf(KEY), ID);
});

for (const key of ["key", KEY.slice(1), `${KEY}0`, KEY.replace(/-/g, "_")]) {
  Deno.test(`accountOf() of ${key.length} odd characters is a hash`, async () => {
    const account = await accountOf(key);
    match(account, /^[0-9a-f]{12}$/);
    strictEqual(await accountOf(key), account);
    strictEqual(await accountOf(`${key}x`) === account, false);
  });
}

Deno.test("accountOf() does not change from version to version", async () => {
  strictEqual(await accountOf("key"), "2c70e12b7a06");
});
