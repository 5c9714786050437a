import { doctorNews, doctorOf, doctorVerdict, doctorWords } from '../domain/doctor.ts';
import type { Incident } from '../domain/incident.ts';
import type { ShellAnswer } from './answer.ts';
import { lookJson } from './look-json.ts';

/** The answer to `doctor`; also when no worker has answered. Anything wrong: 1; only unknown: 4. */
export function doctorAnswer(incident: Incident): ShellAnswer {
  const lines = doctorOf(incident);
  return {
    lines: [doctorNews(lines), ...lines.map((line) => `  ${doctorWords(line)}`)],
    json: { ...lookJson(incident), doctor: lines },
    exit: { right: 0, wrong: 1, unknown: 4 }[doctorVerdict(lines)],
  };
}
