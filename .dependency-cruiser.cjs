// Imports point one way: main -> server -> resolvers -> connections -> {schema, context} -> db/*/loaders -> db/*/queries -> db/*/tables.
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    never('no-cycles', 'A cycle has no direction.', {}, { circular: true }),
    never(
      'leaves',
      'config, errors, text, the rules in domain and the schemas of the AdSuite contract import nothing of the rest.',
      { path: '^src/(config/.*|domain/.*|errors|text|adsuite-contract)\\.ts$' },
      { path: '^src/', pathNot: '^src/(domain|config)/' },
    ),
    never(
      'db-is-below',
      'The database layer serves whoever asks; it knows neither GraphQL nor HTTP.',
      { path: '^src/db/' },
      {
        path: ['^src/', 'node_modules/(graphql|type-graphql|fastify|@apollo|class-validator)/'],
        pathNot: '^src/(db/|domain/|errors\\.ts$|text\\.ts$|config/warehouse\\.ts$|push/(types|ports|ledger)\\.ts$)',
      },
    ),
    never(
      'stores-stand-apart',
      'What both need is in db/ itself; neither store knows of the other.',
      { path: '^src/db/(warehouse|ledger)/' },
      { path: '^src/db/(warehouse|ledger)/', pathNot: '^src/db/$1/' },
    ),
    never(
      'db-shares-downwards',
      'What is shared knows none of those that share it.',
      { path: '^src/db/[^/]+\\.ts$' },
      { path: '^src/db/[^/]+/' },
    ),
    never(
      'push-asks-by-interfaces',
      'The ledger implements what the push asks for; the push does not know how.',
      { path: '^src/push/(types|ports|ledger)\\.ts$' },
      { path: '^src/', pathNot: '^src/push/(types|ports|ledger)\\.ts$' },
    ),
    never(
      'queries-are-below-loaders',
      'Loaders batch queries, never the other way round.',
      {
        path: '^src/db/[^/]+/(queries/|list-query|keyset|order|sql|connect|pool|login|session|warehouse-faults|query-timeouts|target|limits)',
      },
      { path: '^src/db/[^/]+/loaders\\.ts$' },
    ),
    never(
      'tables-are-at-the-bottom',
      'Tables are names and types.',
      { path: '/tables\\.ts$' },
      { path: '^src/', pathNot: '^src/domain/' },
    ),
    never(
      'schema-is-types',
      'Types know neither who resolves them nor how rows are fetched.',
      { path: '^src/schema/' },
      {
        path: [
          '^src/(resolvers/|connections/|context\\.ts|server\\.ts|main\\.ts|start/|embedded/)',
          '^src/db/.*(loaders|connect|list-query|page|keyset|cursor)\\.ts$',
          'node_modules/(kysely|pg|dataloader)/',
        ],
      },
    ),
    never(
      'connections-are-below-resolvers',
      'How lists and metrics are read serves several resolvers.',
      { path: '^src/connections/' },
      { path: ['^src/(resolvers/|context\\.ts|server\\.ts|main\\.ts|start/|embedded/)', 'node_modules/(kysely|pg)/'] },
    ),
    never(
      'resolvers-translate',
      'A resolver translates and delegates; SQL is db/.',
      { path: '^src/resolvers/' },
      { path: ['node_modules/(kysely|pg)/', '^src/(server|main|start|embedded)'] },
    ),
    never(
      'resolvers-stand-alone',
      'What two resolvers share is in schema/ or db/.',
      { path: '^src/resolvers/', pathNot: '^src/resolvers/index\\.ts$' },
      { path: '^src/resolvers/' },
    ),
    never(
      'http-and-limits-are-below-the-server',
      'What a request may cost, and which connections are served, depends on nothing that answers it.',
      { path: '^src/(http|limits)/' },
      { path: '^src/', pathNot: '^src/($1/|config/|(errors|text)\\.ts$)' },
    ),
    never(
      'only-main-embeds',
      'The service does not know whether its stores are embedded.',
      { path: '^src/', pathNot: '^src/(main\\.ts|start/|embedded/)' },
      { path: '^src/embedded/' },
    ),
    never(
      'embedded-stands-alone',
      'What is embedded does what production does elsewhere; it knows nothing of the service but the contract with AdSuite.',
      { path: '^src/embedded/' },
      { path: '^src/', pathNot: '^src/(embedded/|domain/|adsuite-contract\\.ts$)' },
    ),
    never(
      'page-stands-alone',
      'The page runs in a browser.',
      { path: '^src/web/' },
      { path: '^src/', pathNot: '^src/web/' },
    ),
    never(
      'service-starts-no-servers',
      'local/ starts servers for tests, scripts and benchmarks; the service does not need it.',
      { path: '^src/' },
      { path: '^local/' },
    ),
    never(
      'local-is-below-its-users',
      'Tests, scripts and benchmarks import local/, never the other way round.',
      { path: '^local/' },
      { path: '^(test|scripts|bench)/' },
    ),
    never(
      'no-dev-dependencies',
      'The service runs without them.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
