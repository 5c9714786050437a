import { aliasLinks } from '../../jobs/checks/alias-links.ts';
import { daemonHealth } from '../../jobs/checks/daemon-health.ts';
import { diskSpace } from '../../jobs/checks/disk-space.ts';
import { distributionProgress } from '../../jobs/checks/distribution-progress.ts';
import { hostKey } from '../../jobs/checks/host-key.ts';
import { incidentCauses } from '../../jobs/checks/incident-causes.ts';
import { leftovers } from '../../jobs/checks/leftovers.ts';
import { modelCopies } from '../../jobs/checks/model-copies.ts';
import { modelDigest } from '../../jobs/checks/model-digest.ts';
import { modelFormat } from '../../jobs/checks/model-format.ts';
import { modelLoads } from '../../jobs/checks/model-loads.ts';
import { modelPlay } from '../../jobs/checks/model-play.ts';
import { modelPresent } from '../../jobs/checks/model-present.ts';
import { nodeClock } from '../../jobs/checks/node-clock.ts';
import { nodeRights } from '../../jobs/checks/node-rights.ts';
import { quarantine } from '../../jobs/checks/quarantine.ts';
import { reachable } from '../../jobs/checks/reachable.ts';
import { transportDiagnosis } from '../../jobs/checks/transport-diagnosis.ts';
import { transportProbes } from '../../jobs/checks/transport-probes.ts';
import { workerSelf } from '../../jobs/checks/worker-self.ts';
import { clearLeftovers } from '../../jobs/repairs/clear-leftovers.ts';
import { distribute } from '../../jobs/repairs/distribute.ts';
import { distributeByDaemon } from '../../jobs/repairs/distribute-by-daemon.ts';
import { fillNode } from '../../jobs/repairs/fill-node.ts';
import { installHook } from '../../jobs/repairs/install-hook.ts';
import { linkAliases } from '../../jobs/repairs/link-aliases.ts';
import { pin } from '../../jobs/repairs/pin.ts';
import { pruneQuarantine } from '../../jobs/repairs/prune-quarantine.ts';
import { reExport } from '../../jobs/repairs/re-export.ts';
import { replaceAliasFile } from '../../jobs/repairs/replace-alias-file.ts';
import { restoreSource } from '../../jobs/repairs/restore-source.ts';
import { resyncModel } from '../../jobs/repairs/resync-model.ts';
import { retireAlias } from '../../jobs/repairs/retire-alias.ts';
import { rollback } from '../../jobs/repairs/rollback.ts';
import { trustHost } from '../../jobs/repairs/trust-host.ts';
import type { Check, Repair } from '../contract/job.ts';

export { copiesLook } from '../../jobs/checks/copies-look.ts';
export { holdersLook } from '../../jobs/checks/holders-look.ts';
export { measure } from '../../jobs/checks/measure.ts';
export { ownersLook } from '../../jobs/checks/owners-look.ts';
export { sourceLook } from '../../jobs/checks/source-look.ts';
export { chooseRepair } from '../../jobs/repairs/choose.ts';

/** Every check, in the order in which people read what they say. */
export const checks: readonly Check[] = [
  reachable,
  hostKey,
  modelPresent,
  modelDigest,
  modelFormat,
  aliasLinks,
  diskSpace,
  nodeRights,
  nodeClock,
  leftovers,
  daemonHealth,
  transportDiagnosis,
  incidentCauses,
  modelLoads,
  modelPlay,
  modelCopies,
  transportProbes,
  distributionProgress,
  quarantine,
  workerSelf,
];

/** Every repair, the most harmful cause first. */
export const repairs: readonly Repair[] = [
  restoreSource,
  reExport,
  fillNode,
  resyncModel,
  replaceAliasFile,
  linkAliases,
  retireAlias,
  clearLeftovers,
  installHook,
  distribute,
  distributeByDaemon,
  pin,
  rollback,
  trustHost,
  pruneQuarantine,
];
