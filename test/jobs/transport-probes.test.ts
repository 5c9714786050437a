import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { transportProbes } from '../../jobs/checks/transport-probes.ts';
import { transportProbe } from '../../src/facts/transport-probe.ts';
import { createNodeHere, type NodeHere, pathWithout } from './node-here.ts';

const open: NodeHere[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
  for (const server of servers.splice(0)) server.close();
});

function nodeHere(...args: Parameters<typeof createNodeHere>): NodeHere {
  const here = createNodeHere(...args);
  open.push(here);
  return here;
}

async function serve(code: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.range ?? ''} ${request.headers.authorization ?? 'no token'}`);
    response.writeHead(code).end('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/files/{file}`, asked };
}

describe('the probe of the transports', () => {
  it('writes, times and asks, leaves nothing behind and sends no token', async () => {
    const here = nodeHere();
    const before = here.tree();
    const { url, asked } = await serve(401);
    const { findings, notes } = await transportProbes.run(here.context({ pullFrom: url }));
    expect(findings).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^vast-1: 1 MB was written and taken away again; 1 MB came from there in .+ \(\d+ Mbit\/s\); the HTTP source answers 401 in .+, without its token$/,
      ),
    ]);
    expect(asked).toEqual(['/files/canonical_hex8_2p.pth bytes=0-0 no token']);
    expect(here.tree()).toEqual(before);
  });

  it('tells an HTTP source that cannot be reached, and what works beside it', async () => {
    const here = nodeHere();
    const { url } = await serve(200);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    const { findings } = await transportProbes.run(here.context({ pullFrom: url }));
    expect(findings).toMatchObject([
      {
        code: 'transport_failing',
        subject: 'probe',
        title: expect.stringMatching(
          /^a test of the transports fails: the HTTP source cannot be reached from there: nothing listens there/,
        ),
        evidence: expect.arrayContaining(['refuted: 1 MB was written and taken away again']),
      },
    ]);
    // An address that is in no process list has no place in a channel either.
    expect(JSON.stringify(findings)).not.toContain('127.0.0.1');
  });

  it('tells what stops a write, and takes the part away again', async () => {
    const probe = nodeHere();
    const shell = {
      env: { PATH: pathWithout(probe.folder, [], { head: "#!/bin/sh\necho 'No space left on device' >&2; exit 1\n" }) },
    };
    const here = nodeHere(['hex8_2p'], { shell });
    const before = here.tree();
    const { path, id } = { path: here.models, id: 'any' };
    const answer = await here.context().read(transportProbe(path, id, undefined));
    expect(answer).toEqual({
      written: { trouble: expect.stringContaining('No space left on device') },
      source: undefined,
    });
    expect(here.tree()).toEqual(before);
  });

  it('says that there is no curl to ask with', async () => {
    const probe = nodeHere();
    const here = nodeHere(['hex8_2p'], { shell: { env: { PATH: pathWithout(probe.folder, ['curl']) } } });
    const { findings } = await transportProbes.run(here.context({ pullFrom: 'http://127.0.0.1:9/{file}' }));
    expect(findings).toMatchObject([{ title: expect.stringContaining('no curl there to ask with') }]);
  });
});
