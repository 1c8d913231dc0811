/** What a person, an editor or a tool makes of a file of lines. */
export type Damage = (content: Uint8Array) => Uint8Array;

const encode = (text: string) => new TextEncoder().encode(text);

function changed(change: (lines: string[]) => string): Damage {
  return (content) => {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
    return encode(change(text.split("\n").slice(0, -1)));
  };
}

const joined = (lines: readonly string[], end = "\n") =>
  lines.map((line) => line + end).join("");

/** Applies a change to each line that is JSON; the others stay. */
function rewritten(write: (value: unknown) => string): Damage {
  return changed((lines) =>
    joined(lines.map((line) => {
      const json = line.trim().replace(/^\ufeff+/, "");
      return json === "" ? line : write(JSON.parse(json));
    }))
  );
}

/** After these a ledger is the same ledger. */
export const HARMLESS: Readonly<Record<string, Damage>> = {
  "line ends of Windows": changed((lines) => joined(lines, "\r\n")),
  "blanks at line ends": changed((lines) => joined(lines, "  \n")),
  "tabs and blanks at line ends": changed((lines) => joined(lines, "\t \r\n")),
  "blank lines": changed((lines) => "\n \r\n" + joined(lines, "\n\n\t\n")),
  "each line twice": changed((lines) =>
    joined(lines.flatMap((it) => [it, it]))
  ),
  "the whole file twice": changed((lines) => joined([...lines, ...lines])),
  "sorted lines": changed((lines) => joined(lines.toSorted())),
  "lines sorted the other way": changed((lines) =>
    joined(lines.toSorted().reverse())
  ),
  "jq -c": rewritten((value) => JSON.stringify(value)),
  "a byte-order mark": (content) =>
    new Uint8Array([0xef, 0xbb, 0xbf, ...content]),
  "no newline at its end": (content) => content.subarray(0, -1),
};

/** After these its lines cannot be read, and do not look as they were. */
export const RUINOUS: Readonly<Record<string, Damage>> = {
  "jq .": rewritten((value) => JSON.stringify(value, null, 2)),
  "jq -S -c": rewritten((value) => JSON.stringify(sortedKeys(value))),
  "jq -s -c .": changed((lines) =>
    JSON.stringify(lines.map((line) => JSON.parse(line))) + "\n"
  ),
  "Python's json.dumps": rewritten(pythonJson),
  "Python's json.dumps, without a newline at its end": (content) =>
    rewritten(pythonJson)(content).subarray(0, -1),
  "UTF-16 with its mark": (content) =>
    new Uint8Array([0xff, 0xfe, ...utf16(content)]),
  "UTF-16 without a mark": utf16,
  "UTF-16 the other way round": (content) => {
    const bytes = utf16(content);
    return bytes.map((_, at) => bytes[at ^ 1] ?? 0);
  },
  "UTF-32": (content) =>
    new Uint8Array(
      new Uint32Array(
        [...new TextDecoder().decode(content)].map((it) =>
          it.codePointAt(0) ?? 0
        ),
      ).buffer,
    ),
  "line ends of an old Mac": changed((lines) => joined(lines, "\r")),
  "no line ends": changed((lines) => joined(lines, "")),
  "blanks before its lines": changed((lines) =>
    joined(lines.map((line) => `  ${line}`))
  ),
  "random bytes": (content) =>
    content.map((_, at) => (at * 2_654_435_761 >>> 13) & 0xff),
};

function utf16(content: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(content);
  const units = new Uint16Array(
    [...text].flatMap((it) => it.split("").map((unit) => unit.charCodeAt(0))),
  );
  return new Uint8Array(units.buffer);
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([name, inner]) => [name, sortedKeys(inner)]),
  );
}

/** Returns JSON with the separators that Python puts there by itself. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([name, inner]) =>
      `${JSON.stringify(name)}: ${pythonJson(inner)}`
    );
    return `{${fields.join(", ")}}`;
  }
  return JSON.stringify(value);
}
