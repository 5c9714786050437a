import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const project = join(import.meta.dirname, '..', '..');
const Service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  user: z.string().optional(),
  restart: z.literal('unless-stopped'),
  init: z.boolean().optional(),
  read_only: z.literal(true),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  network_mode: z.string().optional(),
  stop_grace_period: z.string().optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  secrets: z.array(z.string()),
  volumes: z.array(z.string()),
  ports: z.array(z.string().startsWith('127.0.0.1:')).optional(),
  healthcheck: z.strictObject({
    test: z.array(z.string()).min(2),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
    start_period: z.string().optional(),
  }),
});
const Compose = z.strictObject({
  name: z.string(),
  'x-service': z.unknown(),
  services: z.strictObject({ redis: Service, bot: Service, worker: Service }),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});

describe('docker-compose.yml', () => {
  const compose = Compose.parse(parse(readFileSync(join(project, 'docker-compose.yml'), 'utf8'), { merge: true }));
  const { redis, bot, worker } = compose.services;

  it('keeps Slack from the worker, and the SSH keys and its state from the bot', () => {
    expect([...worker.secrets, ...Object.keys(worker.environment ?? {})].join(' ')).not.toMatch(/slack|alerts/i);
    expect(bot.volumes.join(' ')).not.toContain('.ssh');
    expect(worker.volumes).toContain('./ssh:/home/node/.ssh:ro');
    const shared = bot.volumes.filter((volume) => !volume.startsWith('./')).map((volume) => volume.split(':')[0]);
    const alsoInWorker = worker.volumes.filter((volume) => shared.includes(volume.split(':')[0]));
    // Each writes its own public halves and only reads those of the other.
    expect(alsoInWorker).toEqual(['public-keys:/state/public:ro', 'worker-keys:/state/workers']);
    expect(bot.volumes).toEqual(expect.arrayContaining(['public-keys:/state/public', 'worker-keys:/state/workers:ro']));
  });

  it('has a Redis that keeps what it is told and never evicts', () => {
    const command = redis.command.join(' ');
    for (const setting of ['--appendonly yes', '--maxmemory-policy noeviction', '--requirepass'])
      expect(command).toContain(setting);
    expect(redis.volumes).toEqual(['redis-data:/data']);
    expect([bot.network_mode, worker.network_mode]).toEqual(['service:redis', 'service:redis']);
  });

  it('lets workers be many in one network namespace, each with an address of its own', () => {
    const script = (worker.command.at(-1) ?? '').replaceAll('$$', '$').replace(/\/tmp\/host/g, '"$0"');
    const folder = mkdtempSync(join(tmpdir(), 'medic-compose-'));
    const hosts = [1, 2, 3, 4].map((number) => {
      const file = join(folder, String(number));
      return spawnSync('sh', ['-c', script.replace('exec node dist/src/worker.js', 'sh -c \'echo "$HOST"\''), file], {
        encoding: 'utf8',
      }).stdout.trim();
    });
    rmSync(folder, { recursive: true });
    for (const host of hosts) expect(host).toMatch(/^127\.\d+\.\d+\.\d+$/);
    expect(new Set(hosts).size).toBe(4);
    expect(worker.healthcheck.test.join(' ')).toContain('/tmp/host');
    expect([worker.stop_grace_period, bot.stop_grace_period]).toEqual(['90s', '90s']);
  });

  it('names only volumes and secrets that it declares, and asks /readyz', () => {
    for (const service of [redis, bot, worker]) {
      for (const secret of service.secrets) expect(compose.secrets).toHaveProperty([secret]);
      const named = service.volumes.map((volume) => volume.split(':')[0] ?? '').filter((name) => !name.startsWith('.'));
      for (const name of named) expect(compose.volumes).toHaveProperty([name]);
      for (const file of Object.entries(service.environment ?? {}).filter(([name]) => name.endsWith('_FILE'))) {
        expect(service.secrets).toContain(file[1].replace('/run/secrets/', ''));
      }
    }
    for (const service of [bot, worker]) expect(service.healthcheck.test.join(' ')).toContain('/readyz');
  });
});
