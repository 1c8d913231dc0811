import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Fault } from "../../src/simulator/faults/faults.ts";
import { Sandbox } from "../helpers/sandbox.ts";
import { addVm, vmsOf } from "../helpers/service.ts";
import { startSimulator } from "../helpers/simulator_process.ts";
import { errorOf } from "../helpers/program.ts";

/** What may answer in the service's place, and how that is told. */
const STRANGERS: readonly {
  readonly name: string;
  readonly answer: Omit<Extract<Fault, { type: "answer" }>, "type" | "when">;
  readonly says: string;
}[] = [
  ...[400, 401, 403, 404, 405, 409, 410, 418, 422, 451, 499].map((status) => ({
    name: `a ${status} with a page`,
    answer: {
      status,
      headers: { "content-type": "text/html" },
      text: "<html>Log in</html>",
    },
    says: `(${status}, text/html)`,
  })),
  {
    name: "a redirect",
    answer: { status: 302, headers: { location: "https://portal.test/" } },
    says: "(302, see https://portal.test/)",
  },
  {
    name: "a proxy's own JSON",
    answer: { status: 403, json: { message: "blocked by ACME" } },
    says: "(403, application/json, blocked by ACME)",
  },
];

for (const { name, answer, says } of STRANGERS) {
  Deno.test(`${name} is not the service's word: exit 1, to be tried again`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const vm = await addVm(simulator);
    await simulator.addFault({
      faults: [{ type: "answer", when: "before", ...answer }],
    });
    const commands = [
      ["status"],
      ["status", vm],
      ["get", vm],
      ["delete", "--yes", vm],
      ["pause", vm],
      ["resize", vm, "--size", "9999"],
    ];
    for (const args of commands) {
      const result = await sandbox.run(args);
      strictEqual(result.code, 1, `${args}: ${result.stderr}`);
      if (args[0] === "delete") {
        // One line for each VM: what was deleted is told, too.
        ok(result.stderr.includes(says), result.stderr);
        continue;
      }
      const { code, message, hint, retryable } = errorOf(result);
      deepStrictEqual([code, retryable], ["unreachable", true], `${args}`);
      ok(
        message.endsWith(
          `VERS_URL is answered by something that is not the Vers API ${says}`,
        ),
        message,
      );
      match(hint, /^check VERS_URL/);
    }
    strictEqual((await vmsOf(simulator)).length, 1);
  });
}

Deno.test("login keeps no key that only a portal was asked about", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  await simulator.addFault({
    faults: [{
      type: "answer",
      when: "before",
      status: 200,
      headers: { "content-type": "text/html" },
      text: "<html>Log in</html>",
    }],
  });
  const error = errorOf(await sandbox.run(["login", "--token", "some-key"]));
  deepStrictEqual([error.code, error.exit_code], ["unreachable", 1]);
  match(error.message, /\(200, text\/html\)/);
});

Deno.test("a page under 200 changes nothing, and is not taken for done", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const vm = await addVm(simulator);
  for (const operation of ["state", "disk", "label", "delete"] as const) {
    await simulator.addFault({
      operation,
      faults: [{
        type: "answer",
        when: "before",
        status: 200,
        headers: { "content-type": "text/html" },
        text: "<html>Log in</html>",
      }],
    });
  }
  for (
    const args of [
      ["pause", vm],
      ["resize", vm, "--size", "9999"],
      ["label", "set", vm, "a=b"],
      ["delete", "--yes", vm],
    ]
  ) {
    const { code, stdout, stderr } = await sandbox.run(args);
    strictEqual(code, 1, `${args}: ${stdout}${stderr}`);
    match(stderr, /\(200, text\/html\)/);
  }
  const [{ state, labels } = { state: "", labels: {} }] = await vmsOf(
    simulator,
  );
  deepStrictEqual([state, labels], ["running", {}]);
});
