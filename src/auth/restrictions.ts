/** What a caller may not do, whatever the role. The words are also the options of `npm run keys`, without the dashes. */
export const restrictions = [
  /** Only trusted documents, named by their ids. Includes `no-introspection`. */
  'documents-only',
  /** No `__schema`, no `__type`, and no suggestions of names in errors. */
  'no-introspection',
] as const;

export type Restriction = (typeof restrictions)[number];

/** A caller, or a stored key. */
interface Restricted {
  readonly restrictions: readonly Restriction[];
}

export const isRestriction = (text: unknown): text is Restriction => restrictions.some((each) => each === text);

/** Whether the caller may send only documents that the service knows. */
export const isDocumentsOnly = ({ restrictions: own }: Restricted): boolean => own.includes('documents-only');

/** Whether the caller may read the schema. */
export const mayIntrospect = ({ restrictions: own }: Restricted): boolean => own.length === 0;
