import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type PublicKeyAuthContext, type Session } from 'ssh2';
import { type CommandPlace, type NodeCommand, startNodeCommand } from './node-command.ts';

/** A TCP address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a demo node's SSH server needs to know. */
export interface NodeServerOptions extends CommandPlace {
  /** Wanted address to listen on; the port is chosen. */
  readonly host: string;
  readonly hostKey: string;
  /** The one public key that may enter, as an authorized_keys line. */
  readonly clientPublicLine: string;
}

/** A demo node's SSH server. */
export interface NodeServer {
  readonly address: Address;
  /** Open TCP connections. */
  connections(): number;
  /** Ends every connection with its commands and refuses new ones. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
  /** Accepts but never answers, and stops the running commands, as a frozen machine. */
  freeze(): void;
  thaw(): void;
}

// What OpenSSH allows on one connection by default.
const SESSIONS_MAX = 10;

/** Starts an SSH server that lets one key in and runs real commands in the node's home; rejects when it cannot listen. */
export async function startNodeServer(options: NodeServerOptions): Promise<NodeServer> {
  const sockets = new Set<Socket>();
  const commands = new Set<NodeCommand>();
  let waiting: Socket[] = [];
  let frozen = false;
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey] }, (client) => serveClient(client, options, commands));
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (frozen) waiting.push(socket);
    else ssh.injectSocket(socket);
  };
  let server = await listen(accept, options.host, 0);
  const address = addressOf(server);
  return {
    address,
    connections: () => sockets.size,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const command of commands) command.signal('SIGKILL');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async start() {
      if (!server.listening) server = await listen(accept, address.host, address.port);
    },
    freeze() {
      frozen = true;
      for (const command of commands) command.signal('SIGSTOP');
      for (const socket of sockets) {
        socket.pause();
        socket.cork();
      }
    },
    thaw() {
      if (!frozen) return;
      frozen = false;
      for (const command of commands) command.signal('SIGCONT');
      const late = new Set(waiting);
      waiting = [];
      for (const socket of sockets) {
        if (late.has(socket)) ssh.injectSocket(socket);
        else socket.uncork();
        socket.resume();
      }
    },
  };
}

async function listen(accept: (socket: Socket) => void, host: string, port: number): Promise<Server> {
  const server = createServer(accept);
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    // macOS has no loopback address but 127.0.0.1.
    const absent = error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL';
    if (!absent || host === '127.0.0.1') throw error;
    return listen(accept, '127.0.0.1', port);
  }
}

function addressOf(server: Server): Address {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
  return { host: address.address, port: address.port };
}

function serveClient(client: Connection, options: NodeServerOptions, commands: Set<NodeCommand>): void {
  let sessions = 0;
  client.on('error', () => undefined);
  client.on('authentication', (context) => {
    if (mayEnter(context, options)) context.accept();
    else context.reject(['publickey']);
  });
  client.on('session', (accept, reject) => {
    if (sessions >= SESSIONS_MAX) return reject();
    sessions += 1;
    const session = accept();
    session.on('close', () => {
      sessions -= 1;
    });
    return serveSession(session, options, commands);
  });
}

function mayEnter(context: AuthContext, options: NodeServerOptions): boolean {
  return context.method === 'publickey' && context.username === options.user && isKnownKey(context, options);
}

function isKnownKey(context: PublicKeyAuthContext, options: NodeServerOptions): boolean {
  const key = ssh2.utils.parseKey(options.clientPublicLine);
  if (key instanceof Error) throw key;
  const known = key.getPublicSSH();
  if (context.key.data.length !== known.length || !timingSafeEqual(context.key.data, known)) return false;
  // Without a signature the client only asks whether this key would do.
  if (!context.signature) return true;
  return key.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) === true;
}

function serveSession(session: Session, options: NodeServerOptions, commands: Set<NodeCommand>): void {
  let command: NodeCommand | undefined;
  session.on('exec', (accept, _reject, info) => {
    const channel = accept();
    const started = startNodeCommand(info.command, channel, options);
    command = started;
    commands.add(started);
    channel.on('close', () => commands.delete(started));
  });
  session.on('signal', (accept, _reject, info) => {
    // ssh2 gives the name without SIG, as the protocol has it.
    command?.signal(`SIG${info.name.replace(/^SIG/, '')}` as NodeJS.Signals);
    accept?.();
  });
}
