/**
 * PostGraphile 5 on schema `peer`, tuned as its documentation says: production mode, prepared statements, plans and parsed
 * documents cached, answers written as text, no websockets, no watching.
 */
import { createServer } from 'node:http';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { addPgTableCondition } from 'postgraphile/utils';
import { listen, poolOptions } from './environment.ts';

/** A connection with this condition joins the iterations in its own statement; one from a function needs a second one. */
const convertedFrom = addPgTableCondition(
  { schemaName: 'peer', tableName: 'conversions' },
  'convertedFrom',
  (build) => ({ type: build.getInputTypeByName('Datetime') }),
  (value, { sql, sqlTableAlias, sqlValueWithCodec, build }) =>
    sql`${sqlTableAlias}.converted_at >= ${sqlValueWithCodec(value, build.dataplanPg.TYPES.timestamptz)}`,
);

const pool = new pg.Pool(poolOptions);
const preset: GraphileConfig.Preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [convertedFrom],
  pgServices: [makePgService({ pool, schemas: ['peer'] })],
  grafserv: { watch: false, websockets: false, graphiql: false, outputDataAsString: true },
  grafast: { explain: false },
};

const instance = postgraphile(preset).createServ(grafserv);
const server = createServer();
await instance.addTo(server);
await instance.ready();
listen(server);
