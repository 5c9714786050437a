import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Shipment } from '../../src/contract/transport.ts';
import type { Node } from '../../src/domain/node.ts';
import { type RelayPeer, startPeer } from '../../src/transports/relay-peer.ts';
import { BLOCK_BYTES, relayHold } from '../../src/transports/relay-program.ts';
import { transportConformance } from '../conformance/transports.ts';
import { poll, processesWith } from '../ssh/node-for-tests.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { askServer, noWay, placeAt, type RelayLab, shipmentTo, startRelayLab, way } from './relay-lab.ts';

const canRun = hasTool('sshd');

async function startWorld(kind: 'network' | 'worker') {
  const lab = await startRelayLab(['mac-studio', 'vast-1']);
  const [source, target] = lab.nodes;
  if (source === undefined || target === undefined) throw new Error('the lab has too few nodes');
  const far: Node = { ...target, addresses: [{ host: 'vast-1.example', port: 22 }] };
  return {
    transport: kind === 'network' ? lab.relay({ through: noWay }) : lab.relay(),
    source,
    target: kind === 'network' ? target : far,
    sourceFolder: source.modelsDir ?? '',
    targetFolder: target.modelsDir ?? '',
    ...(kind === 'network'
      ? { cutBy: 'source' as const, breakOffAfter: (bytes: number) => lab.between.cutAfter(bytes) }
      : { cutBy: 'bytes' as const }),
    sendMs: 450,
    close: () => lab.close(),
  };
}

describe.skipIf(!canRun)('relay between real SSH servers', () => {
  transportConformance('relay over a private network', () => startWorld('network'));
  transportConformance('relay joined by the worker', () => startWorld('worker'));
});

describe.skipIf(!canRun)('a tree of nodes', () => {
  let lab: RelayLab;
  let content: Buffer;
  beforeAll(async () => {
    lab = await startRelayLab(['mac-studio', 'vast-1', 'vast-2', 'vast-3']);
  });
  afterAll(() => lab.close());
  beforeEach(() => {
    for (const { modelsDir } of lab.nodes)
      for (const left of readdirSync(modelsDir ?? '')) rmSync(join(modelsDir ?? '', left), { recursive: true });
    content = randomBytes(3 * BLOCK_BYTES + 1_000);
    writeFileSync(join(folder(0), 'm.pth'), content);
  });
  const node = (index: number): Node => {
    const found = lab.nodes[index];
    if (found === undefined) throw new Error(`the lab has no node ${index}`);
    return found;
  };
  const folder = (index: number): string => node(index).modelsDir ?? '';
  const digest = (): string => createHash('sha256').update(content).digest('hex');
  const root = () => ({ node: node(0), ended: Promise.resolve() });
  const has = (one: Shipment): boolean => readFileSync(join(one.targetFolder, one.temporary)).equals(content);
  /** The first node takes from the source, the second from the first. */
  const chain = (over: Partial<Shipment> = {}) => {
    const [first, second] = [placeAt(node(1)), placeAt(node(2))];
    const near = shipmentTo(lab, node(1), content, { ...way([root()], [second]), ...over });
    const far = shipmentTo(lab, node(2), content, { ...way([first, root()]), ...over });
    return { first, second, near, far };
  };
  /** What holds a file and serves it, without the transport around it. */
  const holder = async (over: { seconds?: number; digest?: string; bytes?: number } = {}): Promise<RelayPeer> => {
    const { seconds = 60, bytes = content.length } = over;
    const args = [
      folder(0),
      'm.pth',
      over.digest ?? digest(),
      String(bytes),
      'mac-studio',
      '127.0.0.1',
      String(seconds),
    ];
    const peer = await startPeer({
      sessions: lab.sessions,
      node: node(0),
      script: relayHold,
      args,
      host: '127.0.0.1',
      timeoutMs: 60_000,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    if (!('place' in peer)) throw new Error(peer.detail);
    return peer;
  };
  const nothingLeft = (): Promise<number> =>
    poll(
      () => processesWith(digest()),
      (count) => count === 0,
    );

  it('passes verified blocks on before the whole is there, and the source sends once', async () => {
    const { first, second, near, far } = chain();
    const links = lab.between.links.length;
    const transport = lab.relay();
    // The source goes on only when its first block has come to the second node.
    const release = lab.between.holdAfter(BLOCK_BYTES + 100_000);
    const sending = [
      transport.send(near).finally(() => first.end()),
      transport
        .send({ ...far, onProgress: (bytes) => void (bytes >= BLOCK_BYTES && release()) })
        .finally(() => second.end()),
    ];
    const results = await Promise.all(sending);
    expect(results).toMatchObject([
      { kind: 'arrived', bytesSent: content.length, detail: 'from mac-studio' },
      { kind: 'arrived', bytesSent: content.length, detail: 'from vast-1' },
    ]);
    expect(lab.between.links.slice(links)).toEqual([
      { from: 'mac-studio', to: 'vast-1' },
      { from: 'vast-1', to: 'vast-2' },
    ]);
    expect([near, far].map(has)).toEqual([true, true]);
    expect(await nothingLeft()).toBe(0);
  });

  it('takes from a node that had its file before, once that has hashed it, and from none that has another', async () => {
    writeFileSync(join(folder(1), 'm.pth'), content);
    writeFileSync(join(folder(2), 'm.pth'), randomBytes(content.length));
    const done = (index: number) => ({ node: node(index), ended: Promise.resolve() });
    const one = shipmentTo(lab, node(3), content, way([done(2), done(1), root()]));
    const result = await lab.relay().send(one);
    expect(result).toMatchObject({ kind: 'arrived' });
    expect(result.detail).toMatch(/^from vast-1; vast-2 does not serve it .*another digest/);
    expect(has(one)).toBe(true);
    expect(await nothingLeft()).toBe(0);
  });

  it('names a node that sends other bytes, leaves it, and does not use it again', async () => {
    const { first, second, near, far } = chain();
    lab.between.alterFrom('vast-1', BLOCK_BYTES + 5_000);
    const transport = lab.relay();
    const sending = transport.send(near).finally(() => first.end());
    const result = await transport.send(far);
    second.end();
    expect(await sending).toMatchObject({ kind: 'arrived' });
    expect(result).toMatchObject({ kind: 'arrived' });
    expect(result.detail).toContain('vast-1 sent other bytes than mac-studio has and is not used again');
    expect(has(far)).toBe(true);
    expect(lab.logged).toContainEqual({ node: 'vast-1' });

    writeFileSync(join(folder(1), 'm.pth'), content);
    const links = lab.between.links.length;
    const again = shipmentTo(lab, node(3), content, way([{ node: node(1), ended: Promise.resolve() }, root()]));
    expect(await transport.send(again)).toMatchObject({ kind: 'arrived', detail: 'from mac-studio' });
    expect(lab.between.links.slice(links)).toEqual([{ from: 'mac-studio', to: 'vast-3' }]);
    lab.between.alterFrom('vast-1', undefined);
  });

  it('goes on from another source when one dies half-way', async () => {
    const { first, second, near, far } = chain({ bytesPerSecond: 6_000_000 });
    const transport = lab.relay();
    const sending = transport.send(near).finally(() => first.end());
    let stopped: Promise<void> | undefined;
    const result = await transport.send({
      ...far,
      onProgress: (bytes) => {
        if (bytes > BLOCK_BYTES) stopped ??= lab.fleet.node('vast-1').stop();
      },
    });
    second.end();
    await stopped;
    await lab.fleet.node('vast-1').start();
    expect(await sending).toMatchObject({ kind: 'failed', resumable: true });
    expect(result).toMatchObject({ kind: 'arrived', detail: expect.stringMatching(/^from mac-studio; vast-1: /) });
    // What had come from the first source was kept.
    expect(result.kind === 'arrived' && result.bytesSent).toBeLessThanOrEqual(content.length + BLOCK_BYTES);
    expect(has(far)).toBe(true);
    expect(await nothingLeft()).toBe(0);
  });

  it('is joined by the worker where the link is closed', async () => {
    const { far, first } = chain();
    writeFileSync(join(folder(1), 'm.pth'), content);
    first.end();
    const transport = lab.relay();
    lab.between.cutAfter(0);
    const direct = shipmentTo(lab, node(3), content);
    const result = await transport.send(direct);
    expect(result).toMatchObject({ kind: 'arrived' });
    expect(result.detail).toMatch(/^from mac-studio through the worker; mac-studio: /);
    const apart: Node = { ...node(2), addresses: [{ host: 'vast-2.example', port: 22 }] };
    const joined = await transport.send({ ...far, target: apart });
    expect(joined).toMatchObject({ kind: 'arrived' });
    expect(joined.detail).toMatch(/^from vast-1 through the worker/);
    expect([direct, far].map(has)).toEqual([true, true]);
    lab.between.cutAfter(0);
    const early = shipmentTo(lab, node(3), content, { relay: { from: [first], to: [], ahead: true } });
    expect(await transport.send(early)).toMatchObject({ kind: 'failed', resumable: true });
    // A node that is linked to nobody has no way that may be taken ahead of its turn.
    expect(await transport.send({ ...early, target: apart })).toMatchObject({ kind: 'failed', reason: 'no_route' });
  });

  it('relays nothing from or to a node that is not trusted', async () => {
    const untrusted: Node = { ...node(1), untrusted: true };
    writeFileSync(join(folder(1), 'm.pth'), content);
    const transport = lab.relay();
    const to = shipmentTo(lab, untrusted, content);
    expect(await transport.unusable(to)).toBe('vast-1 is marked untrusted: nothing is relayed from or to it');
    expect(await transport.unusable(shipmentTo(lab, node(2), content, { source: untrusted }))).toContain('vast-1');
    const past = shipmentTo(lab, node(2), content, way([{ node: untrusted, ended: Promise.resolve() }, root()]));
    expect(await transport.send(past)).toMatchObject({ kind: 'arrived', detail: 'from mac-studio' });
  });

  it('a token serves its receiver once, for these bytes, in its time', async () => {
    const server = await holder();
    const place = server.place ?? { host: '', port: 0 };
    const token = randomBytes(32).toString('hex');
    const right = { token, receiver: 'vast-1', digest: digest(), bytes: content.length };
    server.grant('vast-1', token, 60);
    const refused = Buffer.alloc(0);
    expect(await askServer(place, { ...right, receiver: 'vast-2' })).toEqual(refused);
    expect(await askServer(place, { ...right, token: randomBytes(32).toString('hex') })).toEqual(refused);
    expect((await askServer(place, right)).length).toBeGreaterThan(content.length);
    expect(await askServer(place, right)).toEqual(refused);
    for (const wrong of [{ digest: '0'.repeat(64) }, { bytes: content.length - 1 }, { first: content.length + 1 }]) {
      server.grant('vast-1', token, 60);
      expect(await askServer(place, { ...right, ...wrong })).toEqual(refused);
      // A try with the right token has used it.
      expect(await askServer(place, right)).toEqual(refused);
    }
    server.grant('vast-1', token, 0);
    expect(await askServer(place, right)).toEqual(refused);
    await server.end();
    expect(await nothingLeft()).toBe(0);
  });

  it('shows the token to nobody who lists processes', async () => {
    const server = await holder();
    const token = randomBytes(32).toString('hex');
    server.grant('vast-1', token, 60);
    expect(await processesWith(digest())).toBeGreaterThan(0);
    expect(await processesWith(token)).toBe(0);
    await server.end();
  });

  it('a server that is forgotten ends with its time, and with its session', async () => {
    const forgotten = await holder({ seconds: 1 });
    expect(await forgotten.closed).toMatchObject({ detail: expect.stringContaining('its time is over') });
    const cut = await holder();
    await lab.fleet.node('mac-studio').stop();
    await lab.fleet.node('mac-studio').start();
    await cut.closed;
    expect(await nothingLeft()).toBe(0);
  });

  it('serves nothing that it has not found right itself', async () => {
    await expect(holder({ digest: '0'.repeat(64) })).rejects.toThrow('another digest');
    await expect(holder({ bytes: 5 })).rejects.toThrow('another size');
  });

  it.skipIf(process.getuid?.() !== 0)('a full disk is a clear failure', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', folder(3)]);
    try {
      const one = shipmentTo(lab, node(3), content);
      expect(await lab.relay().send(one)).toMatchObject({ kind: 'failed', reason: 'no_space', resumable: false });
    } finally {
      await poll(
        async () => spawnSync('umount', [folder(3)]).status,
        (status) => status === 0,
      );
    }
  });

  it('ends with its children when it is cancelled', async () => {
    const stop = new AbortController();
    const { first, second, near, far } = chain({ bytesPerSecond: 2_000_000, signal: stop.signal });
    const transport = lab.relay();
    const sending = [
      transport
        .send({ ...near, onProgress: (bytes) => void (bytes > 1_000_000 && stop.abort()) })
        .finally(() => first.end()),
      transport.send(far).finally(() => second.end()),
    ];
    for (const result of await Promise.all(sending)) expect(result).toMatchObject({ kind: 'failed', resumable: true });
    expect(await nothingLeft()).toBe(0);
    expect(existsSync(join(folder(2), 'm.pth'))).toBe(false);
  });
});
