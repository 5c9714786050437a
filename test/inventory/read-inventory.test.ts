import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultNodes, resolveNodeSet } from '../../src/domain/node-set.ts';
import { readInventory } from '../../src/inventory/read-inventory.ts';

const real = readFileSync(join(import.meta.dirname, '../support/data/distributed_hosts.42.yaml'), 'utf8');
const file = 'hosts.yaml';

function read(
  text: string,
  but: { coordinator?: string | null; localNode?: string | null; untrusted?: string | null } = {},
) {
  return readInventory({ text, file, coordinator: null, localNode: null, ...but });
}

function nodesOf(text: string, but: { coordinator?: string | null; localNode?: string | null } = {}) {
  const result = read(text, but);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.inventory.nodes;
}

/** One coordinator and one node `n1` with these lines. */
function withEntry(...lines: string[]): string {
  return [
    'hosts:',
    '  hub:',
    '    ssh_host: hub.example.net',
    '    role: coordinator',
    '  n1:',
    ...lines.map((line) => `    ${line}`),
  ].join('\n');
}

describe('the real inventory of 42 nodes', () => {
  const nodes = nodesOf(real, { coordinator: 'mac-studio', localNode: 'local-mac' });
  const names = (text: string): string[] => {
    const result = resolveNodeSet(text, nodes);
    return result.ok ? result.nodes.map(({ name }) => name) : [result.refusal.code];
  };

  it('has 42 nodes in the order of the file and the digest of its text', () => {
    expect(nodes).toHaveLength(42);
    expect([nodes[0]?.name, nodes[41]?.name]).toEqual(['mac-studio', 'hetzner-cpu3']);
    const result = read(real, { coordinator: 'mac-studio', localNode: 'local-mac' });
    expect(result.ok && result.inventory.digest).toBe(createHash('sha256').update(real).digest('hex'));
  });

  it.each([
    [
      'mac-studio',
      { modelsDir: '/Volumes/RingRift-Data/canonical_models', coordinator: true, noTargetBecause: 'it is the source' },
    ],
    ['mac-studio', { addresses: [{ host: '100.64.0.2', port: 22 }], user: 'operator', provider: 'mac', local: false }],
    [
      'local-mac',
      { local: true, coordinator: false, gpu: null, role: 'coordinator', noTargetBecause: 'skip_sync_receive is set' },
    ],
    ['local-mac', { keyFile: null, modelsDir: '/Users/operator/Development/RingRift/ai-service/models' }],
    [
      'lambda-gh200-1',
      {
        addresses: [
          { host: '100.64.0.4', port: 22 },
          { host: '203.0.113.3', port: 22 },
        ],
        keyFile: '~/.ssh/id_cluster',
      },
    ],
    [
      'vast-29129529',
      { addresses: [{ host: 'ssh6.vast.example.net', port: 19528 }], ephemeral: true, provider: 'vast' },
    ],
    [
      'vast-29118471',
      {
        addresses: [
          { host: '100.64.0.25', port: 22 },
          { host: 'ssh8.vast.example.net', port: 38470 },
        ],
      },
    ],
    [
      'vast-29128352',
      {
        modelsDir: '/workspace/ringrift/ai-service/models',
        active: true,
        note: 'Instance terminated - retired Dec 30 2025',
      },
    ],
    ['vast-29128356', { active: false, status: 'retired', noTargetBecause: 'its status is retired' }],
    [
      'runpod-h100',
      {
        active: false,
        status: 'offline',
        addresses: [
          { host: '100.64.0.36', port: 22 },
          { host: '203.0.113.35', port: 30755 },
        ],
      },
    ],
    ['runpod-a100-storage-1', { keyFile: '~/.ssh/id_ed25519', active: false, ephemeral: false }],
    [
      'vultr-a100-20gb-2',
      {
        addresses: [{ host: '203.0.113.47', port: 22 }],
        gpu: 'A100D-20C (vGPU)',
        modelsDir: '/root/ringrift/ai-service/models',
      },
    ],
    ['nebius-h100-2', { active: false, proxy: null }],
    [
      'aws-proxy',
      { modelsDir: null, gpu: null, user: 'ec2-user', active: true, noTargetBecause: 'it is a proxy only' },
    ],
    ['hetzner-cpu1', { gpu: null, active: true, noTargetBecause: 'sync_routing.excluded_hosts names it' }],
    ['hetzner-cpu3', { gpu: null, noTargetBecause: null, keyFile: '~/.ssh/id_ed25519' }],
  ])('%s is %j', (name, expected) => expect(nodes.find((node) => node.name === name)).toMatchObject(expected));

  it('resolves sets over it', () => {
    expect(names('@all')).toHaveLength(33);
    expect(names('@targets')).toHaveLength(28);
    expect(defaultNodes(nodes).map(({ name }) => name)).toEqual(['mac-studio', ...names('@targets')]);
    expect(names('@role:coordinator')).toEqual(['mac-studio', 'local-mac']);
    expect(names('@provider:vast')).toHaveLength(11);
    expect(names('@provider:runpod')).toEqual(['node_set_empty']);
    expect(names('@gpu&@provider:hetzner')).toEqual(['node_set_empty']);
    expect(names('runpod-h100')).toEqual(['node_inactive']);
    expect(names('lambda-gh200-[1-5]')).toHaveLength(5);
    expect(names('lambda-gh200-6')).toEqual(['node_unknown']);
    expect(nodes.filter(({ ephemeral }) => ephemeral)).toHaveLength(14);
  });

  it('notes where note and status disagree', () => {
    const result = read(real, { coordinator: 'mac-studio', localNode: 'local-mac' });
    const about = result.ok ? result.inventory.notes.map((note) => note.split(':')[0]) : [];
    expect(about).toEqual(['vast-29129529', 'vast-29128352', 'vast-29031159', 'vast-29129151']);
  });

  it('is refused while nobody says which coordinator, and whose localhost', () => {
    const result = read(real);
    expect(result.ok ? [] : result.faults.map(({ place }) => place)).toEqual([
      'hosts.yaml:118 hosts',
      'hosts.yaml:144 hosts.local-mac.ssh_host',
    ]);
  });
});

describe('one entry', () => {
  it.each([
    [
      ['ssh_host: a'],
      {
        user: 'ubuntu',
        modelsDir: '~/ringrift/ai-service/models',
        addresses: [{ host: 'a', port: 22 }],
        gpu: null,
        active: true,
      },
    ],
    [['ssh_host: a', 'tailscale_ip: a', 'ssh_port: 22'], { addresses: [{ host: 'a', port: 22 }] }],
    [['ssh_host: a', 'tailscale_ip: null'], { addresses: [{ host: 'a', port: 22 }] }],
    [['tailscale_ip: 100.64.0.1'], { addresses: [{ host: '100.64.0.1', port: 22 }] }],
    [['ssh_host: a', 'venv_activate: source ~/ringrift/venv/bin/activate'], { venv: '~/ringrift/venv' }],
    [['ssh_host: a', 'venv_activate: ". /opt/v/bin/activate"'], { venv: '/opt/v' }],
    // What is no plain activation names no environment, whatever it would do in a shell.
    [['ssh_host: a', "venv_activate: ':'"], { venv: null }],
    [['ssh_host: a', 'venv_activate: cd /x && source venv/bin/activate'], { venv: null }],
    [['ssh_host: a', 'venv_activate: source $(id)/bin/activate'], { venv: null }],
    [['ssh_host: a', 'venv_activate: 7'], { venv: null }],
    [['ssh_host: a', 'ringrift_path: /data/'], { modelsDir: '/data/models' }],
    [
      ['ssh_host: a', 'ringrift_path: null'],
      { modelsDir: null, noTargetBecause: 'it has no folder for models (ringrift_path is null)' },
    ],
    [['ssh_host: a', 'use_external_storage: yes', 'storage_paths: {models: /big/m}'], { modelsDir: '/big/m' }],
    [
      ['ssh_host: a', 'use_external_storage: false', 'storage_paths: {models: /big/m}'],
      { modelsDir: '~/ringrift/ai-service/models' },
    ],
    [['ssh_host: a', 'use_external_storage: true'], { modelsDir: '~/ringrift/ai-service/models' }],
    [['ssh_host: a', 'gpu: None'], { gpu: null }],
    [['ssh_host: a', 'gpu: 4090'], { gpu: '4090' }],
    [['ssh_host: a', 'status: Terminated'], { active: false }],
    [['ssh_host: a', 'status: setup'], { active: false }],
    [['ssh_host: a', 'status: archived'], { active: false }],
    [['ssh_host: a', 'status: proxy_only'], { active: true, noTargetBecause: 'it is a proxy only' }],
    [['ssh_host: a', 'skip_sync_receive: true'], { noTargetBecause: 'skip_sync_receive is set' }],
    [['ssh_host: a', 'ssh_proxy: hub'], { proxy: 'hub' }],
    [['ssh_host: a', 'note: 2025-12-30'], { note: '2025-12-30' }],
    [['ssh_host: a', 'note: "two\\nlines\\u202e"'], { note: 'two lines' }],
    [['ssh_host: 127.0.0.1', 'ssh_port: 2201'], { local: false, addresses: [{ host: '127.0.0.1', port: 2201 }] }],
    [['ssh_host: 127.0.0.7'], { addresses: [{ host: '127.0.0.7', port: 22 }] }],
    [['ssh_host: a', 'brand_new_key: {x: [1]}'], { name: 'n1' }],
  ])('%j', (lines, expected) => expect(nodesOf(withEntry(...lines))[1]).toMatchObject(expected));

  it.each([
    [['ssh_user: root'], 'hosts.yaml:5 hosts.n1.ssh_host', 'is missing'],
    [['ssh_host: "-oProxyCommand=x"'], 'hosts.yaml:6 hosts.n1.ssh_host', 'must be a host name'],
    [['ssh_host: "a b"'], 'hosts.yaml:6 hosts.n1.ssh_host', 'must be a host name'],
    [['ssh_host: 5'], 'hosts.yaml:6 hosts.n1.ssh_host', 'must be a host name'],
    [['ssh_host: a', 'ssh_port: "22"'], 'hosts.yaml:7 hosts.n1.ssh_port', 'must be a port'],
    [['ssh_host: a', 'ssh_port: 0'], 'hosts.yaml:7 hosts.n1.ssh_port', 'must be a port'],
    [['ssh_host: a', 'ssh_port: 70000'], 'hosts.yaml:7 hosts.n1.ssh_port', 'must be a port'],
    [['ssh_host: a', 'ssh_user: "-l root"'], 'hosts.yaml:7 hosts.n1.ssh_user', 'must be a user name'],
    [['ssh_host: a', 'ssh_key: id_rsa'], 'hosts.yaml:7 hosts.n1.ssh_key', 'must be an absolute path'],
    [['ssh_host: a', 'ringrift_path: ~/a/../b'], 'hosts.yaml:7 hosts.n1.ringrift_path', 'must be an absolute path'],
    [['ssh_host: a', 'ringrift_path: relative'], 'hosts.yaml:7 hosts.n1.ringrift_path', 'must be an absolute path'],
    [['ssh_host: a', 'ringrift_path: "/a\\nb"'], 'hosts.yaml:7 hosts.n1.ringrift_path', 'control characters'],
    [
      ['ssh_host: a', 'storage_paths: {models: ../m}'],
      'hosts.yaml:7 hosts.n1.storage_paths.models',
      'must be an absolute path',
    ],
    [['ssh_host: a', 'storage_paths: 7'], 'hosts.yaml:7 hosts.n1.storage_paths', 'must be a map of paths'],
    [['ssh_host: a', 'is_ephemeral: maybe'], 'hosts.yaml:7 hosts.n1.is_ephemeral', 'must be true or false'],
    [['ssh_host: a', 'ssh_proxy: hbu'], 'hosts.yaml:7 hosts.n1.ssh_proxy', 'Did you mean hub?'],
    [['ssh_host: a', 'ssh_proxy: n1'], 'hosts.yaml:7 hosts.n1.ssh_proxy', 'leads back'],
    [['ssh_host: localhost'], 'hosts.yaml:6 hosts.n1.ssh_host', 'localNode: n1'],
    [['ssh_host: "::1"', 'ssh_port: 22'], 'hosts.yaml:6 hosts.n1.ssh_host', 'localNode: n1'],
    [['ssh_host: a', 'tailscale_ip: 127.0.0.1'], 'hosts.yaml:7 hosts.n1.tailscale_ip', 'localNode: n1'],
    [['ssh_host: a', 'ssh_host: b'], 'hosts.yaml:7', 'here twice'],
  ])('%j is a fault', (lines, place, part) => {
    const result = read(withEntry(...lines));
    expect(result.ok ? [] : result.faults).toEqual([{ place, text: expect.stringContaining(part) }]);
  });
});

describe('the whole file', () => {
  it('tells all faults at once and none of the values', () => {
    const result = read(
      [
        'hosts:',
        '  hub: {ssh_host: h, role: coordinator}',
        '  a: {ssh_host: "se cret"}',
        '  a: {ssh_host: x, ssh_port: -4}',
        '  "b\\nc": {}',
        '  d: 5',
      ].join('\n'),
    );
    const faults = result.ok ? [] : result.faults;
    expect(faults.map(({ place }) => place)).toEqual([
      'hosts.yaml:4',
      'hosts.yaml:4 hosts.a.ssh_port',
      'hosts.yaml:1 hosts.b\\u{a}c',
      'hosts.yaml:6 hosts.d',
    ]);
    expect(JSON.stringify(faults)).not.toContain('cret');
  });

  it.each([
    ['', 'must be a map of node names'],
    ['hosts: []', 'must be a map of node names'],
    ['hosts: {}', 'at least one node'],
    ['hosts: {a: {ssh_host: b}}', 'no node has the role coordinator'],
    ['hosts: {a: {ssh_host: b}', 'not readable as YAML'],
    ['hosts: {a: &x {ssh_host: b, y: *x}}', 'no node has the role coordinator'],
    ['hosts: {a: {ssh_host: b, role: coordinator}}\nsync_routing: {excluded_hosts: a}', 'must be a list of names'],
    ['hosts: {a: {ssh_host: b, role: coordinator, ringrift_path: null}}', 'models come from'],
  ])('%j is refused', (text, part) => {
    const result = read(text);
    expect(result.ok ? '' : result.faults.map((fault) => fault.text).join()).toContain(part);
  });

  it('refuses names of medic.yaml that it does not have, with the nearest', () => {
    const result = read(withEntry('ssh_host: a'), { coordinator: 'hbu', localNode: 'n2' });
    const text = result.ok ? '' : result.faults.map((fault) => fault.text).join('\n');
    expect(text).toContain('"hbu", which medic.yaml names as coordinator. Did you mean hub?');
    expect(text).toContain('"n2", which medic.yaml names as localNode. Did you mean n1?');
  });

  it('marks who is not trusted: by its own entry, or by the node set of medic.yaml', () => {
    const text = `${withEntry('ssh_host: a', 'untrusted: true')}\n  n2: {ssh_host: b}\n  n3: {ssh_host: c, status: offline}`;
    const marked = (untrusted: string) => {
      const result = read(text, { untrusted });
      return result.ok ? result.inventory.nodes.flatMap((node) => (node.untrusted ? [node.name] : [])) : result.faults;
    };
    expect(marked('n2')).toEqual(['n1', 'n2']);
    expect(marked('n3'), 'who is not in use may come back').toEqual(['n1', 'n3']);
    expect(marked('n9')).toEqual([expect.objectContaining({ text: expect.stringContaining('"n9" is no node') })]);
  });

  it('finds circles of jump hosts', () => {
    const result = read(
      'hosts:\n  a: {ssh_host: a, role: coordinator, ssh_proxy: b}\n  b: {ssh_host: b, ssh_proxy: a}\n  c: {ssh_host: c, ssh_proxy: a}',
    );
    expect(result.ok ? [] : result.faults.map(({ place }) => place)).toEqual([
      'hosts.yaml:2 hosts.a.ssh_proxy',
      'hosts.yaml:3 hosts.b.ssh_proxy',
    ]);
  });

  it('notes an exclusion that excludes nothing', () => {
    const result = read(`${withEntry('ssh_host: a')}\nsync_routing: {excluded_hosts: [n9]}`);
    expect(result.ok && result.inventory.notes).toEqual([expect.stringContaining('"n9", which is no node')]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `hosts: ${json}`),
        ),
        (text) => {
          const result = read(text);
          expect(result.ok || result.faults.length > 0).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
