import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..', '..');

describe('layer rules', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'medic-layers-'));
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json'])
      copyFileSync(join(project, name), join(folder, name));
    put(
      'package.json',
      JSON.stringify({ type: 'module', dependencies: { ssh2: '1', '@slack/bolt': '1', bullmq: '1', zod: '4' } }),
    );
    for (const name of ['ssh2', '@slack/bolt', 'bullmq', 'zod']) {
      put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      put(`node_modules/${name}/index.js`, 'module.exports = {};');
    }
    put('commands/status.ts', "import '../src/domain/plan.ts';");
    put('jobs/checks/alias.ts', "import '../../src/facts/survey.ts';");
    put('src/facts/survey.ts', "import '../domain/plan.ts';");
    put('src/domain/plan.ts', "import { z } from 'zod';\nexport const plan = z;");
    put('src/ssh/sessions.ts', "import ssh2 from 'ssh2';\nimport '../domain/plan.ts';\nexport const sessions = ssh2;");
    put('src/slack/tell.ts', "import bolt from '@slack/bolt';\nexport const tell = bolt;");
    put('src/bot.ts', "import './slack/tell.ts';");
    put('src/worker.ts', "import './ssh/sessions.ts';");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is content with a tree that keeps them', () => {
    expect(broken()).toEqual([]);
  });

  it.each([
    [
      'bot-cannot-reach-ssh2',
      'src/slack/tell.ts',
      "import './far.ts';",
      'src/slack/far.ts',
      "import '../ssh/sessions.ts';",
    ],
    ['worker-cannot-reach-slack', 'src/ssh/sessions.ts', "import '../slack/tell.ts';"],
    ['domain-imports-zod-and-crypto-only', 'src/domain/plan.ts', "import 'node:fs';"],
    ['domain-imports-zod-and-crypto-only', 'src/domain/plan.ts', "import '../facts/survey.ts';"],
    ['commands-import-domain-and-contract-only', 'commands/status.ts', "import '../src/slack/tell.ts';"],
    ['jobs-import-domain-contract-facts-and-argvs-only', 'jobs/checks/alias.ts', "import '../../src/ssh/sessions.ts';"],
    ['engine-imports-domain-and-contract-only', 'src/engine/run.ts', "import '../facts/survey.ts';"],
    ['only-there-bullmq', 'src/engine/run.ts', "import 'bullmq';"],
    ['adapter-ssh-imports-no-other', 'src/ssh/sessions.ts', "import '../slack/tell.ts';"],
    ['no-circles', 'src/domain/plan.ts', "import './other.ts';", 'src/domain/other.ts', "import './plan.ts';"],
    ['roots-are-imported-by-nobody', 'src/slack/tell.ts', "import '../worker.ts';"],
    [
      'sources-import-no-tests',
      'src/slack/tell.ts',
      "import '../../test/support.ts';",
      'test/support.ts',
      'export const a = 1;',
    ],
    ['no-orphans', 'src/facts/left-over.ts', 'export const nobody = 1;'],
    ['no-unresolvable', 'src/slack/tell.ts', "import './not-there.ts';"],
  ])('names %s when %s breaks it', (rule, ...files) => {
    for (let at = 0; at < files.length; at += 2) put(files[at] ?? '', files[at + 1] ?? '');
    expect(broken()).toContain(rule);
  });

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }

  function broken(): string[] {
    const program = join(project, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
    const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'commands', 'jobs'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    const { summary } = JSON.parse(stdout);
    expect(summary.totalCruised).toBeGreaterThan(5);
    return summary.violations.map((violation: { rule: { name: string } }) => violation.rule.name);
  }
});
