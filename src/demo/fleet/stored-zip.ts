import { crc32 } from 'node:zlib';

/** One uncompressed file in a zip. */
export interface StoredEntry {
  readonly name: string;
  readonly data: Buffer;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const ALIGNMENT_BYTES = 64;
const UTF8_NAMES = 0x0800;

/** The entries of a zip that holds only uncompressed files, in the order of its directory. Throws on any other. */
export function readStoredZip(zip: Buffer): StoredEntry[] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('not a zip');
  const entries: StoredEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    if (zip.readUInt16LE(at + 10) !== 0) throw new Error('a compressed entry');
    const name = zip.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    const size = zip.readUInt32LE(at + 20);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    entries.push({ name, data: zip.subarray(start, start + size) });
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (noteLength ?? 0);
  }
  return entries;
}

/** A zip of uncompressed files, each one's data on a 64-byte boundary as PyTorch lays its checkpoints out. */
export function writeStoredZip(entries: readonly StoredEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const nameBytes = Buffer.from(name);
    const padding = paddingField(offset + 30 + nameBytes.length);
    const shared = sharedHeader(data, nameBytes.length);
    const local = Buffer.concat([uint32(LOCAL), shared, uint16(padding.length), nameBytes, padding, data]);
    // No extra field, comment, disk number or attributes: five numbers of 12 bytes, then where the entry begins.
    directory.push(Buffer.concat([uint32(CENTRAL), uint16(0), shared, Buffer.alloc(12), uint32(offset), nameBytes]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const counts = [uint16(0), uint16(0), uint16(entries.length), uint16(entries.length)];
  return Buffer.concat([...parts, central, uint32(END), ...counts, uint32(central.length), uint32(offset), uint16(0)]);
}

function sharedHeader(data: Buffer, nameLength: number): Buffer {
  // Version, flags, method, time, date: fixed, so that the same content always has the same digest.
  const fixed = Buffer.concat([uint16(20), uint16(UTF8_NAMES), uint16(0), uint16(0), uint16(0x21)]);
  return Buffer.concat([fixed, uint32(crc32(data)), uint32(data.length), uint32(data.length), uint16(nameLength)]);
}

function paddingField(headerEnd: number): Buffer {
  const fill = (ALIGNMENT_BYTES - ((headerEnd + 4) % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
  return Buffer.concat([Buffer.from('FB'), uint16(fill), Buffer.alloc(fill, 'Z')]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
