import type { ScriptResult } from '../../../src/contract/sessions.ts';

/** What a change script says that fails before it does anything. */
export const injectedFailure: ScriptResult = {
  kind: 'ended',
  code: 1,
  stdout: new Uint8Array(),
  stderr: new TextEncoder().encode('injected\n'),
  ms: 1,
};
