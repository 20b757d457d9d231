import { IsOptional, Max, Min } from 'class-validator';
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { IsStorableText } from './validation.ts';

/** The most rows that a page may have. */
export const maxPage = 1000;

/** How many rows a page has if the client does not say. */
export const defaultPage = 50;

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultPage,
    description: `How many rows at most: 1 to ${maxPage}.`,
  })
  @IsOptional()
  @Min(1, { message: `must be from 1 to ${maxPage}` })
  @Max(maxPage, { message: `must be from 1 to ${maxPage}` })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'A cursor (endCursor) of an earlier page of the same list: the page begins after it.',
  })
  @IsOptional()
  @IsStorableText()
  after?: string | null;
}

@ObjectType({ description: 'Where a page stands in its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more rows follow this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether this page was asked for with a cursor, so that rows came before it.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first row here; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last row here: give it as `after` to go on.' })
  endCursor!: string | null;
}

/** What a resolver returns for a connection: each part is only made when it is asked for. */
export interface Connection<Node> {
  nodes(): Promise<Node[]>;
  edges(): Promise<{ cursor: string; node: Node }[]>;
  pageInfo(): Promise<PageInfo>;
  totalCount(): Promise<number>;
}

/** Makes the GraphQL types `<Name>Connection` and `<Name>Edge`. `rows` says what the rows are, in the plural. */
export function connectionType<Node extends object>(
  node: ClassType<Node>,
  name: string,
  rows: string,
): ClassType<Connection<Node>> {
  @ObjectType(`${name}Edge`, { description: `One of the ${rows} of a page, with its cursor.`, simpleResolvers: true })
  class Edge {
    @Field(() => String, {
      description: 'Where this row stands in the list: opaque, good as `after` of the same list.',
    })
    cursor!: string;

    @Field(() => node, { description: 'The row itself.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${rows}.`, simpleResolvers: true })
  class NodeConnection {
    @Field(() => [node], { description: 'The rows of this page, in order.' })
    nodes!: () => Promise<Node[]>;

    @Field(() => [Edge], { description: 'The rows of this page, each with its cursor.' })
    edges!: () => Promise<Edge[]>;

    @Field(() => PageInfo, { description: 'Where this page stands in its list.' })
    pageInfo!: () => Promise<PageInfo>;

    @Field(() => Int, { description: 'How many rows the whole list has. Costs a statement more: ask only if needed.' })
    totalCount!: () => Promise<number>;
  }
  return NodeConnection;
}
