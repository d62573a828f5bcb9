/** The cuts of docs/architecture.md, enforced. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'model-is-pure',
      comment: 'core/model imports nothing but itself, not even node:',
      severity: 'error',
      from: { path: '^src/core/model/' },
      to: { pathNot: '^src/core/model/' },
    },
    {
      name: 'core-knows-no-vendor-and-no-http',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^src/(adapters|http|simulators|ops|sandbox|console|conformance|keys|gateway|cli|config)' },
    },
    {
      name: 'bullmq-only-in-the-queue',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/core/retry-queue\\.ts$' },
      to: { path: 'node_modules/bullmq/' },
    },
    {
      name: 'stores-only-in-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/core/(store/|retry-queue\\.ts$)' },
      to: { path: 'node_modules/(ioredis|pg|@electric-sql)/' },
    },
    {
      name: 'adapters-are-islands',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/($1|_shared)/' },
    },
    {
      name: 'adapters-know-only-the-port',
      severity: 'error',
      from: { path: '^src/adapters/[^/]+/' },
      to: { path: '^src/', pathNot: '^src/(adapters/|core/model/|core/adapter\\.ts$|core/clock\\.ts$|generated/vendors/)' },
    },
    {
      name: 'pure-parts-of-adapters',
      comment: 'plans, mappings, fault tables and codecs do no I/O',
      severity: 'error',
      from: { path: '^src/adapters/[^/]+/(plan|mapping|faults)\\.ts$|^src/adapters/[^/]+/codec/' },
      to: { path: 'node_modules/(axios|socket\\.io|@xmpp)|^(node:)?(net|tls|http|https|fs|timers)$' },
    },
    {
      name: 'http-knows-no-adapter-and-no-store',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/(adapters|simulators|sandbox|core/store|core/retry-queue)' },
    },
    {
      name: 'simulators-are-independent',
      comment: "a simulator is an own reading of the vendor's documents",
      severity: 'error',
      from: { path: '^src/simulators/' },
      to: { path: '^src/(adapters|core|http|gateway|config)' },
    },
    {
      name: 'simulators-are-islands',
      severity: 'error',
      from: { path: '^src/simulators/([^/]+)/' },
      to: { path: '^src/simulators/', pathNot: '^src/simulators/($1|kit)/' },
    },
    {
      name: 'product-code-needs-no-dev-dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
