import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { killedMidPoll, RUN, Sandbox, storyOf } from "../helpers/sandbox.ts";
import { startSimulator } from "../helpers/simulator_process.ts";
import { errorOf } from "../helpers/program.ts";
import { TLS } from "../helpers/tls.ts";

/** What the environment may say of trust that cannot be followed. */
const UNUSABLE: readonly {
  readonly env: Readonly<Record<string, string>>;
  readonly says: RegExp;
  readonly helps: RegExp;
}[] = [
  {
    env: { DENO_CERT: "/no/such/ca.pem" },
    says: /^Cannot use DENO_CERT="\/no\/such\/ca.pem": it was not found$/,
    helps: /DENO_CERT=\/path\/to\/ca\.pem/,
  },
  {
    env: { DENO_CERT: "." },
    says: /^Cannot use DENO_CERT=".": it is a folder, not a regular file$/,
    helps: /DENO_CERT=\/path\/to\/ca\.pem/,
  },
  {
    env: { DENO_CERT: TLS.certPath.replace("cert.pem", "key.pem") },
    says: /^Cannot use DENO_CERT=".*key.pem": it has no certificate in PEM$/,
    helps: /DENO_CERT=\/path\/to\/ca\.pem/,
  },
  {
    env: { DENO_TLS_CA_STORE: "Mozilla" },
    says: /^Cannot use DENO_TLS_CA_STORE: there is no store "Mozilla"$/,
    helps: /DENO_TLS_CA_STORE=system,mozilla/,
  },
  {
    env: { DENO_TLS_CA_STORE: "," },
    says: /^Cannot use DENO_TLS_CA_STORE: it names no store$/,
    helps: /DENO_TLS_CA_STORE=system,mozilla/,
  },
  ...(Deno.build.os === "linux"
    ? [{
      env: { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: "/no/such/file" },
      says: /^Cannot use DENO_TLS_CA_STORE=system: .*No such file/,
      helps: /SSL_CERT_FILE.*DENO_TLS_CA_STORE=mozilla/,
    }]
    : []),
];

for (const { env, says, helps } of UNUSABLE) {
  Deno.test(`${JSON.stringify(env)} is refused before anything is sent or written`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    for (
      const args of [["status"], RUN, ["exec", "true"], ["login", "-t", "k"]]
    ) {
      if (args[0] === "exec") {
        await Deno.mkdir(`${sandbox.project}/.vers`);
        await Deno.writeTextFile(
          `${sandbox.project}/.vers/HEAD`,
          "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e",
        );
      }
      const error = errorOf(await sandbox.run(args, { env }));
      strictEqual(error.code, "usage");
      strictEqual(error.exit_code, args[0] === "exec" ? 125 : 5);
      match(error.message, says);
      match(error.hint, helps);
    }
    deepStrictEqual(await simulator.requests(), []);
    deepStrictEqual(sandbox.ledgerLines(), []);
  });
}

Deno.test("a job in flight stays as it is where there is nobody to be trusted", async () => {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "60000"]);
  await killedMidPoll(sandbox);
  const story = storyOf(sandbox);
  const env = { DENO_CERT: "/no/such/ca.pem" };
  strictEqual(errorOf(await sandbox.run(RUN, { env })).exit_code, 5);
  deepStrictEqual(storyOf(sandbox), story);
});

Deno.test("whom to trust is nothing to the simulator in the program, and empty is unset", async () => {
  await using sandbox = await Sandbox.create();
  const lost = { DENO_CERT: "/no/such/ca.pem", DENO_TLS_CA_STORE: "Mozilla" };
  const local = await sandbox.run(["status", "--local"], { env: lost });
  deepStrictEqual([local.code, local.stdout], [0, "[]\n"], local.stderr);
  await startSimulator(sandbox);
  const env = { DENO_CERT: "", DENO_TLS_CA_STORE: "" };
  const { code, stdout, stderr } = await sandbox.run(["status"], { env });
  deepStrictEqual([code, stdout], [0, "[]\n"], stderr);
  ok(!stderr.includes("DENO_"));
});
