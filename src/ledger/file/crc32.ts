const TABLES = makeTables();

/**
 * Returns the CRC-32 of some bytes, the one of zlib and gzip (RFC 1952).
 *
 * Eight bytes at a time: each line that a look-up passes is checked, by a
 * process that has only just started.
 */
export function crc32(...parts: readonly Uint8Array[]): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let crc = -1;
  for (const b of parts) {
    let i = 0;
    for (const end = b.length - 8; i <= end; i += 8) {
      crc ^= (b[i] ?? 0) | (b[i + 1] ?? 0) << 8 | (b[i + 2] ?? 0) << 16 |
        (b[i + 3] ?? 0) << 24;
      crc = (t7[crc & 0xff] ?? 0) ^ (t6[(crc >>> 8) & 0xff] ?? 0) ^
        (t5[(crc >>> 16) & 0xff] ?? 0) ^ (t4[crc >>> 24] ?? 0) ^
        (t3[b[i + 4] ?? 0] ?? 0) ^ (t2[b[i + 5] ?? 0] ?? 0) ^
        (t1[b[i + 6] ?? 0] ?? 0) ^ (t0[b[i + 7] ?? 0] ?? 0);
    }
    for (; i < b.length; i++) {
      crc = (t0[(crc ^ (b[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
    }
  }
  return (crc ^ -1) >>> 0;
}

type Tables = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** Returns what a byte does to the sum, by how many bytes follow it. */
function makeTables(): Tables {
  const first = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) {
      value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    }
    first[index] = value;
  }
  const next = (table: Uint32Array) =>
    table.map((value) => (value >>> 8) ^ (first[value & 0xff] ?? 0));
  const second = next(first);
  const third = next(second);
  const fourth = next(third);
  const fifth = next(fourth);
  const sixth = next(fifth);
  const seventh = next(sixth);
  return [
    first,
    second,
    third,
    fourth,
    fifth,
    sixth,
    seventh,
    next(seventh),
  ];
}
