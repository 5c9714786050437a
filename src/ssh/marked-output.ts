/** Collects what lies between the start mark and the end mark of one run, out of chunks cut anywhere. */
export type MarkedOutput = {
  /** `over`: more than the cap; `done`: the end mark was seen. */
  push(chunk: Buffer): 'more' | 'over' | 'done';
  /** What came between the marks so far. */
  bytes(): Buffer;
  /** The text between the end mark and the end of its line: the exit code. */
  trailer(): string;
};

/** Bytes before `<mark><` are left over from an earlier run, or from a login shell's greeting, and are dropped. */
export function createMarkedOutput(mark: string, bytesMax: number): MarkedOutput {
  const startMark = Buffer.from(`${mark}<`);
  const endMark = Buffer.from(`${mark}>`);
  const taken: Buffer[] = [];
  let takenBytes = 0;
  let pending: Buffer = Buffer.alloc(0);
  let started = false;
  let ended = false;
  let trailer = '';

  const take = (length: number): void => {
    if (length <= 0) return;
    taken.push(pending.subarray(0, length));
    takenBytes += length;
    pending = pending.subarray(length);
  };

  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      if (!started) {
        const at = pending.indexOf(startMark);
        pending = at < 0 ? pending.subarray(-(startMark.length - 1)) : pending.subarray(at + startMark.length);
        if (at < 0) return 'more';
        started = true;
      }
      const end = pending.indexOf(endMark);
      ended = end >= 0;
      // A mark may be cut in two by the transport: its possible first part stays pending.
      take(end < 0 ? pending.length - endMark.length + 1 : end);
      if (takenBytes > bytesMax) return 'over';
      const lineEnd = end < 0 ? -1 : pending.indexOf(10);
      if (lineEnd < 0) return 'more';
      trailer = pending.toString('latin1', endMark.length, lineEnd);
      return 'done';
    },
    // Where no end mark came, what was kept back for it belongs to the output.
    bytes: () => Buffer.concat(ended || !started ? taken : [...taken, pending]),
    trailer: () => trailer,
  };
}
