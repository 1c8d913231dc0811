/**
 * Returns whether NO_PROXY says that a host is reached without a proxy. The
 * host is as the URL parser wrote it.
 *
 * NO_PROXY is a list with commas, blanks around its entries aside. An entry is
 * - `*`: every host;
 * - an IP address, or a range of them: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`;
 * - a name: that host and all below it; a `.` or `*.` in front is nothing.
 *
 * Entries with a port, and other wildcards, match nothing.
 */
export function isWithoutProxy(host: string, noProxy: string): boolean {
  const address = parseAddress(host);
  return noProxy.split(",").some((text) => {
    const entry = text.trim().toLowerCase();
    if (entry === "") return false;
    if (entry === "*") return true;
    return address === undefined
      ? isBelow(host, entry.replace(/^\*?\./, ""))
      : isInRange(address, entry);
  });
}

function isBelow(host: string, domain: string): boolean {
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

function isInRange(address: readonly number[], entry: string): boolean {
  const [start = "", bits, ...more] = entry.split("/");
  const range = parseAddress(start);
  if (range?.length !== address.length || more.length > 0) return false;
  const length = range.length * 8;
  const count = bits === undefined ? length : /^\d+$/.test(bits) ? +bits : NaN;
  if (!(count <= length)) return false;
  return range.every((byte, index) => {
    const kept = Math.min(Math.max(count - index * 8, 0), 8);
    const mask = 0xff00 >> kept & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** Returns the bytes of an IP address, 4 or 16; `undefined` of what is none. */
function parseAddress(text: string): readonly number[] | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte < 256) ? bytes : undefined;
  }
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (!bare.includes(":")) return undefined;
  // The URL parser knows every way to write one, and writes it in groups.
  const host = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
  if (host === undefined) return undefined;
  const [head = "", tail] = host.split("::");
  const first = groupsOf(head);
  const last = groupsOf(tail ?? "");
  const gap = Array<number>(
    tail === undefined ? 0 : 8 - first.length - last.length,
  );
  return [...first, ...gap.fill(0), ...last]
    .flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}
