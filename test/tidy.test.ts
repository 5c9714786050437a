import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RefusalCode, UnknownReason } from '../src/domain/fault.ts';
import { FindingCode } from '../src/domain/finding.ts';
import { actions } from '../src/registry/actions.ts';
import { commands } from '../src/registry/commands.ts';
import { checks, repairs } from '../src/registry/jobs.ts';
import { brokenElsewhere } from './support/flow/broken-elsewhere.ts';
import { scenarios } from './support/flow/broken-node.ts';

const root = join(import.meta.dirname, '..');
const LINES_MAX = 250;
/** Files that are clearer whole than in parts, with the lines they may have. */
const LONGER: Readonly<Record<string, number>> = { 'src/demo/tour.ts': 280, 'src/config/medic-yaml.ts': 280 };

function filesIn(folder: string, ends: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ends.some((end) => entry.name.endsWith(end)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** A file's text without comments; line numbers stay. */
function codeOf(file: string): string {
  return textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/^\s*\/\/.*$/gm, '');
}

/** A line without what stands in its strings. */
function bare(line: string): string {
  return line.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g, "''");
}

const sources = ['src', 'commands', 'jobs']
  .flatMap((folder) => filesIn(folder, ['.ts', '.tsx']))
  .filter((file) => !file.endsWith('.d.ts'));
const tests = filesIn('test', ['.ts', '.tsx']);
const launchers = filesIn('src', ['.mjs']);

/** Every place where a pattern occurs, as `file:line text`; `shown` says what of a line counts. */
function places(files: readonly string[], pattern: RegExp, shown: (line: string) => string = (line) => line): string[] {
  return files.flatMap((file) =>
    codeOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(shown(line)) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  );
}

describe('the house', () => {
  it('has sources to judge', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(tests.length).toBeGreaterThan(50);
  });

  it.each<[string, RegExp, string]>([
    ['any', /(?::|<|\bas|,)\s*any\b(?!\w|')/, 'say what it is, or `unknown` and a schema'],
    [
      'a non-null assertion',
      /[\w)\]]!(?:[.;,)\]]|$)/,
      'handle the absent case, or throw an Error that says what is broken',
    ],
    ['a default export', /^export default\b/, 'export it by its name'],
    ['an enum', /^\s*(?:export\s+)?(?:const\s+)?enum\s/, 'use a union of strings or z.enum'],
    ['a parameter property', /constructor\([^)]*\b(?:private|public|readonly)\s/, 'declare the field and assign it'],
    ['console', /\bconsole\.\w+\(/, 'pass a logger, or write to process.stdout in a root'],
    ['vi.mock', /\bvi\.mock\(/, 'pass the part as an argument'],
    ['a test that runs alone', /\b(?:it|describe|test)\.only\(/, 'remove .only'],
  ])('has no %s', (what, pattern, instead) => {
    expect(places([...sources, ...tests], pattern, bare), `${what}: ${instead}`).toEqual([]);
  });

  it('keeps files short enough to read at once', () => {
    const long = sources.flatMap((file) => {
      const lines = textOf(file).split('\n').length - 1;
      return lines > (LONGER[file] ?? LINES_MAX) ? [`${file} has ${lines} lines`] : [];
    });
    expect(long, `at most ${LINES_MAX} lines: move what stands alone into a file of its own`).toEqual([]);
  });

  it('has no drawers', () => {
    const drawers = [...sources, ...tests].filter((file) =>
      /^(?:types|utils?|helpers?|common|misc|index)\.tsx?$/.test(basename(file)),
    );
    expect(drawers, 'name the file after what it holds').toEqual([]);
  });

  it('reads the environment in few places', () => {
    const allowed = /^src\/(?:config\.ts|config\/|demo\/|bootstrap\/)/;
    const elsewhere = places(
      sources.filter((file) => !allowed.test(file)),
      /process\.env\b/,
    );
    expect(elsewhere, 'take it from Config, which checks it and tells every fault at once').toEqual([]);
  });

  it('knows no path of one machine', () => {
    const found = places([...sources, ...launchers], /['"`\s(](?:\/home\/|\/Users\/|\/work\/|\/tmp\/)[\w.-]/);
    expect(found, 'build paths from the configuration, os.tmpdir() or import.meta.dirname').toEqual([]);
  });

  it('says of every exported function what it is for', () => {
    const silent = sources
      .filter((file) => !file.startsWith('src/demo/slack/page/') && !/^(?:commands|src\/registry)\//.test(file))
      .flatMap((file) => {
        const lines = textOf(file).split('\n');
        return lines.flatMap((line, index) => {
          if (!/^export (?:async )?function \w/.test(line)) return [];
          return lines[index - 1]?.trim().endsWith('*/') ? [] : [`${file}:${index + 1} ${line}`];
        });
      });
    expect(silent, 'write one sentence over it: what it is for, its units, its errors').toEqual([]);
  });

  it('names files in small letters and dashes', () => {
    const odd = [...sources, ...tests].filter((file) => !/^[a-z0-9]+(?:[.-][a-z0-9]+)*\.tsx?$/.test(basename(file)));
    expect(odd, 'kebab-case').toEqual([]);
  });
});

describe('the registries', () => {
  it('list every command on disk, by the name of its file, and each has its tests', () => {
    const onDisk = filesIn('commands', ['.ts']).map((file) => basename(file, '.ts'));
    expect(commands.map(({ name }) => name).toSorted(), 'add the command to src/registry/commands.ts').toEqual(onDisk);
    const tested = filesIn('test/commands', ['.test.ts']).map((file) => basename(file, '.test.ts'));
    expect(
      onDisk.filter((name) => !tested.includes(name)),
      'add test/commands/<name>.test.ts',
    ).toEqual([]);
  });

  it.each([
    ['checks', 'Check', checks],
    ['repairs', 'Repair', repairs],
  ] as const)('list every one of the %s on disk, by the name of its file', (folder, type, listed) => {
    const onDisk = filesIn(`jobs/${folder}`, ['.ts']).filter((file) =>
      new RegExp(`^export const \\w+: ${type} = `, 'm').test(textOf(file)),
    );
    expect(listed.map(({ name }) => name).toSorted(), 'add it to src/registry/jobs.ts').toEqual(
      onDisk.map((file) => basename(file, '.ts')).toSorted(),
    );
  });

  it('name for every repair the checks that judge it, and cases that break a node', () => {
    const cases = filesIn('test/jobs', ['.ts']).map(textOf).join('\n');
    const names = checks.map(({ name }) => name);
    for (const repair of repairs) {
      // A way back restores what was wrong before, and no check knows the hook or what is kept; what the names are is compared instead.
      if (!['rollback', 'install-hook', 'prune-quarantine'].includes(repair.name))
        expect(repair.verify.length, `${repair.name} needs a check that must be clear afterwards`).toBeGreaterThan(0);
      expect(names, `${repair.name} is judged by a check of the registry`).toEqual(
        expect.arrayContaining([...repair.verify]),
      );
      expect(cases.includes(`'${repair.name}'`), `add cases for ${repair.name} to test/jobs/repair-cases.ts`).toBe(
        true,
      );
    }
  });

  it('break every repair on purpose: a step of it fails, or dies under it', () => {
    const places = Object.entries(brokenElsewhere);
    expect(
      [...Object.keys(scenarios), ...places.map(([name]) => name)].toSorted(),
      'add how to break a node for it to test/support/flow/broken-node.ts, or where it is broken to broken-elsewhere.ts',
    ).toEqual(repairs.map(({ name }) => name).toSorted());
    const gone = places.filter(([, at]) => !textOf(at.file).includes(`'${at.case}`)).map(([name]) => name);
    expect(gone, 'its case has another name now, or is no more').toEqual([]);
  });

  it('list every action script on disk, and every one has tests that run it', () => {
    const onDisk = filesIn('src/actions', ['.ts']).flatMap((file) =>
      [...textOf(file).matchAll(/^ {2}name: '([\w-]+)'/gm)].map(([, name = '']) => name),
    );
    expect([...actions.keys()].toSorted(), 'add it to src/registry/actions.ts').toEqual(onDisk.toSorted());
  });
});

describe('the documents', () => {
  const documents = ['README', 'ARCHITECTURE', 'CONTRIBUTING', 'DECISIONS', 'ERRORS', 'SECURITY', 'CHANGELOG'].map(
    (name) => `${name}.md`,
  );

  it('ERRORS.md explains exactly the codes there are', () => {
    const [, findings = '', unknowns = '', refusals = ''] = textOf('ERRORS.md').split(/^## /m);
    const explained = (section: string): string[] =>
      [...section.matchAll(/^\| `(\w+)` \| (.+) \| (.+) \|$/gm)].map(([, code = '']) => code);
    expect(explained(findings).toSorted(), 'one row a code of src/domain/finding.ts').toEqual(
      [...FindingCode.options].toSorted(),
    );
    expect(explained(unknowns).toSorted(), 'one row a reason of src/domain/fault.ts').toEqual(
      [...UnknownReason.options].toSorted(),
    );
    expect(explained(refusals).toSorted(), 'one row a refusal of src/domain/fault.ts').toEqual(
      [...RefusalCode.options].toSorted(),
    );
  });

  it('ERRORS.md calls a code reserved only when nothing in the code says it', () => {
    const said = sources
      .filter((file) => !/^src\/(?:domain\/f(?:ault|inding)|slack\/wording|cli)\.ts$/.test(file))
      .map(codeOf)
      .join('\n');
    const reserved = [...textOf('ERRORS.md').matchAll(/^\| `(\w+)` \| \*reserved\*/gm)].map(([, code = '']) => code);
    expect(
      reserved.filter((code) => said.includes(`'${code}'`)),
      'take *reserved* away: the code is said now',
    ).toEqual([]);
    const silent = [...FindingCode.options, ...RefusalCode.options].filter(
      (code) => !said.includes(`'${code}'`) && !reserved.includes(code),
    );
    expect(silent, 'nothing says this code: mark it *reserved* in ERRORS.md').toEqual([]);
  });

  it.each(documents)('%s points only at files that exist', (document) => {
    const files = new Set(readdirSync(root, { recursive: false }).map(String));
    const links = [...textOf(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target = '']) => target.split('/')[0] ?? '',
    );
    expect(links.filter((first) => !files.has(first))).toEqual([]);
  });

  it('ARCHITECTURE.md names every folder of src', () => {
    const text = textOf('ARCHITECTURE.md');
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(
      folders.filter((name) => !text.includes(`src/${name}`)),
      'say in ARCHITECTURE.md what lives there',
    ).toEqual([]);
  });
});
