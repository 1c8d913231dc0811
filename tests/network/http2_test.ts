import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Sandbox } from "../helpers/sandbox.ts";
import {
  type Http2Service,
  startHttp2Service,
} from "../helpers/http2_service.ts";
import { TLS } from "../helpers/tls.ts";

/** A user of a service over HTTP/2. */
async function sandboxOf(service: Http2Service): Promise<Sandbox> {
  const sandbox = await Sandbox.create();
  sandbox.env.VERS_URL = service.url;
  sandbox.env.VERS_API_KEY = service.simulator.apiKey;
  sandbox.env.DENO_CERT = TLS.certPath;
  return sandbox;
}

Deno.test("a request that is posted over HTTP/2 is sent again by the runtime itself", async () => {
  // What the tests below rest on: the service does what it is there for.
  await using service = await startHttp2Service();
  using client = Deno.createHttpClient({ caCerts: [TLS.cert] });
  await fetch(`${service.url}/api/v1/vm/new_root`, {
    client,
    method: "POST",
    headers: { authorization: `Bearer ${service.simulator.apiKey}` },
    body: JSON.stringify({ vm_config: {} }),
  }).then((response) => response.body?.cancel(), () => {});
  const made = (await service.simulator.vms()).length;
  ok(made > 1, `${made} VMs were made`);
});

for (
  const { name, args, made } of [
    { name: "run", args: ["run", "--wait", "-N", "my-vm"], made: 1 },
    {
      name: "branch",
      args: ["branch", "SOURCE", "--alias", "b", "--wait"],
      made: 1,
    },
    { name: "run-commit", args: ["run-commit", "COMMIT", "--wait"], made: 1 },
    { name: "deploy", args: ["deploy", "acme/shop", "--wait"], made: 1 },
    { name: "exec", args: ["exec", "SOURCE", "echo once"], made: 0 },
  ]
) {
  Deno.test(`${name} asks once of a service that answers HTTP/2 with REFUSED_STREAM`, async () => {
    await using service = await startHttp2Service({ bootMs: 100 });
    await using sandbox = await sandboxOf(service);
    const source = await service.simulator.addVm();
    const commit = await service.simulator.addCommit();
    const words = args.map((word) =>
      word === "SOURCE" ? source : word === "COMMIT" ? commit : word
    );
    const { code, stderr } = await sandbox.run(words);
    strictEqual(code, 0, stderr);
    const vms = await service.simulator.vms();
    strictEqual(vms.length - 1, made);
    const posts = service.requests().filter((line) => line.includes("POST"));
    deepStrictEqual(posts.map((line) => line.slice(0, 3)), ["1.1"]);
  });
}
