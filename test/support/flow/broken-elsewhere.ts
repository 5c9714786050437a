/** A test file, and the name of its case in which a step of the repair fails, dies or is not what it was to be. */
type Place = { readonly file: string; readonly case: string };

/** Repairs that faults.test.ts does not break: what they change is no ordinary node, or is a receipt's, the daemon's or the worker's own. */
export const brokenElsewhere: Readonly<Record<string, Place>> = {
  // Its steps are those of fill-node and resync-model; what it sends by force breaks off in the middle.
  distribute: { file: 'test/flow/broken-transfers.test.ts', case: 'the source changes leaves the old file in place' },
  'distribute-by-daemon': { file: 'test/flow/by-daemon.test.ts', case: 'waits for nobody where the daemon %s' },
  // What it does depends on a receipt.
  rollback: { file: 'test/flow/rollback.test.ts', case: 'is taken back itself when one of its steps fails' },
  pin: { file: 'test/flow/pin.test.ts', case: 'is all taken back where a step fails, the record too' },
  'restore-source': { file: 'test/flow/pin.test.ts', case: 'is all taken back where a step fails, the record too' },
  're-export': {
    file: 'test/flow/re-export.test.ts',
    case: 'leaves everything as it was when another torch would make other bytes',
  },
  'install-hook': { file: 'test/jobs/install-hook.test.ts', case: 'leaves what was there when %s is killed' },
  // What deletes has no way back.
  'prune-quarantine': {
    file: 'test/jobs/prune-quarantine.test.ts',
    case: 'that is killed at any program can be run again',
  },
  // It changes the worker's own file.
  'trust-host': { file: 'test/ssh/known-hosts-file.test.ts', case: 'says what stands in the way, without an address' },
};
