import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/config/environment.ts';
import { isLoopback } from '../../src/config/redis-address.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-environment-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const places = (env: Record<string, string>): string[] => readEnvironment(env, folder).faults.map(({ place }) => place);

describe('readEnvironment', () => {
  it.each([
    'https://slack.com/api/',
    'https://slack.com/api',
    'http://127.0.0.1:9999/api/',
    'http://localhost:1/api',
    'http://[::1]:8080/',
    'http://127.9.9.9/',
  ])('SLACK_API_URL may be %s', (url) => {
    const { environment, faults } = readEnvironment({ SLACK_API_URL: url }, folder);
    expect(faults).toEqual([]);
    expect(environment.slackApiUrl).toBe(url.endsWith('/') ? url : `${url}/`);
  });

  it.each([
    'https://slack.com.example.net/api/',
    'http://slack.com/api/',
    'http://localhost.example.net/',
    'http://127.0.0.1@example.net/',
    'http://10.0.0.1/',
    'http://me:pw@127.0.0.1/',
    'http://127.0.0.1/?x=1',
    'ftp://127.0.0.1/',
    'slack',
  ])('SLACK_API_URL may not be %s', (url) => expect(places({ SLACK_API_URL: url })).toEqual(['SLACK_API_URL']));

  it.each([
    'redis://127.0.0.1:6379',
    'redis://localhost/3',
    'redis://:pw@[::1]:6379/0',
    'rediss://redis.example.net:6380',
    'rediss://medic:pw@redis.example.net:6380/1',
    'redis+sentinel://127.0.0.1:26379,localhost:26380/mymaster',
    'rediss+sentinel://medic:pw@a.example.net:26379,b.example.net:26379/mymaster/2',
    'unix:///run/redis.sock',
  ])('REDIS_URL may be %s', (url) => {
    const { environment, faults } = readEnvironment({ REDIS_URL: url }, folder);
    expect(faults).toEqual([]);
    expect(environment.redisUrl?.reveal()).toBe(url);
  });

  it.each([
    'redis://redis.example.net',
    'redis://127.0.0.1:6379?host=example.net',
    'redis://127.0.0.1/db',
    'http://127.0.0.1',
    'unix://host/path',
    '127.0.0.1:6379',
    'redis://',
    'redis+sentinel://a.example.net:26379/mymaster',
    'rediss+sentinel://a.example.net:26379',
    'rediss+sentinel://a.example.net/mymaster',
    'rediss+cluster://a.example.net:6379',
    'redis-cluster://127.0.0.1:6379',
  ])('REDIS_URL may not be %s', (url) => expect(places({ REDIS_URL: url })).toEqual(['REDIS_URL']));

  it('takes the authority of Redis’ certificates from a file, with TLS only', () => {
    writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n');
    writeFileSync(join(folder, 'other'), 'no certificate');
    const REDIS_URL = 'rediss://redis.example.net';
    expect(readEnvironment({ REDIS_URL, REDIS_CA_FILE: 'ca.pem' }, folder)).toMatchObject({
      environment: { redisCa: '-----BEGIN CERTIFICATE-----\n' },
      faults: [],
    });
    for (const file of ['other', 'none']) expect(places({ REDIS_URL, REDIS_CA_FILE: file })).toEqual(['REDIS_CA_FILE']);
    expect(places({ REDIS_URL: 'redis://127.0.0.1', REDIS_CA_FILE: 'ca.pem' })).toEqual(['REDIS_CA_FILE']);
  });

  it('reads secrets from files', () => {
    writeFileSync(join(folder, 'token'), ' abc \n');
    const { environment } = readEnvironment({ ALERTS_TOKEN_FILE: 'token' }, folder);
    expect(environment.alertsToken?.reveal()).toBe('abc');
  });

  it('refuses secrets that cannot be right, without showing them', () => {
    writeFileSync(join(folder, 'empty'), '\n');
    const env = {
      SLACK_BOT_TOKEN: 'xapp-hidden',
      SLACK_APP_TOKEN: 'xoxb-hidden',
      SLACK_SIGNING_SECRET: 'hid den',
      ALERTS_TOKEN_FILE: 'empty',
      REDIS_URL: 'redis://:hidden@redis.example.net',
    };
    const { faults } = readEnvironment(env, folder);
    expect(faults.map(({ place }) => place).toSorted()).toEqual([
      'ALERTS_TOKEN_FILE',
      'REDIS_URL',
      'SLACK_APP_TOKEN',
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/hid ?den/);
    expect(places({ ALERTS_TOKEN: 'a', ALERTS_TOKEN_FILE: 'b' })).toEqual(['ALERTS_TOKEN_FILE']);
    expect(places({ ALERTS_TOKEN_FILE: 'none' })).toEqual(['ALERTS_TOKEN_FILE']);
  });

  it('takes an empty variable as unset, and 0 as a port', () => {
    const { environment, faults } = readEnvironment({ REDIS_URL: '', PORT: ' ', MEDIC_WORKER_PORT: '0' }, folder);
    expect(faults).toEqual([]);
    expect(environment).toMatchObject({ redisUrl: null, port: 3000, workerPort: 0 });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '1.5'],
    ['MEDIC_WORKER_PORT', 'off'],
    ['HOST', 'a b'],
    ['HOST', '-x'],
  ])('%s may not be %s', (name, value) => expect(places({ [name]: value })).toEqual([name]));
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['LOCALHOST', true],
    ['[::1]', true],
    ['127.example.net', false],
    ['0.0.0.0', false],
    ['', false],
  ])('%s: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
});
