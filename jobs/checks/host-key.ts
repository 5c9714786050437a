import type { Check } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { fingerprint } from '../../src/domain/host-key.ts';

/** Is the node the host that known_hosts says? Asked at every address, without logging in. */
export const hostKey: Check = {
  name: 'host-key',
  summary: 'nodes that show another host key than known_hosts has, at any of their addresses',
  byDefault: false,
  needsNoSource: true,
  run: async ({ node, hostKeys }) => {
    if (node.local || hostKeys === undefined) return { findings: [], unknown: [], notes: [] };
    const { answers, recorded } = await hostKeys();
    const shown = answers.flatMap((answer) => (answer.kind === 'shown' ? [answer] : []));
    const [silent] = answers.flatMap((answer) => (answer.kind === 'silent' ? [answer] : []));
    if (shown.length === 0 && silent !== undefined) throw new Fault(silent.reason, silent.detail);
    const strange = shown.find(({ verdict }) => verdict !== 'known');
    if (strange === undefined) return { findings: [], unknown: [], notes: ['the host key is the one in known_hosts'] };
    const { at, key, verdict } = strange;
    const what = `${at} shows the host key ${fingerprint(key)}`;
    if (verdict === 'unknown') throw new Fault('host_key_unknown', `${what}, which is not in known_hosts`);
    if (verdict === 'revoked') throw new Fault('host_key_changed', `${what}, which is revoked in known_hosts`);
    throw new Fault('host_key_changed', `${what}, known_hosts has ${recorded.map(fingerprint).join(', ')}`);
  },
};
