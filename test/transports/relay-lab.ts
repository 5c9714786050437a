import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { ScriptRun, Sessions } from '../../src/contract/sessions.ts';
import type { Relay, Shipment, Transport } from '../../src/contract/transport.ts';
import type { Node } from '../../src/domain/node.ts';
import { parseKnownHosts } from '../../src/ssh/known-hosts.ts';
import { createSessions } from '../../src/ssh/sessions.ts';
import { createRelayTransport } from '../../src/transports/relay.ts';
import { relayTake } from '../../src/transports/relay-program.ts';
import { createStreamTransport } from '../../src/transports/stream.ts';
import { nodeForTests } from '../ssh/node-for-tests.ts';
import { type OpenSshFleet, startOpenSshFleet } from '../support/fleet/openssh-fleet.ts';

/** Between two nodes: everything that is pulled goes through it, and it can cut, alter and hold what passes. */
export type Between = {
  /** The next link ends after so many bytes; 0: it is closed from the beginning. */
  cutAfter(bytes: number): void;
  /** The next link passes no more than so many bytes until the answer is called. */
  holdAfter(bytes: number): () => void;
  /** Every link from this node has one byte changed after so many; undefined: no longer. */
  alterFrom(name: string, afterBytes: number | undefined): void;
  readonly links: readonly { readonly from: string; readonly to: string }[];
};

export type RelayLab = {
  readonly fleet: OpenSshFleet;
  readonly nodes: readonly Node[];
  readonly sessions: Sessions;
  readonly between: Between;
  readonly logged: readonly unknown[];
  relay(options?: { through?: Transport; limitOf?: (node: Node) => number | undefined }): Transport;
  close(): Promise<void>;
};

/** Real SSH servers on loopback addresses; what their python3 pulls goes through `between`. */
export async function startRelayLab(names: readonly string[]): Promise<RelayLab> {
  const fleet = await startOpenSshFleet({ nodes: names.map((name) => ({ name, models: false })) });
  const text = readFileSync(fleet.knownHostsPath, 'utf8');
  const hosts = parseKnownHosts(text, fleet.knownHostsPath);
  if (!hosts.ok) throw new Error('known_hosts of the fleet is broken');
  const nodes = fleet.nodes.map((node, index) => {
    mkdirSync(node.modelsDir, { recursive: true });
    return nodeForTests({
      name: node.name,
      addresses: [node.address],
      user: userInfo().username,
      keyFile: fleet.keyPath,
      modelsDir: node.modelsDir,
      coordinator: index === 0,
    });
  });
  const real = createSessions({
    knownHosts: hosts.entries,
    nodeByName: (name) => nodes.find((one) => one.name === name),
  });
  const tap = await startTap();
  const logged: unknown[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields: unknown) => void logged.push(fields),
    error: () => undefined,
  };
  const sessions: Sessions = {
    ...real,
    run: (node, run) => real.run(realOf(nodes, node), tapped(run, node.name, tap)),
  };
  return {
    fleet,
    nodes,
    sessions,
    between: tap.between,
    logged,
    relay: ({ through = createStreamTransport({ sessions }), limitOf = () => undefined } = {}) =>
      createRelayTransport({
        sessions,
        through,
        limitOf,
        rules: { perSource: 2, perProvider: 16 },
        newToken: () => randomBytes(32).toString('hex'),
        logger,
      }),
    async close() {
      await real.close();
      tap.close();
      await fleet.close();
    },
  };
}

/** A way through the worker that is not there. */
export const noWay: Transport = {
  name: 'stream',
  unusable: async () => 'the worker joins nothing here',
  send: async () => ({ kind: 'failed', reason: 'no_route', detail: 'never', resumable: false }),
};

/** A shipment of `content` from the first node to another. */
export function shipmentTo(lab: RelayLab, target: Node, content: Buffer, over: Partial<Shipment> = {}): Shipment {
  const [source] = lab.nodes;
  if (source === undefined) throw new Error('the lab has no source');
  const { dev, ino } = statSync(target.modelsDir ?? '');
  return {
    source,
    sourceFolder: source.modelsDir ?? '',
    target,
    targetFolder: target.modelsDir ?? '',
    targetFolderId: `${dev}:${ino}`,
    file: 'm.pth',
    sourcePath: 'm.pth',
    digest: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
    bytesPerSecond: undefined,
    temporary: `.medic-${randomBytes(16).toString('hex')}`,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...over,
  };
}

/** A place of a tree that ends when it is told to. */
export function placeAt(node: Node): { readonly node: Node; readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { node, ended, end };
}

/** The tree of one node. */
export function way(from: Relay['from'], to: Relay['to'] = []): { relay: Relay } {
  return { relay: { from, to } };
}

/** What a stranger gets from a server: all that it sends, or nothing when it refuses. */
export async function askServer(
  place: { host: string; port: number },
  says: { token: string; receiver: string; digest: string; bytes: number; first?: number },
): Promise<Buffer> {
  const socket = connect(place.port, place.host);
  const parts: Buffer[] = [];
  let spoke = false;
  socket.on('data', (chunk: Buffer) => {
    if (spoke) parts.push(chunk);
    else {
      spoke = true;
      const nonce = chunk.toString().trim();
      const mine = 'b'.repeat(32);
      const words = [says.receiver, says.digest, says.bytes, says.first ?? 0, mine];
      const shown = createHmac('sha256', Buffer.from(says.token, 'hex'))
        .update(['take', nonce, ...words].join('\n'))
        .digest('hex');
      socket.write(`${words.join(' ')} ${shown}\n`);
    }
  });
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(parts);
}

function realOf(nodes: readonly Node[], node: Node): Node {
  return nodes.find(({ name }) => name === node.name) ?? node;
}

type Tap = {
  readonly between: Between;
  /** The address of a way through the tap to a server. */
  through(link: { from: string; to: string; host: string; port: number }): { host: string; port: number };
  close(): void;
};

async function startTap(): Promise<Tap> {
  const servers: Server[] = [];
  const links: { from: string; to: string }[] = [];
  const alters = new Map<string, number>();
  let cut: number | undefined;
  let hold: Hold | undefined;
  // Listening takes a turn; the address is needed at once, so some wait in store.
  const store: { server: Server; port: number }[] = [];
  const more = async (): Promise<void> => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    servers.push(server);
    store.push({ server, port: address.port });
  };
  for (let count = 0; count < 150; count += 1) await more();
  return {
    between: {
      cutAfter(bytes) {
        cut = bytes;
      },
      holdAfter(bytes) {
        let release = (): void => undefined;
        const released = new Promise<void>((resolve) => {
          release = resolve;
        });
        hold = { bytes, released };
        return release;
      },
      alterFrom(name, afterBytes) {
        if (afterBytes === undefined) alters.delete(name);
        else alters.set(name, afterBytes);
      },
      links,
    },
    through({ from, to, host, port }) {
      const next = store.shift();
      if (next === undefined) throw new Error('the tap has no way left');
      const own = { cut, hold, alter: alters.get(from) };
      cut = undefined;
      hold = undefined;
      links.push({ from, to });
      next.server.once('connection', (near) => join(near, connect(port, host), own));
      return { host: '127.0.0.1', port: next.port };
    },
    close() {
      for (const server of servers) server.close();
    },
  };
}

type Hold = { readonly bytes: number; readonly released: Promise<void> };

function join(
  near: Socket,
  far: Socket,
  { cut, alter, hold }: { cut: number | undefined; alter: number | undefined; hold: Hold | undefined },
): void {
  let passed = 0;
  const end = (): void => {
    near.destroy();
    far.destroy();
  };
  for (const socket of [near, far]) socket.on('error', end).on('close', end);
  if (cut === 0) return end();
  near.pipe(far);
  far.on('data', (chunk: Buffer) => {
    const before = passed;
    passed += chunk.length;
    if (alter !== undefined && before <= alter && alter < passed) {
      const at = alter - before;
      chunk[at] = (chunk[at] ?? 0) ^ 1;
    }
    const rest = cut === undefined ? chunk : chunk.subarray(0, Math.max(0, cut - before));
    if (hold !== undefined && before <= hold.bytes && hold.bytes < passed) {
      far.pause();
      void hold.released.then(() => far.resume());
    }
    if (!near.write(rest)) {
      far.pause();
      near.once('drain', () => far.resume());
    }
    if (cut !== undefined && passed >= cut) near.end(() => end());
  });
}

/** Leads what a receiving end pulls through the tap. */
function tapped(run: ScriptRun, to: string, tap: Tap): ScriptRun {
  const { stdin } = run;
  if (run.script !== relayTake || stdin === undefined || stdin instanceof Uint8Array) return run;
  return { ...run, stdin: mapped(stdin, (line) => led(line, to, tap)) };
}

async function* mapped(
  chunks: AsyncIterable<Uint8Array>,
  change: (line: string) => string,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    const lines = new TextDecoder().decode(chunk).split('\n').map(change);
    yield new TextEncoder().encode(lines.join('\n'));
  }
}

function led(line: string, to: string, tap: Tap): string {
  const [word = '', host = '', port = '', from = '', token = ''] = line.split(' ');
  if (word !== 'from') return line;
  const near = tap.through({ from, to, host, port: Number(port) });
  return ['from', near.host, near.port, from, token].join(' ');
}
