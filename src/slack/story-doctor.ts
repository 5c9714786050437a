import { doctorNews, doctorOf, doctorWords, isDoctorLook } from '../domain/doctor.ts';
import type { Incident } from '../domain/incident.ts';
import { sections } from './blocks.ts';
import { escaped } from './escape.ts';
import { type StoryMessage, storyMessage } from './story-message.ts';

const LINE_MAX = 900;

/** What the installation needs and lacks, a line each; what is not right first. */
export function doctorMessage(incident: Incident): StoryMessage | undefined {
  if (!isDoctorLook(incident.scope)) return undefined;
  const lines = doctorOf(incident);
  const order = ['wrong', 'unknown', 'not_asked', 'right'];
  const sorted = lines.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const headline = doctorNews(lines);
  const shown = sorted.map((line) => escaped(doctorWords(line), LINE_MAX));
  return storyMessage({
    key: 'doctor',
    place: 'thread',
    text: headline,
    blocks: sections([`*${headline}*`, ...shown]),
  });
}
