import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import {
  MemoryWriter,
  testContext,
} from "../../../tests/helpers/test_context.ts";
import { InterruptedError } from "../../patience.ts";

Deno.test("vers simulate says where it serves, serves, and ends on a signal", async () => {
  const out = new MemoryWriter();
  const { promise: isWritten, resolve } = Promise.withResolvers<void>();
  const stdoutWriter = {
    async write(bytes: Uint8Array) {
      const taken = await out.write(bytes);
      resolve();
      return taken;
    },
  };
  await using context = await testContext({ stdoutWriter });
  const ended = main(["simulate", "--port", "0"], context);
  await isWritten;
  const { url, api_key, ...rest } = JSON.parse(out.text);
  deepStrictEqual(rest, {});

  const headers = { authorization: `Bearer ${api_key}` };
  const list = await fetch(`${url}/api/v1/vms`, { headers });
  deepStrictEqual([list.status, await list.json()], [200, []]);
  const record = await fetch(`${url}/_simulator/requests`);
  const requests = await record.json();
  strictEqual(JSON.stringify(requests).includes("/api/v1/vms"), true);

  context.abort(new InterruptedError("SIGTERM"));
  strictEqual(await ended, 143);
});
