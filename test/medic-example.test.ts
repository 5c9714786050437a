import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readMedicYaml } from '../src/config/medic-yaml.ts';
import { DEFAULT_STATE_DIR, loadConfig, printFaults } from '../src/config.ts';

const example = join(import.meta.dirname, '..', 'medic.example.yaml');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-example-'));
  copyFileSync(example, join(folder, 'medic.yaml'));
  chmodSync(join(folder, 'medic.yaml'), 0o600);
  const hosts =
    'hosts:\n  mac-studio: {ssh_host: hub.example.net, role: coordinator}\n  n1: {ssh_host: n1.example.net}\n';
  writeFileSync(join(folder, 'distributed_hosts.yaml'), hosts, { mode: 0o600 });
  writeFileSync(join(folder, 'known_hosts'), '', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('medic.example.yaml', () => {
  it('is accepted as it is', () => {
    const loaded = loadConfig({ env: {}, cwd: folder });
    if (!loaded.ok) throw new Error(printFaults(loaded.faults));
    expect(loaded.config).toMatchObject({ cluster: 'ringrift', coordinator: 'mac-studio', notes: [] });
  });

  it('has every key that there is, with the default where there is one', () => {
    const least = readMedicYaml({ text: 'roles: {}\n', file: 'least.yaml' });
    if (!least.ok) throw new Error(printFaults(least.faults));
    // The file is ours; what it holds is compared below.
    const written = parse(readFileSync(example, 'utf8')) as Record<string, unknown>;
    expect(Object.keys(written).toSorted()).toEqual(Object.keys(least.settings).toSorted());
    for (const section of ['models', 'approvals', 'alerts', 'follow', 'daemon', 'limits'] as const)
      expect(written[section]).toEqual(least.settings[section]);
    for (const section of ['slack', 'roles'] as const) {
      expect(Object.keys(written[section] ?? {}).toSorted()).toEqual(Object.keys(least.settings[section]).toSorted());
    }
    for (const key of ['inventory', 'knownHosts', 'cluster', 'mode', 'localNode', 'maintenance'] as const) {
      expect(written[key]).toEqual(least.settings[key]);
    }
    expect(written['stateDir']).toBe(DEFAULT_STATE_DIR);
  });

  it('names every variable of the environment', () => {
    const text = readFileSync(example, 'utf8');
    const source = readFileSync(join(import.meta.dirname, '..', 'src', 'config', 'environment.ts'), 'utf8');
    const variables = [...source.matchAll(/(?:path|secret|valueOf|checkPort)\((?:env, )?'([A-Z_]+)'/g)].map(
      ([, name = '']) => name,
    );
    expect(variables.length).toBeGreaterThan(9);
    expect(variables.filter((name) => !text.includes(name))).toEqual([]);
  });
});
