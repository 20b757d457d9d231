/** A column as the property files describe it. */
export interface DbtColumn {
  readonly name: string;
  readonly description: string;
}

/** A relation that dbt reads (source) or writes (model). */
export interface DbtDescribed {
  readonly description: string;
  readonly columns: readonly DbtColumn[];
}

export interface DbtSource extends DbtDescribed {
  /** As `source()` calls it: source name and table name. */
  readonly source: string;
  readonly table: string;
  readonly schema: string;
  readonly file: string;
}

export interface DbtModel extends DbtDescribed {
  readonly name: string;
  readonly file: string;
  /** The file's text, Jinja and all. */
  readonly template: string;
  readonly config: ModelConfig;
  /** Names of the models that this one reads. */
  readonly refs: readonly string[];
}

/** What a model's `config()` and dbt_project.yml come to. */
export interface ModelConfig {
  readonly materialized: 'view' | 'table' | 'incremental';
  /** Incremental models only. */
  readonly incrementalStrategy: 'append' | 'delete+insert';
  readonly uniqueKey: string | undefined;
  /** `full_refresh: false` keeps an incremental model's rows even where the run asks for a full refresh. */
  readonly keptByFullRefresh: boolean;
  /** A column that is new in the select is added to the table that stands; else that is an error. */
  readonly appendNewColumns: boolean;
  /** Jinja templates, rendered after the model stands; an empty result is skipped. */
  readonly postHooks: readonly string[];
}

export interface DbtTest {
  readonly name: string;
  readonly file: string;
  readonly template: string;
  readonly severity: 'error' | 'warn';
}

export interface DbtMacroFile {
  readonly file: string;
  readonly template: string;
  /** The macros that the file defines. */
  readonly names: readonly string[];
}

export interface DbtProject {
  readonly folder: string;
  /** In an order in which each model comes after all that it reads; otherwise by name. */
  readonly models: readonly DbtModel[];
  readonly sources: readonly DbtSource[];
  /** A test passes when its statement gives no row. */
  readonly tests: readonly DbtTest[];
  readonly macros: readonly DbtMacroFile[];
  readonly vars: Readonly<Record<string, unknown>>;
}
