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
  /** Where it stands. Several tables of a source may stand for parts of the same relation. */
  readonly schema: string;
  readonly identifier: string;
  readonly file: string;
  readonly freshness: DbtFreshness | null;
}

/** When a source table is too old: the newest `loadedAtField` of the rows that the filter lets through. */
export interface DbtFreshness {
  readonly loadedAtField: string;
  /** An SQL condition; null for all rows. */
  readonly filter: string | null;
  /** Minutes. */
  readonly warnAfter: number;
  /** Minutes. */
  readonly errorAfter: number;
}

/** Somebody who uses the models. */
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

/** The columns that a model promises, in order. */
export interface DbtContract {
  /** The property file that declares it. */
  readonly file: string;
  readonly columns: readonly ContractColumn[];
}

export interface DbtModel extends DbtDescribed {
  readonly name: string;
  readonly file: string;
  /** The file's text, Jinja and all. */
  readonly template: string;
  readonly config: ModelConfig;
  /** Names of the models that this one reads. */
  readonly refs: readonly string[];
  /** Null where nothing is enforced. */
  readonly contract: DbtContract | null;
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
  readonly redshift: RedshiftConfig;
}

/** What dbt-redshift makes of a model's table or view, and nothing else heeds. */
export interface RedshiftConfig {
  /** all, even, auto or a column; null where not given. */
  readonly dist: string | null;
  readonly sort: readonly string[];
  readonly sortType: 'compound' | 'interleaved';
  /** false: a view that is bound to what it reads only when it is read. */
  readonly bind: boolean;
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
  readonly exposures: readonly DbtExposure[];
  readonly vars: Readonly<Record<string, unknown>>;
}
