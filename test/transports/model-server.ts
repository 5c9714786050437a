import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';

/** What the server wants to be shown. */
export const TOKEN = 'source-token-0123456789';

/** A server of model files as the cluster has one: ranges, 404 for what is not there, and ways to misbehave. */
export async function startModelServer(folder: string) {
  let breakOff: number | undefined;
  let release = (): void => undefined;
  let held: Promise<void> | undefined;
  const state = { refused: 0 };
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      state.refused += 1;
      return void response.writeHead(403).end('who are you?');
    }
    if (request.url?.includes('/moved/') === true) {
      return void response.writeHead(302, { location: `/files/models/${basename(request.url)}` }).end();
    }
    const file = join(folder, basename(decodeURIComponent(request.url ?? '')));
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end('not here');
    const { size } = statSync(file);
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const answer = (): void => send(response, { file, size, from, breakOff });
    breakOff = undefined;
    if (held === undefined) return answer();
    void held.then(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}/files/models/{file}`,
    get refused() {
      return state.refused;
    },
    /** The next answer ends after so many bytes of the file. */
    breakOffAfter: (bytes: number) => void (breakOff = bytes),
    /** Answers wait for `release`. */
    hold: () => {
      held = new Promise((resolve) => (release = resolve));
    },
    release: () => {
      release();
      held = undefined;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(
  response: ServerResponse,
  { file, size, from, breakOff }: { file: string; size: number; from: number; breakOff: number | undefined },
): void {
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${size - 1}/${size}` };
  response.writeHead(from === 0 ? 200 : 206, { 'content-length': size - from, 'accept-ranges': 'bytes', ...range });
  const end = breakOff === undefined ? size - 1 : Math.min(size, from + breakOff) - 1;
  if (end < from) return void response.destroy();
  const stream = createReadStream(file, { start: from, end });
  stream.pipe(response, { end: false });
  // What was written must be on its way before the connection goes.
  stream.once('end', () => (end === size - 1 ? response.end() : response.write('', () => response.destroy())));
}
