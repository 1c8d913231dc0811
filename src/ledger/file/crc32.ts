const WORD = 4;
const STEP = 4 * WORD;
const TABLES = makeTables();

/**
 * Returns the CRC-32 of some bytes, the one of zlib and gzip (RFC 1952), going
 * on from that of the bytes before them.
 *
 * Sixteen bytes at a time: each line that a look-up passes is checked, by a
 * process that has only just started.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - STEP; at <= end; at += STEP) {
    crc = folded(crc ^ view.getInt32(at, true), 12) ^
      folded(view.getInt32(at + WORD, true), 8) ^
      folded(view.getInt32(at + 2 * WORD, true), 4) ^
      folded(view.getInt32(at + 3 * WORD, true), 0);
  }
  for (; at < bytes.length; at++) {
    crc = inTable(0, crc ^ view.getUint8(at)) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** What four bytes do to the sum, by how many bytes follow them. */
function folded(word: number, behind: number): number {
  return inTable(behind + 3, word) ^ inTable(behind + 2, word >>> 8) ^
    inTable(behind + 1, word >>> 16) ^ inTable(behind, word >>> 24);
}

/** What a byte, the last of a number, does by how many bytes follow it. */
function inTable(behind: number, byte: number): number {
  return TABLES.getInt32((behind << 8 | byte & 0xff) << 2, true);
}

function makeTables(): DataView {
  const tables = new DataView(new ArrayBuffer(STEP * 256 * WORD));
  for (let index = 0; index < STEP * 256; index++) {
    const place = (index - 256) * WORD;
    let value = index;
    if (index >= 256) {
      const before = tables.getInt32(place, true);
      const byte = tables.getInt32((before & 0xff) * WORD, true);
      value = (before >>> 8) ^ byte;
    } else {
      for (let bit = 0; bit < 8; bit++) {
        value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
      }
    }
    tables.setInt32(index * WORD, value, true);
  }
  return tables;
}
