import { z } from 'zod';
import { Risk } from '../domain/plan.ts';

const MUST_BE_PERSON =
  'must be a person: T0TEAM/U0ALICE or a user group T0TEAM/S0ONCALL from Slack, cli:alice from a shell, key:alice for a key of shellKeys';
const MUST_BE_LIST = 'must be a list';
const MUST_BE_WHY = 'must say why, in words: it is what people are told';
const MUST_BE_CHANNEL = "must be a channel's id, as C0OPS (not its name)";
const MUST_BE_KEY = 'must be an Ed25519 public key in base64, as "npx medic key" prints it';

const Person = z
  .string({ error: MUST_BE_PERSON })
  .regex(/^(?:[TE][A-Z0-9]+\/[UWS][A-Z0-9]+|cli:[^\s:\p{C}]{1,64}|key:[a-z0-9][a-z0-9._-]{0,63})$/u, {
    error: MUST_BE_PERSON,
  });
const Some = z.array(Person, { error: 'must be a list of people' }).transform((people) => [...new Set(people)]);
const People = Some.default([]);

const MUST_BE_GROUP = "must be a user group's id, as S0ONCALL (not its handle)";

/** A Slack user group's id. */
export const UserGroup = z.string({ error: MUST_BE_GROUP }).regex(/^S[A-Z0-9]+$/, { error: MUST_BE_GROUP });

/** A Slack channel's id. */
export const Channel = z.string({ error: MUST_BE_CHANNEL }).regex(/^[CG][A-Z0-9]+$/, { error: MUST_BE_CHANNEL });

const Words = z
  .array(z.string({ error: MUST_BE_LIST }), { error: MUST_BE_LIST })
  .min(1, { error: 'must name at least one' });
const Risks = z
  .array(Risk, { error: `must be a list of ${Risk.options.join(', ')}` })
  .min(1, { error: `must name at least one of ${Risk.options.join(', ')}` });
const NodeSet = z.string({ error: 'must be a node set, as vast-*' }).min(1, { error: 'must be a node set, as vast-*' });
const onPlans = { risks: Risks.optional(), models: Words.optional(), nodes: NodeSet.optional() };

/** One of `roles.rules`. */
export const Grant = z.strictObject({
  people: Some,
  may: z.enum(['operate', 'approve'], { error: 'must be operate or approve' }),
  commands: Words.optional(),
  channels: z.array(Channel, { error: MUST_BE_LIST }).min(1).optional(),
  ...onPlans,
});

/** The section `roles` of medic.yaml. */
export const RolesSection = z.strictObject(
  {
    /** Who may look; absent: everybody. */
    viewers: Some.nullable().default(null),
    operators: People,
    approvers: People,
    /** Who may let a plan run without the approvals it needs. */
    breakGlass: People,
    /** People who may only some things. */
    rules: z.array(Grant, { error: MUST_BE_LIST }).default([]),
    /** Public halves of the keys of people who use a shell on a shared Redis, by name. */
    shellKeys: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: 'must be a name of lower-case letters and digits' }),
        z.string({ error: MUST_BE_KEY }).regex(/^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/, { error: MUST_BE_KEY }),
        { error: 'must be a map of names to public keys' },
      )
      .default({}),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'is missing: who may ask (operators) and who may approve (approvers)' : undefined,
  },
);

/** One of `never`. */
export const Ban = z
  .strictObject({
    commands: Words.optional(),
    ...onPlans,
    because: z
      .string({ error: MUST_BE_WHY })
      .min(1, { error: MUST_BE_WHY })
      .max(200, { error: 'must be at most 200 characters' }),
  })
  .refine(
    ({ commands, risks, models, nodes }) =>
      commands !== undefined || risks !== undefined || models !== undefined || nodes !== undefined,
    {
      error: 'forbids nothing: name commands, or risks, models and nodes of plans',
    },
  )
  // A command is judged before its nodes are known, so a line with both would never hold.
  .refine(
    ({ commands, risks, models, nodes }) =>
      commands === undefined || (risks === undefined && models === undefined && nodes === undefined),
    {
      error: 'names commands and what plans touch: make two lines of it, commands are judged by themselves',
    },
  );

/** The section `never` of medic.yaml: what nobody may do. */
export const NeverSection = z.array(Ban, { error: MUST_BE_LIST }).default([]);

/** One of `channels`. */
export const ChannelBounds = z.strictObject({ commands: Words.optional(), ...onPlans });

/** The section `channels` of medic.yaml: what may be done at most in a channel. */
export const ChannelsSection = z
  .record(Channel, ChannelBounds, { error: 'must be a map of channels to what may be done there' })
  .default({});
