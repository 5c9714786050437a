import type { Check, LookContext } from '../../src/contract/job.ts';
import { finding } from '../../src/domain/finding.ts';
import { TRANSPORT_PROBE } from '../../src/domain/probe.ts';
import { duration } from '../../src/domain/wording.ts';
import { oneMegabyte, type TransportProbe, transportProbe } from '../../src/facts/transport-probe.ts';
import { surveyOf } from './survey-of.ts';

/** Would a model arrive there? One megabyte is written and taken away again, one is sent from there, and the source is asked for a byte over HTTP. */
export const transportProbes: Check = {
  name: TRANSPORT_PROBE,
  summary: 'a probe: writes, sends one megabyte and asks the HTTP source from each node; asked for by diagnose --probe',
  byDefault: false,
  probe: true,
  run: async (context) => {
    const { node, read } = context;
    const survey = await surveyOf(context);
    if (survey.folder === null)
      return { findings: [], unknown: [], notes: [`${node.name}: no models folder to write to`] };
    const { written, source } = await read(transportProbe(survey.folder.path, survey.folder.id, urlOf(context)));
    const startedMs = context.now().getTime();
    await read(oneMegabyte());
    const ms = Math.max(1, context.now().getTime() - startedMs);
    const speed = `1 MB came from there in ${duration(ms)} (${Math.max(1, Math.round(8_000 / ms))} Mbit/s)`;
    const troubles = [
      ...(written === 'whole' ? [] : [`one megabyte ${written.trouble}`]),
      ...(source !== undefined && 'trouble' in source
        ? [`the HTTP source cannot be reached from there: ${source.trouble}`]
        : []),
    ];
    const well = [
      ...(written === 'whole' ? ['1 MB was written and taken away again'] : []),
      speed,
      ...sourceWords(source),
    ];
    if (troubles.length === 0) return { findings: [], unknown: [], notes: [`${node.name}: ${well.join('; ')}`] };
    const failing = finding({
      code: 'transport_failing',
      node: node.name,
      subject: 'probe',
      severity: 'warning',
      title: `a test of the transports fails: ${troubles.join('; ')}`.slice(0, 300),
      evidence: [...troubles.map((words) => `supported: ${words}`), ...well.map((words) => `refuted: ${words}`)].slice(
        0,
        20,
      ),
    });
    return { findings: [failing], unknown: [], notes: [] };
  },
};

/** The address of the first model, as the transport http would ask for it. */
function urlOf({ pullFrom, models }: LookContext): string | undefined {
  const [model] = models;
  return pullFrom === null || model === undefined
    ? undefined
    : pullFrom.replace('{file}', () => encodeURIComponent(model.canonical));
}

function sourceWords(source: TransportProbe['source']): string[] {
  if (source === undefined) return ['medic.yaml names no HTTP source'];
  return 'trouble' in source
    ? []
    : [`the HTTP source answers ${source.status} in ${duration(source.ms)}, without its token`];
}
