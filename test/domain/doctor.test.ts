import { describe, expect, it } from 'vitest';
import { BOT_SCOPES } from '../../src/domain/app-manifest.ts';
import { doctorNews, doctorOf, doctorVerdict, doctorWords } from '../../src/domain/doctor.ts';
import { type HereFacts, linesHere, type RedisFacts, type SlackFacts } from '../../src/domain/doctor-here.ts';
import type { DoctorLine } from '../../src/domain/doctor-line.ts';
import { type RoundTrip, type WorkerFacts, workerLines } from '../../src/domain/doctor-worker.ts';
import { masked } from '../../src/domain/mask.ts';

const redis: RedisFacts = { kind: 'told', version: '7.2.4', aof: true, eviction: 'noeviction', skewMs: 3 };
const slack: Extract<SlackFacts, { kind: 'told' }> = {
  kind: 'told',
  scopes: BOT_SCOPES,
  skewMs: -400,
  ready: { ok: true, detail: '2 of 2 sockets to Slack open' },
  channels: [{ id: 'C0OPS', code: null }],
  groups: [{ id: 'T0TEAM/S0ONCALL', members: 2, disabled: false }],
};
const withGroup = (group: { code: string } | { members: number; disabled: boolean }) => ({
  slack: { ...slack, groups: [{ id: 'T0TEAM/S0ONCALL', ...group }] },
});
const here: HereFacts = { redis, slack, alerts: 'token', publicHalf: true, operators: 1, approvers: 2 };
const worker: WorkerFacts = {
  nodes: { all: 3, active: 2 },
  keys: [
    { node: 'vast-1', trouble: undefined, exposed: false },
    { node: 'vast-2', trouble: undefined, exposed: false },
  ],
  hosts: [
    { node: 'vast-1', known: 2, addresses: 2 },
    { node: 'vast-2', known: 1, addresses: 1 },
  ],
  stateTrouble: undefined,
  signers: ['bot'],
  skewMs: 20,
};
const trips: readonly RoundTrip[] = [{ node: 'vast-1' }, { node: 'vast-2' }];

const notRight = (lines: readonly DoctorLine[]): string[] =>
  lines.filter(({ verdict }) => verdict !== 'right').map(doctorWords);

describe('what the bot finds about its installation', () => {
  it('is right where everything is', () => {
    expect(notRight(linesHere(here))).toEqual([]);
    expect(doctorVerdict(linesHere(here))).toBe('right');
  });

  it.each<[string, Partial<HereFacts>, RegExp]>([
    ['Redis is silent', { redis: { kind: 'silent', why: 'ECONNREFUSED' } }, /^\? Redis does not answer.*REDIS_URL/],
    ['Redis is old', { redis: { ...redis, version: '5.0.7' } }, /^✗ Redis 5\.0\.7 is too old: use Redis 6\.2/],
    ['Redis is nearly new enough', { redis: { ...redis, version: '6.0.16' } }, /^✗ .*too old/],
    ['Redis keeps nothing', { redis: { ...redis, aof: false } }, /^✗ .*: set appendonly yes/],
    ['Redis forgets keys', { redis: { ...redis, eviction: 'allkeys-lru' } }, /^✗ .*allkeys-lru.*noeviction/],
    ['Redis hides its policy', { redis: { ...redis, eviction: undefined } }, /^\? .*noeviction/],
    ['the clocks differ', { redis: { ...redis, skewMs: -61_000 } }, /^✗ the clocks of Redis.*61\.0 s.*chrony/],
    ['Slack is silent', { slack: { kind: 'silent', why: 'timeout' } }, /^\? Slack does not answer.*HTTPS/],
    ['Slack refuses', { slack: { kind: 'refused', code: 'invalid_auth' } }, /^✗ .*invalid_auth.*SLACK_BOT_TOKEN/],
    ['a scope is missing', { slack: { ...slack, scopes: ['chat:write'] } }, /^✗ the app lacks .*im:write.*manifest/],
    ['scopes are not told', { slack: { ...slack, scopes: undefined } }, /^\? .*manifest/],
    ['no socket', { slack: { ...slack, ready: { ok: false, detail: '0 of 2' } } }, /^✗ .*0 of 2.*SLACK_APP_TOKEN/],
    ['not invited', { slack: { ...slack, channels: [{ id: 'C0X', code: 'not_in_channel' }] } }, /^✗ .*C0X.*\/invite/],
    [
      'a channel is not told',
      { slack: { ...slack, channels: [{ id: 'C0X', code: 'http_500' }] } },
      /^\? .*C0X.*http_500/,
    ],
    [
      'a group is empty',
      withGroup({ members: 0, disabled: false }),
      /^✗ nobody is in user group T0TEAM\/S0ONCALL: put/,
    ],
    ['a group is disabled', withGroup({ members: 2, disabled: true }), /^✗ user group .* is disabled: enable it/],
    [
      'a group is gone',
      withGroup({ code: 'no_such_subteam' }),
      /^✗ there is no user group .*: mend its id under roles/,
    ],
    [
      'groups may not be read',
      withGroup({ code: 'missing_scope' }),
      /^✗ medic may not read .*usergroups:read.*manifest/,
    ],
    ['a group is not told', withGroup({ code: 'http_500' }), /^\? nobody can tell .*http_500.*: ask again/],
    ["Slack's clock", { slack: { ...slack, skewMs: 400_000 } }, /^✗ the clocks of Slack.*400\.0 s/],
    ['nobody may send alerts', { alerts: 'none' }, /^✗ POST \/alerts.*ALERTS_TOKEN/],
    ['the key is not given', { publicHalf: false }, /^✗ .*stateDir\/public/],
    ['nobody may approve', { approvers: 0 }, /^✗ nobody may approve: .*roles\.approvers/],
  ])('says what to do when %s', (_, change, words) => {
    const [line = '', ...others] = notRight(linesHere({ ...here, ...change }));
    expect(others).toEqual([]);
    expect(line).toMatch(words);
    // What is kept in the ledger is masked: our own words must not have the shape of a secret.
    expect(masked(line)).toBe(line);
  });

  it('never calls Slack right where nobody could ask', () => {
    const lines = linesHere({
      ...here,
      slack: { kind: 'not_asked', why: 'no Slack token is set here', remedy: 'ask there' },
    });
    expect(notRight(lines)).toEqual(['? Slack: not asked: no Slack token is set here: ask there']);
    expect(doctorVerdict(lines)).toBe('right');
    expect(doctorNews(lines)).toMatch(/^7 of 7 lines right and 1 not asked$/);
  });
});

describe('what the worker finds about itself', () => {
  it('is right where everything is', () => {
    expect(notRight(workerLines(worker, trips))).toEqual([]);
  });

  it.each<[string, Partial<WorkerFacts>, RegExp]>([
    ['no node is active', { nodes: { all: 3, active: 0 } }, /^✗ .*none of 3 nodes is active.*status/],
    [
      'keys are missing',
      { keys: worker.keys.map((key) => ({ ...key, trouble: 'the worker does not have the key file' })) },
      /^✗ vast-\[1-2\]: the worker does not have.*ssh_key/,
    ],
    [
      'others may read a key',
      { keys: worker.keys.map((key) => ({ ...key, exposed: true })) },
      /^✗ others may read the SSH key for vast-\[1-2\]: chmod 600/,
    ],
    ['a host is not known', { hosts: [{ node: 'vast-1', known: 0, addresses: 2 }] }, /^✗ .*vast-1: .*`trust <node>`/],
    ['one address is not known', { hosts: [{ node: 'vast-1', known: 1, addresses: 2 }] }, /^✗ .*only one address/],
    ['the state folder is open', { stateTrouble: 'may be written by others' }, /^✗ .*written by others.*chmod 700/],
    ['it has no public key', { signers: [] }, /^✗ .*bot\.pem/],
    ['its clock is wrong', { skewMs: 9_000 }, /^✗ the clocks of the worker's Redis.*9\.0 s/],
    ['Redis tells no time', { skewMs: undefined }, /^\? .*Redis/],
  ])('says what to do when %s', (_, change, words) => {
    const [line = '', ...others] = notRight(workerLines({ ...worker, ...change }, trips));
    expect(others).toEqual([]);
    expect(line).toMatch(words);
    // What is kept in the ledger is masked: our own words must not have the shape of a secret.
    expect(masked(line)).toBe(line);
  });

  it('calls silent nodes unknown, one line a reason', () => {
    const failure = { reason: 'timeout', detail: 'no answer within 10 s' } as const;
    const lines = workerLines(worker, [
      { node: 'vast-1', failure },
      { node: 'vast-2', failure },
      { node: 'vast-3' },
      { node: 'hub', failure: { reason: 'auth', detail: 'no key is taken' } },
    ]);
    expect(notRight(lines)).toEqual([
      '? vast-[1-2]: no answer over SSH (timeout: no answer within 10 s): look whether the node runs and whether a firewall or Tailscale lets the worker through',
      "? hub: no answer over SSH (auth: no key is taken): put the public half of the worker's key into authorized_keys there, or mend ssh_user and ssh_key in the inventory",
    ]);
    expect(doctorVerdict(lines)).toBe('unknown');
  });
});

describe('both halves', () => {
  const examined = linesHere(here);

  it('are unknown while no worker has answered', () => {
    const lines = doctorOf({ examined, failures: [] });
    expect(doctorVerdict(lines)).toBe('unknown');
    expect(notRight(lines)).toEqual([expect.stringMatching(/^\? no worker has answered yet: .*start:worker/)]);
  });

  it('are wrong when the worker could not look', () => {
    const lines = doctorOf({ examined, failures: [{ detail: 'the inventory is another one' }] });
    expect(doctorVerdict(lines)).toBe('wrong');
    expect(notRight(lines)).toEqual([expect.stringContaining('the inventory is another one')]);
  });

  it('add up', () => {
    const look = { report: { self: workerLines(worker, trips) } };
    expect(doctorNews(doctorOf({ examined, look, failures: [] }))).toBe('20 of 20 lines right');
  });
});
