import type { LookContext } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { count, duration } from '../../src/domain/wording.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { transportTools } from '../../src/facts/transport-tools.ts';
import { measureFiles } from './model-fault.ts';
import { expectedOf, surveyOf } from './survey-of.ts';
import type { Failures } from './transport-failures.ts';

/** One thing that may be why, and what was seen of it. */
export type Cause = { readonly verdict: 'supported' | 'refuted' | 'unknown'; readonly words: string };

/** Tests everything that may be why deliveries to this node fail, from here and on the node; nothing is written there. */
export async function causesOf(context: LookContext, failures: Failures): Promise<Cause[]> {
  const widely = spread(failures);
  const startedMs = context.now().getTime();
  try {
    const survey = await surveyOf(context);
    const ms = context.now().getTime() - startedMs;
    const here = [
      refuted(`the connection works: name, port, host key and our key (answer in ${duration(ms)})`),
      ...rights(survey),
      ...space(context, survey),
      ...(await tools(context)),
      ...(await bytes(context, survey, failures)),
    ];
    return [...here, ...widely];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [...connection(error), ...widely];
  }
}

const STAGE: Partial<Record<Fault['reason'], string>> = {
  dns: 'its name does not resolve',
  refused: 'nothing listens on its SSH port',
  timeout: 'it does not answer in time',
  auth: 'it does not accept the key',
  host_key_changed: 'its host key has changed',
  host_key_unknown: 'its host key is not known',
  channel_refused: 'it opens no further session',
  lost: 'the connection breaks',
  no_folder: 'its models folder is not there',
  permission: 'its models folder may not be read',
};

function connection({ reason, message }: Fault): Cause[] {
  const words = STAGE[reason];
  return words === undefined
    ? [{ verdict: 'unknown', words: `the node could not be tested (${reason}: ${message})` }]
    : [supported(`${words} (${reason}: ${message})`)];
}

function rights({ folder, parent }: Survey): Cause[] {
  if (folder === null)
    return [supported(`the models folder is missing${parent === null ? ', and what is around it too' : ''}`)];
  return [
    folder.writable ? refuted('its user may write there') : supported('its user may not write to the models folder'),
  ];
}

function space({ limits }: LookContext, { disk }: Survey): Cause[] {
  if (disk === null) return [{ verdict: 'unknown', words: 'the node does not say how much space it has' }];
  const percent = disk.totalBytes === 0 ? 100 : Math.floor((1 - disk.freeBytes / disk.totalBytes) * 100);
  const words = `its disk is ${percent} % full`;
  return [percent > limits.diskStopPercent ? supported(words) : refuted(words)];
}

async function tools({ read }: LookContext): Promise<Cause[]> {
  const { rsync, curl } = await read(transportTools());
  return [
    rsync === undefined
      ? supported('there is no rsync, which the daemon sends by')
      : refuted(`rsync is there (${rsync})`),
    curl === undefined ? supported('there is no curl to pull with') : refuted(`curl is there (${curl})`),
  ];
}

/** What arrived after all: a daemon that remembers an old checksum calls right bytes wrong. */
async function bytes(context: LookContext, survey: Survey, failures: Failures): Promise<Cause[]> {
  if (survey.folder === null) return [];
  const measured = await measureFiles(context, survey, context.models);
  const wrong = context.models.filter((model) => {
    const current = expectedOf(context, model).record.current;
    return current !== null && measured.get(model.canonical) !== current.digest;
  });
  if (wrong.length > 0)
    return [
      { verdict: 'unknown', words: `${wrong.map(({ name }) => name).join(', ')} there is not what is on record` },
    ];
  return failures.checksum
    ? [
        supported(
          'the bytes there are right: the daemon compares with an old checksum; restart it, nothing has to be sent',
        ),
      ]
    : [refuted('every model there has the digest on record by now')];
}

/** Whether it is this node alone: what fails nearly everywhere fails at the source. */
function spread({ others: { sentTo, failed } }: Failures): Cause[] {
  if (sentTo === 0) return [];
  const words = `${failed} of ${count(sentTo, 'other node')} that were sent to failed too`;
  return [
    failed * 2 > sentTo
      ? supported(`it is the source or the daemon: ${words}`)
      : refuted(`the source and the daemon work: ${words}`),
  ];
}

function supported(words: string): Cause {
  return { verdict: 'supported', words: words.slice(0, 400) };
}

function refuted(words: string): Cause {
  return { verdict: 'refuted', words: words.slice(0, 400) };
}
