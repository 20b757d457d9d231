import { IsOptional, Max, Min } from 'class-validator';
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { defaultPageSize, maxPageSize } from '../config/limits.ts';
import type { Answer } from '../db/answer.ts';
import { Lazy } from './lazy.ts';
import type { TimeValue } from './time-fields.ts';
import { IsStorableText } from './validation.ts';

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultPageSize,
    description: `Page size: the maximum number of rows to return, 1 to ${maxPageSize}.`,
  })
  @IsOptional()
  @Min(1, { message: `must be from 1 to ${maxPageSize}` })
  @Max(maxPageSize, { message: `must be from 1 to ${maxPageSize}` })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Return the rows that follow this cursor: the `endCursor` of the previous page, or the `cursor` of an edge. It is ' +
      'valid only in the list it came from (same field, parent, filter and order). Omit it for the first page.',
  })
  @IsOptional()
  @IsStorableText()
  after?: string | null;
}

@ObjectType({ description: 'Position of a page in its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'True if more rows follow this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'True if the request had an `after` cursor.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first row; null if the page is empty.' })
  startCursor!: TimeValue | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Cursor of the last row; null if the page is empty. Pass it as `after` to get the next page. Null, with an entry in ' +
      '`errors`, if the order depends on a time of that row that is out of range.',
  })
  endCursor!: TimeValue | null;
}

/** What a resolver returns for a connection. Each part is computed only if the client selects it. */
export interface Connection<Node> {
  nodes(): Answer<Node[]>;
  edges(): Answer<{ readonly cursor: TimeValue; readonly node: Node }[]>;
  pageInfo(): Answer<PageInfo>;
  totalCount(): Answer<number>;
}

/**
 * Makes the GraphQL types `<Name>Connection` and `<Name>Edge`.
 *
 * @param rows plural noun for descriptions, e.g. `conversions`.
 */
export function connectionType<Node extends object>(
  node: ClassType<Node>,
  name: string,
  rows: string,
): ClassType<Connection<Node>> {
  @ObjectType(`${name}Edge`, {
    description: `An entry of ${name}Connection: a row and its cursor.`,
    simpleResolvers: true,
  })
  class Edge {
    @Field(() => String, {
      description: 'Opaque position of this row. Pass it as `after` to get the rows that follow.',
    })
    cursor!: TimeValue;

    @Field(() => node, { description: 'The row.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${rows}.`, simpleResolvers: true })
  class NodeConnection {
    @Lazy()
    @Field(() => [node], { description: 'The rows of this page, in order, without cursors.' })
    nodes!: () => Answer<Node[]>;

    @Lazy()
    @Field(() => [Edge], { description: 'The rows of this page, in order, each with its cursor.' })
    edges!: () => Answer<Edge[]>;

    @Lazy()
    @Field(() => PageInfo, { description: 'Whether there are more pages, and the cursors to get them.' })
    pageInfo!: () => Answer<PageInfo>;

    @Lazy()
    @Field(() => Int, {
      description:
        'Number of rows in the whole list, over all pages. Costs one more SQL statement; select it only if needed.',
    })
    totalCount!: () => Answer<number>;
  }
  return NodeConnection;
}
