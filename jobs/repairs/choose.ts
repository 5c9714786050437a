import type { ChooseRepair } from '../../src/contract/job.ts';
import { bestCopy } from '../../src/domain/expected.ts';
import type { FindingCode } from '../../src/domain/finding.ts';
import { isNoModel } from '../checks/survey-of.ts';
import { clearLeftovers } from './clear-leftovers.ts';
import { fillNode } from './fill-node.ts';
import { linkAliases } from './link-aliases.ts';
import { reExport } from './re-export.ts';
import { replaceAliasFile } from './replace-alias-file.ts';
import { restoreSource } from './restore-source.ts';
import { resyncModel } from './resync-model.ts';
import { retireAlias } from './retire-alias.ts';

const WRONG_MODEL: readonly FindingCode[] = [
  'model_missing',
  'model_truncated',
  'model_outdated',
  'digest_mismatch',
  'format_invalid',
  'format_corrupt',
  'format_legacy',
  'load_refused',
  'metadata_wrong',
];
const WRONG_LINK: readonly FindingCode[] = ['alias_missing', 'alias_dangling', 'alias_wrong_target', 'alias_loop'];
const LEADS_NOWHERE: readonly FindingCode[] = ['alias_dangling', 'alias_loop'];

/** The one repair that cures everything found about a model on a node. The source's own models are a person's business. */
export const chooseRepair: ChooseRepair = (findings, expected) => {
  const has = (...codes: readonly FindingCode[]): boolean => findings.some(({ code }) => codes.includes(code));
  if (has('leftovers')) return clearLeftovers.name;
  if (has('models_folder_missing')) return fillNode.name;
  // Its alias too is judged by what arrives.
  if (has('model_in_flight')) return undefined;
  if (has('models_folder_empty')) return fillNode.name;
  const onSource = findings.some(({ node }) => node === expected.source.node);
  if (has('digest_disputed')) return undefined;
  if (has(...WRONG_MODEL) && onSource) {
    if (bestCopy(expected) !== undefined) return restoreSource.name;
    const { source } = expected;
    return source.kind === 'bad' && source.code === 'format_legacy' ? reExport.name : undefined;
  }
  if (has('alias_not_a_link')) return replaceAliasFile.name;
  if (has(...WRONG_MODEL)) return resyncModel.name;
  if (!has(...WRONG_LINK)) return undefined;
  return has(...LEADS_NOWHERE) && isNoModel(expected) ? retireAlias.name : linkAliases.name;
};
