// Imports point one way: main -> server -> resolvers -> {context, connections} -> {schema, db/*/loaders} -> db/*/queries -> db/*/tables.
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    never('no-cycles', 'Imports point one way.', {}, { circular: true }),
    never(
      'leaves',
      'config, errors, text, the rules in domain and the schemas of the AdSuite contract import no other folder of src.',
      { path: '^src/(config|domain|errors|text|abort|adsuite-contract)[/.]' },
      { path: '^src/', pathNot: '^src/$1[/.]' },
    ),
    never(
      'db-is-below',
      'The database layer does not depend on GraphQL or HTTP.',
      { path: '^src/db/' },
      {
        path: ['^src/', 'node_modules/(graphql|type-graphql|fastify|@apollo|class-validator)/'],
        pathNot: '^src/(db/|domain/|(abort|errors|text)\\.ts$|config/warehouse\\.ts$|push/(types|ports|ledger)\\.ts$)',
      },
    ),
    never(
      'stores-stand-apart',
      'Warehouse and ledger do not depend on each other. Code for both is in db/ itself.',
      { path: '^src/db/(warehouse|ledger)/' },
      { path: '^src/db/(warehouse|ledger)/', pathNot: '^src/db/$1/' },
    ),
    never(
      'db-shares-downwards',
      'Shared code in db/ does not depend on one of the stores.',
      { path: '^src/db/[^/]+\\.ts$' },
      { path: '^src/db/[^/]+/' },
    ),
    never(
      'push-defines-interfaces',
      'The ledger implements the interfaces of the push. The interfaces do not depend on the implementation.',
      { path: '^src/push/(types|ports|ledger)\\.ts$' },
      { path: '^src/', pathNot: '^src/push/(types|ports|ledger)\\.ts$' },
    ),
    never(
      'push-imports-no-database',
      'Ports in domain types: src/db/ledger implements the ledger, src/start/push-source.ts the source.',
      { path: '^src/push/' },
      { path: '^src/db/' },
    ),
    never(
      'queries-are-below-loaders',
      'Loaders call queries, queries do not call loaders.',
      {
        path: '^src/db/[^/]+/(queries/|list-query|keyset|order|sql|connect|pool|login|session|warehouse-faults|query-timeouts|database|recording|target|timeouts)',
      },
      { path: '^src/db/[^/]+/loaders\\.ts$' },
    ),
    never(
      'snapshot-sends-nothing',
      'The tables in memory know the queries that they answer, and send none: src/db/warehouse/read-snapshot.ts reads them.',
      { path: '^src/db/snapshot/' },
      {
        path: '^src/',
        pathNot:
          '^src/(db/snapshot/|domain/|db/(page|cursor)\\.ts$|db/warehouse/(queries/(?!builds)|order|list-query|sql))',
      },
    ),
    never(
      'snapshot-is-used-by-loaders',
      'Everything else asks the loaders.',
      {
        path: '^src/',
        pathNot: '^src/db/(snapshot/|warehouse/(snapshots|read-snapshot|snapshot-first|small-table-loaders)\\.ts$)',
      },
      { path: '^src/db/snapshot/' },
    ),
    never(
      'tables-are-at-the-bottom',
      'Table definitions are names and types only.',
      { path: '/tables\\.ts$' },
      { path: '^src/', pathNot: '^src/domain/' },
    ),
    never(
      'schema-is-types',
      'GraphQL types do not depend on resolvers or on the database.',
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
      'Connections are shared by resolvers and do not depend on them.',
      { path: '^src/connections/' },
      { path: ['^src/(resolvers/|context\\.ts|server\\.ts|main\\.ts|start/|embedded/)', 'node_modules/(kysely|pg)/'] },
    ),
    never(
      'resolvers-translate',
      'A resolver translates and delegates. SQL belongs in db/.',
      { path: '^src/resolvers/' },
      { path: ['node_modules/(kysely|pg)/', '^src/(server|main|start|embedded)'] },
    ),
    never(
      'resolvers-stand-alone',
      'Resolvers do not import each other. Shared code belongs in schema/, connections/ or db/.',
      { path: '^src/resolvers/', pathNot: '^src/resolvers/index\\.ts$' },
      { path: '^src/resolvers/' },
    ),
    never(
      'http-and-limits-are-below-the-server',
      'Limits and HTTP checks run before a request is answered and do not depend on resolvers.',
      { path: '^src/(http|limits)/' },
      { path: '^src/', pathNot: '^src/($1/|limits/|config/|telemetry/|(errors|text)\\.ts$)' },
    ),
    never(
      'telemetry-watches',
      'Metrics and traces know what stores and pushes report, not the stores and pushes themselves.',
      { path: '^src/telemetry/' },
      {
        path: '^src/',
        pathNot:
          '^src/(telemetry/|config/|domain/|db/(observation|timeout)\\.ts$|push/(types|adsuite/request-observer)\\.ts$)',
      },
    ),
    never(
      'traces-are-loaded-on-demand',
      'A service without traces does not load their libraries.',
      { path: '^src/', pathNot: '^src/telemetry/open-telemetry\\.ts$' },
      {
        path: ['node_modules/@opentelemetry/', '^src/telemetry/open-telemetry\\.ts$'],
        dependencyTypesNot: ['dynamic-import'],
      },
    ),
    never(
      'auth-is-below-the-server',
      'Authentication runs before a request is answered, and works while the databases are down.',
      { path: '^src/auth/' },
      {
        path: '^src/',
        pathNot: '^src/(auth/|config/auth\\.ts$|(errors|text)\\.ts$|http/(throttled-log|signal-routes)\\.ts$)',
      },
    ),
    never(
      'documents-are-below-the-server',
      'Trusted documents are found before a request is answered, and while the databases are down.',
      { path: '^src/documents/' },
      { path: '^src/', pathNot: '^src/(documents/|auth/(errors|restrictions|caller)\\.ts$|(errors|text)\\.ts$)' },
    ),
    never(
      'answers-are-below-the-server',
      'Answers are kept and shared whatever they contain: by the request, the rights and the version of the data.',
      { path: '^src/answers/' },
      {
        path: '^src/',
        pathNot: '^src/(answers/|http/|db/warehouse/(build-watch|queries/builds)\\.ts$|(abort|errors)\\.ts$)',
      },
    ),
    never(
      'only-main-embeds',
      'Only the start of the service knows whether its stores are embedded.',
      { path: '^src/', pathNot: '^src/(main\\.ts|start/|embedded/)' },
      { path: '^src/embedded/' },
    ),
    never(
      'embedded-stands-alone',
      'Embedded stores replace external systems. They share only domain rules and the contract with AdSuite with the service.',
      { path: '^src/embedded/' },
      { path: '^src/', pathNot: '^src/(embedded/|domain/|adsuite-contract\\.ts$)' },
    ),
    never(
      'page-stands-alone',
      'The page runs in a browser, so it imports no server code.',
      { path: '^src/web/' },
      { path: '^src/', pathNot: '^src/web/' },
    ),
    never(
      'src-stands-alone',
      'The service does not depend on development code.',
      { path: '^src/' },
      { path: '^(local|scripts|bench|test|examples)/' },
    ),
    never(
      'development-code-shares-local',
      'Code that scripts, benchmarks and tests share belongs in local/. They do not import each other.',
      { path: '^(local|scripts|bench)/' },
      { path: '^(scripts|bench|test|examples)/', pathNot: '^$1/' },
    ),
    never(
      'tests-import-scripts-under-test',
      'Only a test of a script imports it: test/stack, test/liquibase, test/check-dbt and test/check-schema. Every test lints the SQL that it sends.',
      { path: '^test/', pathNot: '^test/(stack|liquibase|check-dbt|check-schema)/' },
      { path: '^scripts/', pathNot: '^scripts/redshift-lint/' },
    ),
    never(
      'benchmarks-are-not-imported',
      'Benchmarks are programs, and have no tests.',
      { path: '^test/' },
      { path: '^bench/' },
    ),
    never(
      'examples-stand-alone',
      'An example is copied into another project: it imports only its own folder and Node.',
      { path: '^examples/([^/]+)/' },
      {
        path: ['^(src|local|scripts|bench|test)/', '^examples/', 'node_modules/'],
        pathNot: ['^examples/$1/', 'typed-document-node'],
      },
    ),
    never(
      'no-dev-dependencies',
      'The service runs without development dependencies.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
