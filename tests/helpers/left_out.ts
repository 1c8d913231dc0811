/** How `machine.ts` names a test that is left out. */
const MARK = /^(.*) \(skipped: (.*)\)$/s;

const NO_REASON = "it does not say why";

/**
 * Returns what was left out of a run of tests, and why, for people to read:
 * each reason, and below it the tests.
 *
 * @param report what `deno test --junit-path` wrote.
 */
export function leftOutOf(report: string): string {
  const cases = [...report.matchAll(
    /<testcase name="([^"]*)"[^>]*?(?:\/>|>\s*(<skipped)?)/g,
  )];
  const names = cases.filter(([, , skipped]) => skipped !== undefined)
    .map(([, name = ""]) => unescaped(name));
  const byReason = Map.groupBy(names, (name) => MARK.exec(name)?.[2]);
  if (names.length === 0) return "left out: nothing\n";
  const lines = [
    `left out: ${names.length} test${names.length > 1 ? "s" : ""}`,
  ];
  for (const [reason = NO_REASON, those] of byReason) {
    const plain = those.map((name) => MARK.exec(name)?.[1] ?? name);
    lines.push(`  ${reason}:`, ...plain.map((name) => `    ${name}`));
  }
  return lines.join("\n") + "\n";
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex, decimal, name) =>
      name === undefined
        ? String.fromCodePoint(parseInt(hex ?? decimal, hex ? 16 : 10))
        : ENTITIES[name] ?? whole,
  );
}
