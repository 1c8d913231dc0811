import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { ask } from "../../../tests/helpers/ask_simulator.ts";
import { Simulator } from "../simulator.ts";

Deno.test("GET repositories/{r}/tags/{t} tells the commit of a tag of one's own", async () => {
  const simulator = new Simulator({ clock: new FakeClock() });
  const commitId = await simulator.addCommit({ tags: ["base:latest"] });
  await simulator.addCommit({ organisation: "other", tags: ["theirs:latest"] });
  const answer = await ask(simulator, "GET repositories/base/tags/latest");
  const { commit_id, reference, tag_name } = await answer.json();
  deepStrictEqual(
    [answer.status, commit_id, reference, tag_name],
    [200, commitId, "base:latest", "latest"],
  );
  for (const path of ["base/tags/old", "theirs/tags/latest"]) {
    const missing = await ask(simulator, `GET repositories/${path}`);
    strictEqual(missing.status, 404);
    deepStrictEqual(await missing.json(), {
      error: "tag not found",
      success: false,
    });
  }
});
