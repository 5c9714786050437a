import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadInstallationOptions, loadInstallation } from '../../src/config/installation.ts';
import { printFaults } from '../../src/config.ts';

const HOSTS = 'hosts:\n  hub: {ssh_host: hub.example.net, role: coordinator}\n  n1: {ssh_host: n1.example.net}\n';
const ROLES = 'roles: {operators: [], approvers: [T0TEAM/U0BOB]}\n';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-config-'));
  write('medic.yaml', 'clusters: [./near/medic.yaml, ./eu/medic.yaml]\n');
  for (const [name, watched] of [
    ['near', 'C0NEAR'],
    ['eu', 'C0EU'],
  ] as const) {
    mkdirSync(join(folder, name), { mode: 0o700 });
    write(`${name}/medic.yaml`, `cluster: ${name}\n${ROLES}slack: {watchChannels: [${watched}]}\n`);
    write(`${name}/distributed_hosts.yaml`, HOSTS);
    write(`${name}/known_hosts`, '');
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
}

function load(but: LoadInstallationOptions = {}) {
  return loadInstallation({ env: {}, cwd: folder, ...but });
}

function faults(but: LoadInstallationOptions = {}): string[] {
  const result = load(but);
  return result.ok ? [] : printFaults(result.faults).split('\n').slice(0, -1);
}

describe('an installation', () => {
  it('is one cluster where medic.yaml names no others', () => {
    const loaded = load({ configFile: 'near/medic.yaml' });
    expect(loaded).toMatchObject({
      ok: true,
      clusters: [{ cluster: 'near', stateDir: join(folder, 'near', 'state'), redisDir: join(folder, 'near', 'state') }],
    });
  });

  it('has files, state and keys of its own for each of its clusters, and one Redis', () => {
    const loaded = load();
    if (!loaded.ok) throw new Error(printFaults(loaded.faults));
    const state = join(folder, 'state');
    expect(loaded.clusters).toMatchObject(
      ['near', 'eu'].map((cluster) => ({
        cluster,
        inventoryFile: join(folder, cluster, 'distributed_hosts.yaml'),
        stateDir: join(state, cluster),
        redisDir: state,
      })),
    );
  });

  it('serves the clusters that are named', () => {
    expect(load({ only: ['eu'] })).toMatchObject({ ok: true, clusters: [{ cluster: 'eu' }] });
    expect(faults({ only: ['ue', 'near'] })).toEqual([
      '--cluster: "ue" is no cluster of this installation. Did you mean eu?',
    ]);
  });

  it('tells every fault of every file at once, each with its place', () => {
    write('medic.yaml', 'clusters: [./near/medic.yaml, ./eu/medic.yaml, ./gone.yaml]\nstatDir: ./x\n');
    write('near/medic.yaml', `cluster: near\nmod: act\n${ROLES}`);
    write('eu/distributed_hosts.yaml', 'hosts: 7\n');
    const told = faults({ env: { PORT: 'x', MEDIC_INVENTORY: 'other.yaml' } }).join('\n');
    expect(told).toMatch(/^medic\.yaml:2 statDir: is no key of this file\. Did you mean stateDir\?/m);
    write('medic.yaml', 'clusters: [./near/medic.yaml, ./eu/medic.yaml, ./gone.yaml]\n');
    const all = faults({ env: { PORT: 'x', MEDIC_INVENTORY: 'other.yaml' } }).join('\n');
    expect(all).toMatch(/^MEDIC_INVENTORY: names one file for several clusters/m);
    expect(all.match(/^PORT: /gm)).toHaveLength(1);
    expect(all).toMatch(/^near\/medic\.yaml:2 mod: is no key of this file/m);
    expect(all).toMatch(/^gone\.yaml: does not exist/m);
  });

  it('refuses what two clusters cannot share', () => {
    write('eu/medic.yaml', `cluster: near\n${ROLES}`);
    expect(faults()[0]).toMatch(/^medic\.yaml:1 clusters\[1\]: is called near like .*: give each its own name/);
    write('eu/medic.yaml', `cluster: eu\n${ROLES}slack: {watchChannels: [C0NEAR]}\n`);
    expect(faults()[0]).toMatch(/clusters\[1\]: watches C0NEAR as near does/);
    write('eu/medic.yaml', `cluster: eu\nstateDir: ./own\n${ROLES}`);
    expect(faults()[0]).toMatch(/^eu\/medic\.yaml stateDir: belongs into the installation's file/);
  });

  it.each(['clusters: []\n', 'clusters: eu\n', 'clusters: [7]\n'])('refuses %s', (text) => {
    write('medic.yaml', text);
    expect(faults()[0]).toMatch(/^medic\.yaml:1 clusters/);
  });
});
