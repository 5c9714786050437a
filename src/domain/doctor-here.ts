import { BOT_SCOPES } from './app-manifest.ts';
import { type DoctorLine, right, untold, wrong } from './doctor-line.ts';
import type { PersonId } from './names.ts';
import { count, joined } from './wording.ts';

/** What Redis says of itself; `silent`: it does not answer. */
export type RedisFacts =
  | {
      readonly kind: 'told';
      readonly version: string;
      /** Every change is written to a file. */
      readonly aof: boolean;
      /** What it does when its memory is full; undefined: it does not say. */
      readonly eviction: string | undefined;
      /** Its clock minus ours. */
      readonly skewMs: number;
    }
  | { readonly kind: 'silent'; readonly why: string };

/** What Slack says of the app. */
export type SlackFacts =
  | { readonly kind: 'not_asked'; readonly why: string; readonly remedy: string }
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'refused'; readonly code: string }
  | {
      readonly kind: 'told';
      /** undefined: Slack does not say. */
      readonly scopes: readonly string[] | undefined;
      /** Slack's clock minus ours; undefined: Slack does not say. */
      readonly skewMs: number | undefined;
      /** Whether payloads arrive, in words. */
      readonly ready: { readonly ok: boolean; readonly detail: string };
      /** Channels of medic.yaml; `code`: why Slack does not show one, `null`: it does. */
      readonly channels: readonly { readonly id: string; readonly code: string | null }[];
      /** User groups that roles of medic.yaml name. */
      readonly groups: readonly GroupFacts[];
    };

/** One user group: how many are in it, or Slack's own name for why nobody can tell. */
export type GroupFacts = { readonly id: PersonId } & (
  | { readonly members: number; readonly disabled: boolean }
  | { readonly code: string }
);

/** What the process that takes the words knows without a worker. */
export type HereFacts = {
  readonly redis: RedisFacts;
  readonly slack: SlackFacts;
  /** Somebody may send alerts; a shell takes none. */
  readonly alerts: 'token' | 'none' | 'not_here';
  /** The public half of the key that signs here lies where a worker looks for it. */
  readonly publicHalf: boolean;
  readonly operators: number;
  readonly approvers: number;
};

const VERSION_MIN = [6, 2] as const;
/** Sessions of Slack and limits of time bear this much. */
const SKEW_MAX_MS = 5_000;
/** Slack refuses signed requests that are older than five minutes; long before that something is wrong here. */
const SLACK_SKEW_MAX_MS = 60_000;

const CLOCK = 'let a time service (chrony, systemd-timesyncd) set the clock of this machine';

/** The lines about Redis, Slack, alerts, keys and roles. Pure: every line that is not right says what to do. */
export function linesHere({ redis, slack, alerts, publicHalf, operators, approvers }: HereFacts): DoctorLine[] {
  return [
    ...redisLines(redis),
    ...slackLines(slack),
    ...(alerts === 'not_here' ? [] : [alertLine(alerts)]),
    publicHalf
      ? right('the public half of the signing key lies where the worker looks for it')
      : wrong(
          'the public half of the signing key is not in stateDir/public',
          'start this process once with its own stateDir, then give stateDir/public to the worker',
        ),
    approvers === 0
      ? wrong('nobody may approve', 'name people under roles.approvers in medic.yaml, as T0TEAM/U0ALICE or cli:alice')
      : right(`${count(approvers, 'approver')} and ${count(operators, 'operator')} are named in medic.yaml`),
  ];
}

function redisLines(redis: RedisFacts): DoctorLine[] {
  if (redis.kind === 'silent')
    return [
      untold(`Redis does not answer (${redis.why})`, 'start it, or mend REDIS_URL, its password and the network'),
    ];
  const { version, aof, eviction, skewMs } = redis;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]);
  return [
    isNew ? right(`Redis ${version}`) : wrong(`Redis ${version} is too old`, 'use Redis 6.2 or later'),
    aof
      ? right('Redis writes every change to a file (AOF)')
      : wrong(
          'Redis does not write changes to a file: incidents and receipts end with it',
          'set appendonly yes in redis.conf',
        ),
    evictionLine(eviction),
    clockLine('Redis', skewMs, SKEW_MAX_MS),
  ];
}

function evictionLine(eviction: string | undefined): DoctorLine {
  if (eviction === undefined)
    return untold('Redis does not say what it does when its memory is full', 'set maxmemory-policy noeviction');
  if (eviction === 'noeviction') return right('Redis forgets nothing when its memory is full (noeviction)');
  return wrong(
    `Redis forgets keys when its memory is full (${eviction})`,
    'set maxmemory-policy noeviction: a lost key may be an approval or a lease',
  );
}

/** A clock beside ours. */
export function clockLine(whose: string, skewMs: number, maxMs: number): DoctorLine {
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  return Math.abs(skewMs) <= maxMs
    ? right(`the clocks of ${whose} and of this machine are ${seconds} s apart`)
    : wrong(`the clocks of ${whose} and of this machine are ${seconds} s apart`, CLOCK);
}

function slackLines(slack: SlackFacts): DoctorLine[] {
  switch (slack.kind) {
    case 'not_asked':
      return [{ verdict: 'not_asked', what: `Slack: not asked: ${slack.why}`, remedy: slack.remedy }];
    case 'silent':
      return [untold(`Slack does not answer (${slack.why})`, 'let this machine reach slack.com by HTTPS')];
    case 'refused':
      return [
        wrong(
          `Slack refuses the token of the bot (${slack.code})`,
          'put the Bot User OAuth Token of the app (xoxb-…) into SLACK_BOT_TOKEN; reinstall the app if it was revoked',
        ),
      ];
    case 'told':
      return [
        right('Slack takes the bot token'),
        slack.ready.ok
          ? right(`payloads of Slack arrive: ${slack.ready.detail}`)
          : wrong(
              `payloads of Slack do not arrive: ${slack.ready.detail}`,
              'SLACK_APP_TOKEN has to be an app-level one with connections:write (xapp-…); or give the app the URL of /slack/events',
            ),
        scopeLine(slack.scopes),
        ...slack.channels.map(({ id, code }) => channelLine(id, code)),
        ...slack.groups.map(groupLine),
        slack.skewMs === undefined
          ? untold("Slack's answers carry no date", 'let nothing between here and slack.com take headers away')
          : clockLine('Slack', slack.skewMs, SLACK_SKEW_MAX_MS),
      ];
  }
}

function scopeLine(scopes: readonly string[] | undefined): DoctorLine {
  const remedy = 'paste what `manifest` prints into the app, then reinstall it';
  if (scopes === undefined) return untold('Slack does not say which scopes the app has', remedy);
  const missing = BOT_SCOPES.filter((scope) => !scopes.includes(scope));
  return missing.length === 0
    ? right(`the app has the ${BOT_SCOPES.length} scopes of its manifest`)
    : wrong(`the app lacks ${joined(missing)}`, remedy);
}

function channelLine(id: string, code: string | null): DoctorLine {
  if (code === null) return right(`medic reads channel ${id}`);
  if (code === 'not_in_channel' || code === 'channel_not_found')
    return wrong(
      `medic is not in channel ${id}, or there is none (${code})`,
      `type /invite @medic there, or mend slack.incidentChannel and slack.watchChannels in medic.yaml`,
    );
  return untold(`nobody can tell whether medic is in channel ${id} (${code})`, 'ask again in a minute');
}

/** Who has a right by a group alone has it only while Slack tells who is in it. */
function groupLine(group: GroupFacts): DoctorLine {
  const name = `user group ${group.id}`;
  if ('code' in group) {
    if (group.code === 'missing_scope')
      return wrong(
        `medic may not read who is in ${name} (missing_scope)`,
        'it needs usergroups:read: paste what `manifest` prints into the app, then reinstall it',
      );
    if (group.code === 'no_such_subteam')
      return wrong(
        `there is no ${name}`,
        'mend its id under roles in medic.yaml; Slack shows it in the link of the group',
      );
    return untold(`nobody can tell who is in ${name} (${group.code})`, 'ask again in a minute');
  }
  if (group.disabled)
    return wrong(`${name} is disabled`, 'enable it in Slack under People → User groups, or name another under roles');
  return group.members === 0
    ? wrong(`nobody is in ${name}`, 'put people into it in Slack, or name another under roles in medic.yaml')
    : right(`${count(group.members, 'person', 'people')} in ${name}`);
}

function alertLine(alerts: 'token' | 'none'): DoctorLine {
  return alerts === 'token'
    ? right('POST /alerts has a token')
    : wrong(
        'POST /alerts refuses everything: nobody has a token',
        'set ALERTS_TOKEN, or name senders under alerts.senders in medic.yaml',
      );
}
