import { StartError } from './listen.ts';

const help = `Starts the Attribution API. It takes no arguments: environment variables configure it.

  npm start                          demo data, embedded warehouse, http://127.0.0.1:4000/graphiql/
  PORT=4001 DATA_DIR=data npm start  another port, another folder for the data
  WAREHOUSE_CSV=folder npm start     your own data from CSV files
  WAREHOUSE_URL=... npm start        a warehouse on Redshift or PostgreSQL

docs/configuration.md has every variable with its default. README.md says where to go from there.`;

/**
 * What to print instead of starting.
 *
 * @param args the arguments of the command.
 * @returns null: nothing, start.
 * @throws StartError for an argument that would have no effect.
 */
export function helpFor(args: readonly string[]): string | null {
  if (args.some((each) => each === '--help' || each === '-h')) return help;
  if (args.length === 0) return null;
  throw new StartError(
    `Unknown argument ${JSON.stringify(args[0])}. Environment variables configure the service, for example ` +
      'PORT=4001 npm start. See npm start -- --help',
  );
}
