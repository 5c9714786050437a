import type { Node } from '../../src/domain/node.ts';

/** An ordinary active GPU node with this name; `but` says what is different about it. */
export function aNode(name: string, but: Partial<Node> = {}): Node {
  return {
    name,
    addresses: [{ host: '192.0.2.1', port: 22 }],
    user: 'ubuntu',
    keyFile: null,
    proxy: null,
    local: false,
    venv: null,
    root: '~/ringrift/ai-service',
    modelsDir: '~/ringrift/ai-service/models',
    role: 'gpu_selfplay',
    status: 'ready',
    provider: name.split('-')[0] ?? '',
    gpu: 'H100',
    ephemeral: false,
    note: null,
    coordinator: false,
    active: true,
    noTargetBecause: null,
    ...but,
  };
}
