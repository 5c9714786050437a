// Who may import whom: ARCHITECTURE.md in rules. `npm run check` runs it and also wants to have seen modules.
const adapters = ['queue', 'ledger', 'inventory', 'ssh', 'transports', 'slack', 'alerts', 'redis'];
const roots = '^src/(bot|worker|cli)\\.ts$';

/** A floor may import only these of our own folders; packages and node: are other rules' business. */
const floor = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|commands|jobs|test)/', pathNot: [from, ...allowed] },
});

const domain = '^src/domain/';
const contract = '^src/contract/';
const facts = '^src/facts/';
const actions = '^src/actions/';

/** A package that only these files may import. */
const sdk = (name, packages, allowed) => ({
  name: `only-there-${name}`,
  comment: `each adapter is the only importer of its SDK`,
  severity: 'error',
  from: { path: '^(src|commands|jobs)/', pathNot: allowed },
  to: { path: `^node_modules/(${packages})/` },
});

/** A root that must not even indirectly be able to load a package. */
const cannotReach = (root, packages) => ({
  name: `${root}-cannot-reach-${packages.replace(/\W/g, '')}`,
  severity: 'error',
  from: { path: `^src/${root}\\.ts$` },
  to: { path: `^node_modules/${packages}/`, reachable: true },
});

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'a file that imports nothing and that nobody imports is left over',
      severity: 'error',
      from: { orphan: true, pathNot: [roots, '^src/bootstrap/', '\\.d\\.m?ts$'] },
      to: {},
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'domain-imports-zod-and-crypto-only',
      severity: 'error',
      from: { path: domain },
      to: { pathNot: [domain, '^node_modules/zod/', '^(node:)?crypto$'] },
    },
    floor('contract-imports-domain-only', contract, [domain]),
    floor('facts-import-domain-and-contract-only', facts, [domain, contract]),
    floor('commands-import-domain-and-contract-only', '^commands/', [domain, contract]),
    floor('jobs-import-domain-contract-facts-and-argvs-only', '^jobs/', [domain, contract, facts, actions]),
    floor('actions-import-domain-contract-facts-only', actions, [domain, contract, facts]),
    ...['keys', 'http', 'shell', 'pictures', 'traces'].map((name) =>
      floor(`${name}-imports-domain-and-contract-only`, `^src/${name}/`, [domain, contract]),
    ),
    floor('registry-imports-units-only', '^src/registry/', [domain, contract, '^commands/', '^jobs/', actions]),
    floor('engine-imports-domain-and-contract-only', '^src/engine/', [domain, contract]),
    ...adapters.map((name) => {
      // The launchers know where a Redis server is; nobody else may lean on them.
      const own = { redis: ['^src/bootstrap/'], transports: [facts] }[name] ?? [];
      return floor(`adapter-${name}-imports-no-other`, `^src/${name}/`, [domain, contract, ...own]);
    }),
    {
      name: 'only-redis-and-the-demo-use-the-launchers',
      severity: 'error',
      from: { path: '^(src|commands|jobs)/', pathNot: '^src/(bootstrap|redis|demo)/' },
      to: { path: '^src/bootstrap/' },
    },
    { name: 'roots-are-imported-by-nobody', severity: 'error', from: {}, to: { path: roots } },
    {
      name: 'demo-stays-outside',
      severity: 'error',
      from: { path: '^(src|commands|jobs)/', pathNot: '^src/demo/' },
      to: { path: '^src/demo/' },
    },
    {
      name: 'sources-import-no-tests',
      severity: 'error',
      from: { path: '^(src|commands|jobs)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-development-packages-in-production',
      severity: 'error',
      from: { path: '^(src|commands|jobs)/', pathNot: '^src/(demo|bootstrap)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '^node_modules/@types/' },
    },
    sdk('ssh2', '(@types/)?ssh2', ['^src/ssh/', '^src/demo/']),
    sdk('slack', '@slack', ['^src/slack/']),
    sdk('bullmq', 'bullmq', ['^src/queue/']),
    sdk('ioredis', 'ioredis', ['^src/(queue|ledger|redis)/']),
    sdk('yaml', 'yaml', ['^src/inventory/', '^src/config(\\.ts|/)', '^src/demo/']),
    sdk('otel', '(@opentelemetry|bullmq-otel)', ['^src/traces/']),
    sdk('metrics', 'prom-client', ['^src/(metrics|http|alerts)(\\.ts|/)', roots]),
    sdk('resvg', '@resvg', ['^src/pictures/']),
    cannotReach('bot', 'ssh2'),
    cannotReach('bot', '@types/ssh2'),
    cannotReach('worker', '@slack'),
    cannotReach('cli', '@slack'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.cache)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
