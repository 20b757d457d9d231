import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { NotExportable } from './errors.ts';
import { type Fragments, fieldsOf, keyOf } from './selection.ts';

/** A column of a table whose rows are objects of an answer. */
export interface Column {
  /** The path of the value in its row, e.g. `iteration.id`. */
  readonly name: string;
  readonly path: readonly string[];
  /** Lists are written as JSON. */
  readonly kind: 'text' | 'number' | 'list';
}

/** Types whose values are never text that a person wrote. */
const numbers: ReadonlySet<string> = new Set(['Int', 'Float', 'Boolean', 'Decimal', 'Microseconds', 'Seconds']);

/**
 * The columns of rows, by what a document selects of them and not by the data: an object that is null in all rows has its
 * columns too.
 *
 * @throws {NotExportable} if a row has a list with pages of its own.
 */
export function columnsOf(
  schema: GraphQLSchema,
  fragments: Fragments,
  sets: readonly (SelectionSetNode | undefined)[],
  type: GraphQLNamedType,
  path: readonly string[] = [],
): readonly Column[] {
  const byKey = Map.groupBy(fieldsOf(sets, fragments), keyOf);
  return [...byKey].flatMap(([key, nodes]) => {
    const name = nodes[0]?.name.value ?? '';
    const field =
      name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : isObjectType(type) && type.getFields()[name];
    if (!field) throw new Error(`a valid document has an unknown field: ${type.name}.${name}`);
    const own = getNamedType(field.type);
    const place = [...path, key];
    const column = { name: place.join('.'), path: place };
    const isList = isListType(getNullableType(field.type));
    if (!isObjectType(own)) {
      const kind = isList ? 'list' : numbers.has(own.name) ? 'number' : 'text';
      return [{ ...column, kind } as const];
    }
    if ('pageInfo' in own.getFields()) {
      throw new NotExportable(
        `Each row has a list with pages of its own: ${column.name}. Leave it out, or export that list by itself.`,
      );
    }
    const inner = columnsOf(
      schema,
      fragments,
      nodes.map(({ selectionSet }) => selectionSet),
      own,
      place,
    );
    return isList ? [{ ...column, kind: 'list' } as const] : inner;
  });
}
