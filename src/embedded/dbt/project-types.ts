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
  /** The names that `source()` uses: of the source and of the table. */
  readonly source: string;
  readonly table: string;
  /** Its location. Several tables of a source may be parts of the same relation. */
  readonly schema: string;
  readonly identifier: string;
  readonly file: string;
  readonly freshness: DbtFreshness | null;
}

/**
 * The freshness limits of a source table: maximum ages of the newest `loadedAtField` among the rows that match the
 * filter.
 */
export interface DbtFreshness {
  readonly loadedAtField: string;
  /** An SQL condition; null for all rows. */
  readonly filter: string | null;
  /** Minutes. */
  readonly warnAfter: number;
  /** Minutes. */
  readonly errorAfter: number;
}

/** A user of the models. */
export interface DbtExposure {
  readonly name: string;
  readonly file: string;
  readonly description: string;
  /** Names of the models that it reads. */
  readonly refs: readonly string[];
}

export interface ContractColumn {
  readonly name: string;
  readonly dataType: string;
  readonly notNull: boolean;
}

/** The columns that a model guarantees, in order. */
export interface DbtContract {
  /** The property file that declares it. */
  readonly file: string;
  readonly columns: readonly ContractColumn[];
}

export interface DbtModel extends DbtDescribed {
  readonly name: string;
  readonly file: string;
  /** The file's text, with its Jinja. */
  readonly template: string;
  readonly config: ModelConfig;
  /** Names of the models that this one reads. */
  readonly refs: readonly string[];
  /** Null if no contract is enforced. */
  readonly contract: DbtContract | null;
}

/** The configuration of a model, from `config()` and dbt_project.yml. */
export interface ModelConfig {
  readonly materialized: 'view' | 'table' | 'incremental';
  /** Incremental models only. */
  readonly incrementalStrategy: 'append' | 'delete+insert';
  readonly uniqueKey: string | undefined;
  /** `full_refresh: false` keeps an incremental model's rows even in a full refresh. */
  readonly keptByFullRefresh: boolean;
  /** A new column of the select is added to the existing table; otherwise it is an error. */
  readonly appendNewColumns: boolean;
  /** Jinja templates of statements before and after the model, in its transaction. */
  readonly preHooks: readonly string[];
  readonly postHooks: readonly string[];
  readonly redshift: RedshiftConfig;
}

/** Settings of a model's table or view that only dbt-redshift uses. */
export interface RedshiftConfig {
  /** all, even, auto or a column; null if not set. */
  readonly dist: string | null;
  readonly sort: readonly string[];
  readonly sortType: 'compound' | 'interleaved';
  /** false: a late-binding view. */
  readonly bind: boolean;
}

export interface DbtTest {
  readonly name: string;
  readonly file: string;
  readonly template: string;
  readonly severity: 'error' | 'warn';
  readonly tags: readonly string[];
}

export interface DbtMacroFile {
  readonly file: string;
  readonly template: string;
  /** The macros that the file defines. */
  readonly names: readonly string[];
}

export interface DbtProject {
  readonly folder: string;
  /** Sorted so that each model comes after those that it reads; otherwise by name. */
  readonly models: readonly DbtModel[];
  readonly sources: readonly DbtSource[];
  /** A test passes if its statement returns no row. */
  readonly tests: readonly DbtTest[];
  readonly macros: readonly DbtMacroFile[];
  readonly exposures: readonly DbtExposure[];
  readonly vars: Readonly<Record<string, unknown>>;
  /** Jinja templates of the statements before the first model; an empty result is skipped. */
  readonly onRunStart: readonly string[];
  /** The same after the last one. */
  readonly onRunEnd: readonly string[];
}
