import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { errorOf, type ProgramResult } from "../helpers/program.ts";
import { Sandbox } from "../helpers/sandbox.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";

const NOBODY = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";

interface Scene extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
  /** Runs a command line, and returns what it printed as JSON. */
  json(...args: string[]): Promise<unknown>;
  /** Runs a command line, and returns what it printed as text. */
  text(...args: string[]): Promise<string>;
  /** Runs a command line that fails, and returns its error and exit code. */
  fails(...args: string[]): Promise<[code: number, message: string]>;
  addVm(seed?: Record<string, unknown>): Promise<string>;
}

/** A user with a service in which there is nothing yet. */
async function setUp(): Promise<Scene> {
  const sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "0"]);
  const succeed = async (args: string[]): Promise<ProgramResult> => {
    const result = await sandbox.run(args);
    strictEqual(result.code, 0, `${args.join(" ")}: ${result.stderr}`);
    return result;
  };
  return {
    sandbox,
    simulator,
    async json(...args) {
      const { stdout } = await succeed(args);
      match(stdout, /^[^\n]+\n$/);
      return JSON.parse(stdout);
    },
    async text(...args) {
      return (await succeed([...args, "--output", "text"])).stdout;
    },
    async fails(...args) {
      const result = await sandbox.run(args);
      const { message, hint } = errorOf(result);
      match(hint, /\w/);
      return [result.code, message];
    },
    async addVm(seed = {}) {
      const { vmId } = await simulator.control("POST", "vms", seed) as {
        vmId: string;
      };
      return vmId;
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

Deno.test("status lists the VMs, the oldest first, and pages", async () => {
  await using here = await setUp();
  deepStrictEqual(await here.json("status"), []);
  strictEqual(await here.text("ps"), "No VMs found.\n");
  const newest = await here.addVm({ createdAt: "2026-01-03T00:00:00Z" });
  const oldest = await here.addVm({
    createdAt: "2026-01-01T00:00:00Z",
    labels: { b: "2", a: "1" },
    state: "paused",
  });
  const middle = await here.addVm({ createdAt: "2026-01-02T00:00:00Z" });
  const all = await here.json("status") as Record<string, unknown>[];
  deepStrictEqual(all.map(({ vm_id }) => vm_id), [oldest, middle, newest]);
  deepStrictEqual(Object.entries(all[0] ?? {}), [
    ["vm_id", oldest],
    ["state", "paused"],
    ["created_at", "2026-01-01T00:00:00.000Z"],
    ["owner_id", here.simulator.apiKey.slice(0, 36)],
    ["labels", { a: "1", b: "2" }],
  ]);
  const page = await here.json("ps", "--limit", "1", "--offset", "1") as {
    items: { vm_id: string }[];
    next_offset: number;
    truncated: boolean;
  };
  deepStrictEqual(
    [page.items[0]?.vm_id, page.next_offset, page.truncated],
    [middle, 2, true],
  );
  strictEqual(
    await here.text("status", "-q", "--limit", "2"),
    `${oldest}\n${middle}\n`,
  );
  await here.json("checkout", middle);
  await here.json("alias", "set", "old", oldest);
  const lines = (await here.text("status")).split("\n");
  strictEqual(lines[0], `HEAD: ${middle}`);
  match(lines[1] ?? "", /^VM ID +STATE +CREATED +ALIAS$/);
  match(lines[2] ?? "", new RegExp(`^${oldest} +paused +2026-.* old$`));
});

Deno.test("status and get show one VM, by id, by alias and by HEAD", async () => {
  await using here = await setUp();
  const source = await here.addVm();
  const vm = await here.addVm({
    createdAt: "2026-01-01T00:00:00Z",
    grandparentVmId: source,
    labels: { team: "web" },
  });
  await here.json("alias", "set", "my-vm", vm);
  await here.json("checkout", "my-vm");
  const shown = await here.json("status", "my-vm") as Record<string, unknown>;
  deepStrictEqual([shown.vm_id, shown.state], [vm, "running"]);
  strictEqual(await here.text("status", vm, "-q"), `${vm}\n`);
  match(await here.text("status", vm), /^VM ID: +\S+\nState: +running\n/);
  const known = await here.json("get") as Record<string, unknown>;
  deepStrictEqual(Object.keys(known), [
    "vm_id",
    "state",
    "ip",
    "owner_id",
    "created_at",
    "deleted_at",
    "parent_commit_id",
    "grandparent_vm_id",
  ]);
  deepStrictEqual(
    [known.vm_id, known.deleted_at, known.grandparent_vm_id],
    [vm, null, source],
  );
  deepStrictEqual(await here.json("info", "my-vm"), known);
  match(await here.text("get"), new RegExp(`Grandparent VM: +${source}`));
});

Deno.test("every command about one VM says which one is not there, and how it was meant", async () => {
  await using here = await setUp();
  await here.json("alias", "set", "gone", NOBODY);
  for (
    const [command = "", ...more] of [
      ["status"],
      ["get"],
      ["pause"],
      ["commit"],
      ["checkout"],
      ["resize", "--size", "4096"],
      ["label"],
    ]
  ) {
    const [code, message] = await here.fails(command, "gone", ...more);
    strictEqual(code, 3, command);
    strictEqual(
      message,
      `Cannot find VM ${NOBODY} (alias "gone"): the service has none`,
    );
  }
  const [typoCode, typo] = await here.fails("get", "gnoe");
  strictEqual(typoCode, 3);
  match(typo, /neither an id nor an alias/);
  const [headCode, headless] = await here.fails("pause");
  strictEqual(headCode, 3);
  match(headless, /none is named/);
  await Deno.mkdir(`${here.sandbox.project}/.vers`);
  await Deno.writeTextFile(`${here.sandbox.project}/.vers/HEAD`, NOBODY);
  const [, byHead] = await here.fails("pause");
  match(byHead, /\(HEAD of this folder\)/);
});

Deno.test("pause asks for it, and says so", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  deepStrictEqual(await here.json("pause", vm), { vm_id: vm, state: "Paused" });
  strictEqual(
    await here.text("pause", vm),
    `✓ VM '${vm}' paused successfully\nState: Paused\n`,
  );
  strictEqual(await here.text("pause", vm, "-q"), `${vm}\n`);
  const { state } = await here.json("status", vm) as { state: string };
  strictEqual(state, "paused");
});

Deno.test("resize makes a disk larger, never smaller", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  const line = ["resize", vm, "--size", "4096"];
  deepStrictEqual(await here.json(...line), { vm_id: vm, fs_size_mib: 4096 });
  const [code, message] = await here.fails("resize", vm, "--size", "4095");
  strictEqual(code, 5);
  match(message, /fs_size_mib must be larger than 4096/);
  for (const more of [[], ["--size", "0"], ["--size", "4GiB"]]) {
    const [code, message] = await here.fails("resize", vm, ...more);
    strictEqual(code, 5);
    match(message, /--size is/);
  }
  strictEqual(
    await here.text("resize", vm, "--size", "5000"),
    `✓ VM '${vm}' has a disk of 5000 MiB\n`,
  );
});

Deno.test("delete --yes deletes VMs and what stands for them, and goes on after an error", async () => {
  await using here = await setUp();
  const first = await here.addVm();
  const second = await here.addVm();
  await here.json("alias", "set", "one", first);
  await here.json("alias", "set", "uno", first);
  await here.json("checkout", second);
  const result = await here.sandbox.run([
    "delete",
    "-y",
    "nope",
    "one",
    first,
    NOBODY,
    second,
  ]);
  strictEqual(result.code, 3);
  deepStrictEqual(JSON.parse(result.stdout), {
    deleted: [first, second],
    already_gone: [],
    failed: [
      {
        target: "nope",
        code: "not_found",
        message: 'Cannot find "nope": it is neither an id nor an alias',
      },
      {
        target: NOBODY,
        code: "not_found",
        message: `Cannot find VM ${NOBODY}: the service has none`,
      },
    ],
    head_cleared: true,
    aliases_removed: ["one", "uno"],
  });
  strictEqual(result.stderr.match(/^\{"error":/gm)?.length, 2);
  deepStrictEqual(await here.json("status"), []);
  deepStrictEqual(await here.json("alias"), []);
  strictEqual((await here.fails("head"))[0], 3);
});

Deno.test("delete of a VM that is gone counts as done", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  const other = await here.addVm();
  strictEqual(
    await here.text("delete", "--yes", vm),
    `✓ Deleted VM '${vm}'\n`,
  );
  await here.json("checkout", other);
  const again = await here.sandbox.run(["kill", "-y", vm]);
  strictEqual(again.code, 0);
  const { deleted, already_gone, head_cleared } = JSON.parse(again.stdout);
  deepStrictEqual([deleted, already_gone, head_cleared], [[], [vm], false]);
  match(again.stderr, new RegExp(`^note: VM ${vm} was deleted already$`, "m"));
  strictEqual(await here.text("head"), `${other}\n`);
});

Deno.test("delete without --yes and without a terminal deletes nothing", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  await here.json("alias", "set", "my-vm", vm);
  const result = await here.sandbox.run(["delete", "my-vm"], { stdin: "y\n" });
  strictEqual(result.code, 5);
  match(errorOf(result).hint, /vers delete --yes my-vm/);
  strictEqual((await here.json("status") as unknown[]).length, 1);
});

Deno.test("delete of a VM that may not be deleted is an authentication error", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  await here.simulator.addFault({
    operation: "delete",
    faults: [{
      type: "answer",
      when: "before",
      status: 403,
      json: { error: "Forbidden", success: false },
    }],
  });
  const result = await here.sandbox.run(["delete", "-y", vm]);
  strictEqual(result.code, 2);
  strictEqual((await here.json("status") as unknown[]).length, 1);
});

Deno.test("commit keeps a VM, and commit list shows it", async () => {
  await using here = await setUp();
  deepStrictEqual(await here.json("commit", "list"), []);
  strictEqual(await here.text("commit", "list"), "No commits found.\n");
  const vm = await here.addVm();
  await here.json("checkout", vm);
  const made = await here.json(
    "commit",
    "create",
    "--name",
    "first",
    "-d",
    "all tests pass",
  ) as Record<string, string>;
  deepStrictEqual(made, {
    commit_id: made.commit_id,
    vm_id: vm,
    name: "first",
    description: "all tests pass",
    used_head: true,
  });
  match(
    await here.text("commit", vm),
    new RegExp(`^✓ Committed VM '${vm}'\nCommit ID: [0-9a-f-]{36}\n$`),
  );
  const [, older] = await here.json("commit", "list") as Record<
    string,
    unknown
  >[];
  deepStrictEqual(Object.keys(older ?? {}), [
    "commit_id",
    "name",
    "description",
    "created_at",
    "is_public",
    "owner_id",
    "parent_vm_id",
    "grandparent_commit_id",
  ]);
  deepStrictEqual(
    [older?.commit_id, older?.name, older?.description, older?.parent_vm_id],
    [made.commit_id, "first", "all tests pass", vm],
  );
  match(
    await here.text("commit", "list"),
    /^COMMIT ID +NAME +CREATED +VM ID\n/,
  );
});

Deno.test("commit list reads as many of the service's pages as it takes", async () => {
  await using here = await setUp();
  const foreign = await here.simulator.control("POST", "commits", {
    organisation: "other",
    isPublic: true,
  }) as { commitId: string };
  for (let i = 0; i < 130; i++) {
    await here.simulator.control("POST", "commits", { name: `c${i}` });
  }
  const all = await here.json("commit", "list", "--limit", "0") as unknown[];
  strictEqual(all.length, 130);
  const page = await here.json(
    "commit",
    "list",
    "--limit=110",
    "--offset=5",
  ) as Record<string, unknown> & { items: unknown[] };
  deepStrictEqual(
    [page.items.length, page.total, page.next_offset],
    [110, 130, 115],
  );
  strictEqual(
    await here.text("commit", "list", "--public", "-q"),
    `${foreign.commitId}\n`,
  );
});

Deno.test("checkout and head change and print HEAD of the folder", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  const other = await here.addVm({ state: "paused" });
  deepStrictEqual(await here.json("checkout", vm), {
    head: vm,
    previous: null,
    state: "running",
  });
  strictEqual(
    await here.text("checkout", other),
    `HEAD now points to: ${other}\nState: paused\n`,
  );
  const file = `${here.sandbox.project}/.vers/HEAD`;
  strictEqual(await Deno.readTextFile(file), other);
  const bare = await here.sandbox.run(["head"]);
  strictEqual(bare.stdout, `${other}\n`);
  deepStrictEqual(await here.json("head", "--json"), { head: other });
  await here.fails("checkout", NOBODY);
  strictEqual(await Deno.readTextFile(file), other);
});

Deno.test("alias names VMs, prints bare ids, and refuses names that commands need", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  const other = await here.addVm();
  strictEqual(await here.text("alias"), "No aliases.\n");
  deepStrictEqual(await here.json("alias", "set", "b", vm), {
    alias: "b",
    vm_id: vm,
    previous: null,
  });
  await here.json("alias", "set", "a", "b");
  strictEqual(
    await here.text("alias", "set", "b", other),
    `Alias 'b' now stands for VM ${other}\nBefore: ${vm}\n`,
  );
  deepStrictEqual(await here.json("alias", "list"), [
    { alias: "a", vm_id: vm },
    { alias: "b", vm_id: other },
  ]);
  const { items } = await here.json("alias", "list", "--limit", "1") as {
    items: unknown[];
  };
  strictEqual(items.length, 1);
  for (const line of [["alias", "b"], ["alias", "get", "b"]]) {
    strictEqual((await here.sandbox.run(line)).stdout, `${other}\n`);
  }
  deepStrictEqual(await here.json("alias", "b", "--json"), {
    alias: "b",
    vm_id: other,
  });
  for (const name of ["list", "get", "set", "remove", "HEAD", "x=y", vm]) {
    const [code, message] = await here.fails("alias", "set", name, vm);
    strictEqual(code, 5, name);
    match(message, /Cannot set the alias/);
  }
  strictEqual((await here.fails("alias", "get", vm))[0], 3);
  strictEqual((await here.fails("alias", "c"))[0], 3);
  deepStrictEqual(await here.json("alias", "remove", "b"), {
    alias: "b",
    vm_id: other,
  });
  strictEqual((await here.fails("alias", "remove", "b"))[0], 3);
  strictEqual((await here.json("status") as unknown[]).length, 2);
});

Deno.test("label sets labels beside those there are, and shows them by name", async () => {
  await using here = await setUp();
  const vm = await here.addVm({ labels: { team: "web" } });
  await here.json("checkout", vm);
  deepStrictEqual(await here.json("label", "set", vm, "stage=a=b", "b="), {
    vm_id: vm,
    labels: { b: "", stage: "a=b", team: "web" },
  });
  strictEqual(
    await here.text("label", "set", "team=db"),
    "b=\nstage=a=b\nteam=db\n",
  );
  strictEqual(await here.text("label", vm, "-q"), `${vm}\n`);
  strictEqual(await here.text("label", await here.addVm()), "No labels.\n");
  for (
    const [words, why] of [
      [["x=1", "x=2"], /x is given twice/],
      [[vm], /no label is given|is missing/],
      [[vm, "x"], /"x" has no =/],
      [["=1"], /is not name=value/],
      [["vers-job=1"], /reserved for vers/],
    ] as const
  ) {
    const [code, message] = await here.fails("label", "set", ...words);
    strictEqual(code, 5);
    match(message, why);
  }
});

Deno.test("every command with a key that is not taken ends with 2", async () => {
  await using here = await setUp();
  const vm = await here.addVm();
  here.sandbox.env.VERS_API_KEY = NOBODY + "0".repeat(64);
  for (
    const line of [
      ["status"],
      ["status", vm],
      ["get", vm],
      ["pause", vm],
      ["delete", "-y", vm],
      ["commit", vm],
      ["commit", "list"],
      ["checkout", vm],
      ["resize", vm, "--size", "4096"],
      ["label", vm],
      ["label", "set", vm, "a=b"],
      ["whoami"],
    ]
  ) {
    const { code } = await here.sandbox.run(line);
    strictEqual(code, 2, line.join(" "));
  }
});
