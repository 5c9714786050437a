import type { Incident } from '../domain/incident.ts';

/** What was looked at and found, as `--json` has it. */
export function lookJson(incident: Incident): Record<string, unknown> {
  return {
    incident: incident.id,
    findings: incident.findings.map(({ id, code, node, model, subject: about, severity, title, evidence, asked }) => ({
      id,
      code,
      node,
      model,
      subject: about,
      severity,
      title,
      evidence,
      ...(asked === undefined ? {} : { asked }),
    })),
    unknown: incident.unknown.map(({ node, reason, detail, check, model }) => ({ node, reason, detail, check, model })),
    ...(incident.look?.report.outside === undefined ? {} : { outside: incident.look.report.outside }),
    expected: incident.look?.expected ?? {},
  };
}
