import { ActionExit } from '../contract/action.ts';
import type { ScriptResult } from '../contract/sessions.ts';
import type { Node } from '../domain/node.ts';
import type { Argv, TransferStep } from '../domain/plan.ts';
import type { Execution, Kit } from './kit.ts';

/** done; failed: it says so itself and changed nothing more; lost: nobody saw how it ended. */
export type StepResult =
  | { readonly kind: 'done'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string /** Of the change script. */; readonly code?: number }
  | { readonly kind: 'lost'; readonly detail: string };

/** What a step is run with: on one node, in one execution. */
export type Hands = { readonly kit: Kit; readonly execution: Execution; readonly node: Node };

/** Runs one fixed script that changes the node. Only names from the registry run, with their arguments as data. */
export async function act({ kit, execution, node }: Hands, argv: Argv, timeoutMs: number): Promise<StepResult> {
  const [name = '', ...args] = argv.map((word) => (word === '{receipt}' ? execution.receipt : word));
  const action = kit.actions.get(name);
  if (action === undefined) return { kind: 'failed', detail: `no change script is called ${name}` };
  const { script } = action;
  const result = await kit.sessions.run(node, { name, script, args, timeoutMs, outputBytesMax: 65_536 });
  return resultOf(result);
}

/** Removes a partial file; false: nobody saw it go. */
export async function discard(hands: Hands, step: TransferStep, temporary: string): Promise<boolean> {
  const { kind } = await act(hands, hands.kit.argvs.discardTemporary(step, temporary), 20_000);
  return kind === 'done';
}

function resultOf(result: ScriptResult): StepResult {
  if (result.kind === 'unknown') return { kind: 'lost', detail: `${result.reason}: ${result.detail}` };
  if (result.code === 0) return { kind: 'done', detail: '' };
  const said = new TextDecoder().decode(result.stderr).split('\n')[0]?.slice(0, 300) ?? '';
  return { kind: 'failed', detail: said === '' ? meaningOf(result.code) : said, code: result.code };
}

function meaningOf(code: number): string {
  const meanings: Readonly<Record<number, string>> = {
    [ActionExit.moved]: 'the node is not as the plan saw it',
    [ActionExit.noTool]: 'the node has no tool for an atomic rename',
    [ActionExit.noSpace]: 'no space left on the node',
    [ActionExit.notPermitted]: 'not permitted on the node',
    [ActionExit.digestDiffers]: 'the digest on the node differs',
    [ActionExit.leaseHeld]: 'somebody else is changing this node',
    [ActionExit.notArrived]: 'what was brought is gone or not whole',
  };
  return meanings[code] ?? `the change script ended with ${code}`;
}
