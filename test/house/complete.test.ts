import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { completeLine } from '../../src/house/complete.ts';
import { quiet } from '../support/flow/office.ts';

it('completes from medic.yaml and its inventory, for what this person may run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medic-complete-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const host = (name: string) => `  ${name}: { ssh_host: 192.0.2.1, ssh_user: root, status: ready, role: training }`;
  writeFileSync(join(folder, 'hosts.yaml'), ['hosts:', host('hub'), host('vast-1'), ''].join('\n'), { mode: 0o600 });
  writeFileSync(join(folder, 'known_hosts'), '', { mode: 0o600 });
  const configFile = join(folder, 'medic.yaml');
  const lines = [
    'inventory: hosts.yaml',
    'knownHosts: known_hosts',
    'cluster: here',
    'coordinator: hub',
    'roles: { operators: ["T0TEAM/U0ALICE"], approvers: [] }',
    'models: { configs: [hex8_2p] }',
  ];
  writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  const loaded = loadConfig({ configFile, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const found = (who: string, line: string) =>
    completeLine(line, { configs: [loaded.config], who, logger: quiet }).map(({ word }) => word);
  expect(found('T0TEAM/U0ALICE', 'check hex')).toEqual(['hex8_2p']);
  expect(found('T0TEAM/U0ALICE', 'check on va')).toEqual(['vast-1', 'vast-*']);
  expect(found('T0TEAM/U0ALICE', 'fi')).toEqual(['fix']);
  expect(found('T0TEAM/U0MALLORY', 'fi')).toEqual([]);
});
