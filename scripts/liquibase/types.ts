/** The changelog's two worlds: the production warehouse, and the PostgreSQL that stands in for it. */
export type Context = 'redshift' | 'local';

/** What one run of the changelog needs. */
export interface ChangelogRun {
  /** The warehouse, as its superuser. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  readonly context: Context;
  /** Values of the changelog's parameters by name (docs/liquibase.md lists them), beside its own defaults. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Is told, line by line, what is being done. Passwords are not in it. */
  readonly report: (line: string) => void;
}

/** What ran the changelog: Liquibase, or this project's own small reader of its files. */
export type Tool = 'liquibase' | 'plain';

/** A fault that the message explains to whoever runs the changelog. */
export class ChangelogError extends Error {
  override readonly name = 'ChangelogError';
}
