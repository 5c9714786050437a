/** A temporary file to which bytes came ahead of their node's turn, and whether it could be removed; `seen`: bytes of it were known to be there. */
type EarlyFile = { readonly temporary: string; readonly discarded: boolean; readonly seen: boolean };

/** What became of bytes that came ahead of a turn which did not use them; empty: there were none. */
export function earlyWords(files: readonly EarlyFile[]): string {
  const gone = files.some(({ discarded, seen }) => discarded && seen);
  const left = files.filter(({ discarded }) => !discarded);
  const names = left.map(({ temporary }) => temporary).join(', ');
  const [file, are, it] = left.length === 1 ? ['file', 'is', 'it'] : ['files', 'are', 'them'];
  const surely = left.some(({ seen }) => seen) ? are : 'may be';
  return [
    ...(gone ? ['what had come ahead of its turn was discarded'] : []),
    ...(left.length === 0
      ? []
      : [
          `the partial ${file} ${names} ${surely} left in the models folder: the check leftovers finds ${it} later, and fix takes ${it} away`,
        ]),
  ].join('; ');
}
