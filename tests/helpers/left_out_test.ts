import { strictEqual } from "node:assert/strict";
import { leftOutOf } from "./left_out.ts";

Deno.test("leftOutOf() lists tests that were left out below their reasons", () => {
  const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="1" errors="0" time="0.093">
    <testsuite name="./a_test.ts" tests="5" disabled="3">
        <testcase name="passes" classname="./a_test.ts" time="0.000">
        </testcase>
        <testcase name="f() of &quot;a &amp;&lt;b&gt;&quot; (skipped: there is no zsh)">
            <skipped/>
        </testcase>
        <testcase name="fails">
            <failure message="no">&lt;skipped/&gt;</failure>
        </testcase>
        <testcase name="g() is (skipped: it needs root)">
            <skipped/>
        </testcase>
        <testcase name="h() of &#39;x&#x27; (skipped: there is no zsh)"><skipped/>
        </testcase>
        <testcase name="i()" ><skipped/></testcase>
    </testsuite>
</testsuites>`;
  strictEqual(
    leftOutOf(report),
    `left out: 4 tests
  there is no zsh:
    f() of "a &<b>"
    h() of 'x'
  it needs root:
    g() is
  it does not say why:
    i()
`,
  );
});

Deno.test("leftOutOf() says so when nothing was left out", () => {
  strictEqual(
    leftOutOf(`<testcase name="a"></testcase>`),
    "left out: nothing\n",
  );
});
