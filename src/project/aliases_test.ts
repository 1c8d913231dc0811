import {
  deepStrictEqual,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { needing } from "../../tests/helpers/machine.ts";
import { acquireFileLock } from "../file_lock.ts";
import { Patience } from "../patience.ts";
import {
  dropAlias,
  mayTakeName,
  readAliases,
  removeAliasesOf,
  setAlias,
  updateAliases,
  vmOfAlias,
} from "./aliases.ts";

const A = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
const B = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";

/** Runs a test with a path for aliases in a folder that is not there yet. */
async function withPath(
  test: (path: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/.vers/aliases.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function put(path: string, content: string): void {
  Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
  Deno.writeTextFileSync(path, content);
}

Deno.test("readAliases() of no file, or an empty one, is none", async () => {
  await withPath((path) => {
    strictEqual(readAliases(path).size, 0);
    put(path, "\n");
    strictEqual(readAliases(path).size, 0);
  });
});

Deno.test("setAlias() returns what the alias stood for", async () => {
  await withPath(async (path) => {
    strictEqual(await setAlias(path, "web", { vmId: A }), undefined);
    strictEqual(await setAlias(path, "web", { vmId: B }), A);
    deepStrictEqual([...readAliases(path)], [["web", B]]);
    deepStrictEqual(JSON.parse(Deno.readTextFileSync(path)), { web: B });
  });
});

for (const name of ["__proto__", "constructor", "toString", "", "ü 🙂", "0"]) {
  Deno.test(`setAlias() takes ${JSON.stringify(name)} for a name`, async () => {
    await withPath(async (path) => {
      strictEqual(readAliases(path).get(name), undefined);
      await setAlias(path, name, { vmId: A });
      await setAlias(path, "other", { vmId: B });
      strictEqual(readAliases(path).get(name), A);
      strictEqual(readAliases(path).size, 2);
    });
  });
}

Deno.test("setAlias() keeps what it does not know", async () => {
  await withPath(async (path) => {
    put(path, `{"$meta": {"version": 3}, "web": "${A}", "__proto__": 1}`);
    await setAlias(path, "db", { vmId: B });
    const text = Deno.readTextFileSync(path);
    deepStrictEqual(
      new Map(Object.entries(JSON.parse(text))),
      new Map<string, unknown>([
        ["$meta", { version: 3 }],
        ["__proto__", 1],
        ["web", A],
        ["db", B],
      ]),
    );
  });
});

Deno.test("any aliases that were set are read again", async () => {
  await withPath(async (path) => {
    const names = fc.dictionary(fc.string({ unit: "grapheme" }), fc.uuid());
    await fc.assert(
      fc.asyncProperty(names, async (wanted) => {
        await updateAliases(path, (aliases) => {
          aliases.clear();
          for (const [name, id] of Object.entries(wanted)) {
            aliases.set(name, id);
          }
        });
        deepStrictEqual(
          new Map([...readAliases(path)].sort()),
          new Map(Object.entries(wanted).sort()),
        );
      }),
      { numRuns: 30 },
    );
  });
});

Deno.test("updateAliases() from many sides at once loses none", async () => {
  await withPath(async (path) => {
    const names = Array.from({ length: 20 }, (_, i) => `vm-${i}`);
    await Promise.all(names.map((name) => setAlias(path, name, { vmId: A })));
    deepStrictEqual([...readAliases(path).keys()].sort(), names.sort());
  });
});

Deno.test("updateAliases() writes nothing when nothing changed, or it threw", async () => {
  await withPath(async (path) => {
    put(path, `{ "web":   "${A}" }`);
    const before = Deno.readTextFileSync(path);
    await setAlias(path, "web", { vmId: A });
    strictEqual(Deno.readTextFileSync(path), before);
    await rejects(
      updateAliases(path, (aliases) => {
        aliases.clear();
        throw new Error("no");
      }),
      { message: "no" },
    );
    strictEqual(Deno.readTextFileSync(path), before);
  });
});

for (
  const { name, now, before, may } of [
    { name: "nothing has", now: undefined, before: A, may: true },
    { name: "one of its VMs has", now: B, before: A, may: true },
    { name: "the VM has that had it before", now: A, before: A, may: true },
    { name: "another VM has by now", now: A, before: null, may: false },
    { name: "a VM has, before unknown", now: A, before: undefined, may: false },
  ]
) {
  Deno.test(`mayTakeName() of a name that ${name}: ${may}`, () => {
    strictEqual(mayTakeName(now, { vmIds: [B], before }), may);
  });
}

Deno.test("removeAliasesOf() removes every name of the VM", async () => {
  await withPath(async (path) => {
    put(path, JSON.stringify({ a: A, b: B, c: A }));
    deepStrictEqual(await removeAliasesOf(path, A), ["a", "c"]);
    deepStrictEqual([...readAliases(path)], [["b", B]]);
    deepStrictEqual(await removeAliasesOf(path, A), []);
  });
});

for (
  const { content, why } of [
    { content: `{"web": `, why: "it is not JSON" },
    { content: `["web"]`, why: "it is not a JSON object" },
    { content: `null`, why: "it is not a JSON object" },
  ]
) {
  Deno.test(`a file of ${content} is named, and left alone`, async () => {
    await withPath(async (path) => {
      put(path, content);
      const expected = {
        name: "Failure",
        code: "general",
        message: `Cannot read ${JSON.stringify(path)}: ${why}`,
      };
      throws(() => readAliases(path), expected);
      await rejects(setAlias(path, "web", { vmId: A }), expected);
      strictEqual(Deno.readTextFileSync(path), content);
    });
  });
}

/** Defines a test of aliases that somebody else changes. */
function lockedTest(name: string, fn: (path: string) => Promise<void>): void {
  Deno.test(name, () =>
    withPath(async (path) => {
      put(path, "{}");
      {
        const lockPath = path.replace("aliases.json", "aliases.lock");
        using _lock = await acquireFileLock(lockPath, { waitMs: 0 });
        await fn(path);
        strictEqual(readAliases(path).size, 0);
      }
      // What was given up holds up nobody, and has ended when the next one has.
      await setAlias(path, "web", { vmId: A });
    }));
}

lockedTest(
  "setAlias() waits for whoever changes the aliases, until told to stop",
  async (path) => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const { signal } = controller;
    const setting = setAlias(path, "web", { vmId: A, signal });
    controller.abort(reason);
    strictEqual(await setting.catch((error) => error), reason);
  },
);

lockedTest(
  "setAlias() waits for whoever changes the aliases no longer than it may",
  async (path) => {
    const interrupt = new AbortController().signal;
    const clock = new FakeClock({ autoAdvance: false });
    const patience = new Patience({ clock, interrupt, timeoutMs: 0 });
    using _stopping = patience;
    await rejects(setAlias(path, "web", { vmId: A, patience }), {
      name: "Failure",
      retryable: true,
      message: `Cannot change ${JSON.stringify(path)}: ` +
        "another process has it locked",
    });
  },
);

Deno.test({
  ...needing(["posix"], "setAlias() makes a file that others may read"),
  fn: () =>
    withPath(async (path) => {
      await setAlias(path, "web", { vmId: A });
      const mode = Deno.statSync(path).mode ?? 0;
      strictEqual(mode & 0o777 & ~0o644, 0);
    }),
});

Deno.test("vmOfAlias() takes two spellings of the same letters for one", async () => {
  await withPath(async (path) => {
    const [apart, whole] = ["cafe\u0301", "caf\u00e9"];
    put(path, JSON.stringify({ [apart]: A, "a b": B }));
    strictEqual(vmOfAlias(readAliases(path), whole), A);
    strictEqual(vmOfAlias(readAliases(path), "cafe"), undefined);
    strictEqual(await setAlias(path, whole, { vmId: B }), A);
    deepStrictEqual([...readAliases(path)], [["a b", B], [whole, B]]);
    await updateAliases(path, (aliases) => {
      strictEqual(dropAlias(aliases, apart), B);
      strictEqual(dropAlias(aliases, "a b"), B);
      strictEqual(dropAlias(aliases, "a b"), undefined);
    });
    strictEqual(readAliases(path).size, 0);
  });
});

Deno.test("vmOfAlias() prefers the name that is the same letter by letter", async () => {
  await withPath(async (path) => {
    const [apart, whole] = ["cafe\u0301", "caf\u00e9"];
    put(path, JSON.stringify({ [apart]: A, [whole]: B }));
    strictEqual(vmOfAlias(readAliases(path), apart), A);
    strictEqual(vmOfAlias(readAliases(path), whole), B);
    await setAlias(path, whole, { vmId: B });
    deepStrictEqual([...readAliases(path)], [[apart, A], [whole, B]]);
  });
});
