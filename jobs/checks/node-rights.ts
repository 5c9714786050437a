import type { Check } from '../../src/contract/job.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import { nodeCondition } from '../../src/facts/node-condition.ts';
import { surveyOf } from './survey-of.ts';

const DIGEST_TOOLS = ['openssl', 'python3', 'sha256sum', 'shasum'] as const;

/** Could a repair work there at all? The user's rights on the folder, and the tools that a change needs. */
export const nodeRights: Check = {
  name: 'node-rights',
  summary: 'nodes where a repair could not write, or has no tool to work with',
  needsNoSource: true,
  run: async (context) => {
    const { node, models, read } = context;
    const survey = await surveyOf(context);
    const { folder, tools } = survey;
    if (folder === null) return { findings: [], unknown: [], notes: [] };
    const files = models.map(({ canonical }) => canonical);
    const { ownWritable } = await read(nodeCondition(folder.path, folder.id, files));
    const findings: Finding[] = [];
    const denied = folder.writable ? '.medic' : 'models';
    if (!folder.writable || !ownWritable)
      findings.push(
        finding({
          code: 'permission_denied',
          node: node.name,
          subject: denied,
          severity: 'critical',
          title: `the user of the inventory may not write to ${denied}: no repair and no new model gets there`,
          evidence: [`test -w ${denied}: no`, 'put owner and mode right, or correct ssh_user in the inventory'],
        }),
      );
    if (!survey.canRename)
      findings.push(missing(node.name, 'mv', 'no mv -T, mv -h or python3 to replace a name in one step'));
    if (!DIGEST_TOOLS.some((tool) => tools.has(tool)))
      findings.push(missing(node.name, 'openssl', `none of ${DIGEST_TOOLS.join(', ')} to tell a digest with`));
    return { findings, unknown: [], notes: [] };
  },
};

function missing(node: string, subject: string, title: string): Finding {
  return finding({
    code: 'tool_missing',
    node,
    subject,
    severity: 'warning',
    title,
    evidence: ['command -v found none'],
  });
}
