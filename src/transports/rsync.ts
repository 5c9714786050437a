import type { ScriptResult, Sessions } from '../contract/sessions.ts';
import type { Shipment, ShipmentResult, Transport } from '../contract/transport.ts';
import type { Node } from '../domain/node.ts';
import { ask, type Failed, failed, partialArgs } from './ask.ts';
import { askPartial } from './partial-file.ts';
import { preparePartial, rsyncFrom, rsyncTools } from './scripts.ts';
import { sshConfigFor } from './ssh-config.ts';

const SEND_MS = 6 * 3_600_000;
const PROBE_MS = 30_000;
const ANSWER_BYTES_MAX = 100_000;

/** What the transport needs besides the sessions: the worker's known host keys and its nodes, for jump hosts. */
export type RsyncOptions = {
  readonly sessions: Sessions;
  /** Text of the known_hosts file as it is now. */
  readonly knownHosts: () => Promise<string> | string;
  readonly nodeByName: (name: string) => Node | undefined;
};

/**
 * Runs rsync on the source towards the target's partial file. On the worker's own machine with the worker's keys; on another source only
 * when that reaches the target with a key of its own. Host keys are pinned to the worker's.
 */
export function createRsyncTransport(options: RsyncOptions): Transport {
  // Found out by `unusable`, used by `send`: which address the source reaches the target at.
  const routes = new WeakMap<Shipment, string>();
  const routeOf = async (shipment: Shipment): Promise<{ readonly config: string } | { readonly unusable: string }> => {
    const known = routes.get(shipment);
    if (known !== undefined) return { config: known };
    const route = await findRoute(options, shipment);
    if ('config' in route) routes.set(shipment, route.config);
    return route;
  };
  return {
    name: 'rsync',
    async unusable(shipment) {
      const lacking = await lackingTool(options.sessions, shipment);
      if (lacking !== undefined) return lacking;
      const route = await routeOf(shipment);
      return 'unusable' in route ? route.unusable : undefined;
    },
    async send(shipment) {
      const route = await routeOf(shipment);
      const result =
        'unusable' in route
          ? failed('no_route', route.unusable, 'final')
          : await sendAlong(options, shipment, route.config);
      // Whatever else a cancelled script said: what arrived can be gone on with.
      return result.kind === 'failed' && shipment.signal.aborted ? failed('cancelled', result.detail) : result;
    },
  };
}

async function lackingTool(sessions: Sessions, { source, target, signal }: Shipment): Promise<string | undefined> {
  for (const [node, tools] of [
    [source, ['rsync', 'ssh']],
    [target, ['rsync']],
  ] as const) {
    const missing = await ask({ sessions, node, name: 'tools', script: rsyncTools, args: tools, signal });
    if (typeof missing !== 'string') return missing.detail;
    if (missing !== '') return `${node.name} has no ${missing}`;
  }
  return undefined;
}

/** Tries the target's addresses in order from the source. */
async function findRoute(
  options: RsyncOptions,
  shipment: Shipment,
): Promise<{ readonly config: string } | { readonly unusable: string }> {
  const { source, target } = shipment;
  const jump = target.proxy === null ? undefined : options.nodeByName(target.proxy);
  let unusable = `${target.name} has no address`;
  for (const address of target.addresses) {
    const route = sshConfigFor(source, target, address, jump);
    if ('unusable' in route) return route;
    const result = await onSource(options, shipment, {
      mode: 'probe',
      config: route.config,
      folder: '',
      timeoutMs: PROBE_MS,
    });
    if (result.kind === 'ended' && result.code === 0) return route;
    const own = source.local ? '' : ' with a key of its own';
    unusable = `${source.name} does not reach ${target.name} by ssh${own}`;
  }
  return { unusable };
}

async function sendAlong(options: RsyncOptions, shipment: Shipment, config: string): Promise<ShipmentResult> {
  const { sessions } = options;
  const { source, target, signal, bytes } = shipment;
  const folder = await ask({
    sessions,
    node: target,
    name: 'prepare-partial',
    script: preparePartial,
    args: partialArgs(shipment),
    signal,
  });
  if (typeof folder !== 'string') return folder;
  if (!folder.startsWith('/') || /\p{Cc}/u.test(folder))
    return failed('parse', `${target.name}: the folder's path cannot be passed on`, 'final');
  let sent = 0;
  const result = await onSource(options, shipment, {
    mode: 'send',
    config,
    folder,
    timeoutMs: SEND_MS,
    onText: (text) => {
      const [, total] = /Total bytes sent: ([\d,]+)/.exec(text) ?? [];
      if (total !== undefined) sent = Number(total.replaceAll(',', ''));
      const steps = [...text.matchAll(/([\d,]+)\s+\d+%/g)];
      const last = steps.at(-1)?.[1];
      if (last !== undefined) shipment.onProgress(Math.min(bytes, Number(last.replaceAll(',', ''))));
    },
  });
  const trouble = troubleOf(result, source);
  if (trouble !== undefined) return (await lacksRoom(sessions, shipment)) ?? trouble;
  const size = await askPartial(sessions, shipment, 'partial-size');
  if (typeof size !== 'string') return size;
  return size === String(bytes)
    ? { kind: 'arrived', bytesSent: sent }
    : failed('short', `${size} of ${bytes} bytes arrived on ${target.name}`);
}

/** A receiver that meets a full disk goes before its words do, so the disk itself is asked. */
async function lacksRoom(sessions: Sessions, shipment: Shipment): Promise<Failed | undefined> {
  const { bytes } = shipment;
  const answer = await askPartial(sessions, shipment, 'partial-room');
  if (typeof answer !== 'string') return undefined;
  const [, size, free] = /^(\d+) (\d+)$/.exec(answer) ?? [];
  if (size === undefined || Number(size) + Number(free) >= bytes) return undefined;
  return failed('no_space', 'no space left on the disk', 'final');
}

function troubleOf(result: ScriptResult, source: Node): Failed | undefined {
  if (result.kind === 'unknown') return failed(result.reason, `${source.name}: ${result.detail}`);
  if (result.code === 0) return undefined;
  const said = new TextDecoder().decode(result.stderr);
  if (/No space left|uota exceeded/.test(said)) return failed('no_space', 'no space left on the disk', 'final');
  if (/unknown option|unrecognized option/.test(said))
    return failed('no_tool', `the rsync of ${source.name} or of the target is too old`, 'final');
  // Of rsync's own words only the last line, and no address that it may name.
  const words =
    said
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/\b\S*[@:]\S*/g, '')
      .trim() ?? '';
  return failed(`rsync ended with ${result.code}`, words, result.code === 10 ? 'final' : 'resumable');
}

type SourceRun = {
  readonly mode: 'probe' | 'send';
  readonly config: string;
  readonly folder: string;
  readonly timeoutMs: number;
  readonly onText?: (text: string) => void;
};

async function onSource(
  { sessions, knownHosts }: RsyncOptions,
  shipment: Shipment,
  run: SourceRun,
): Promise<ScriptResult> {
  const { source, sourceFolder, sourcePath, bytes, bytesPerSecond, temporary, signal } = shipment;
  // rsync counts in KiB; 0 would mean no limit.
  const limit = bytesPerSecond === undefined ? '' : String(Math.max(1, Math.floor(bytesPerSecond / 1_024)));
  const { onText } = run;
  let rest = '';
  return sessions.run(source, {
    name: `rsync-${run.mode}`,
    script: rsyncFrom,
    args: [run.mode, run.config, sourceFolder, sourcePath, String(bytes), run.folder, temporary, limit],
    stdin: new TextEncoder().encode(await knownHosts()),
    timeoutMs: run.timeoutMs,
    outputBytesMax: ANSWER_BYTES_MAX,
    signal,
    ...(onText === undefined
      ? {}
      : {
          onStdout: (chunk: Uint8Array) => {
            const lines = (rest + new TextDecoder().decode(chunk)).split(/[\r\n]/);
            rest = lines.pop() ?? '';
            onText(lines.join('\n'));
          },
        }),
  });
}
