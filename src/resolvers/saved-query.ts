import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Info, Mutation, Query, Resolver } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { pagedConnection } from '../connections/paged-connection.ts';
import { textsOfSavedQueries, toSavedQuery } from '../connections/saved-queries.ts';
import type { Context } from '../context.ts';
import { Volatile } from '../http/volatile.ts';
import { type Connection, PageArgs } from '../schema/page.ts';
import { SavedQuery, SavedQueryByIdArgs, SavedQueryConnection, SaveQueryArgs } from '../schema/saved-query.ts';
import { selectedOfNodes } from '../schema/selected-fields.ts';

@Resolver(() => SavedQuery)
export class SavedQueryResolver {
  @RequiresRole('viewer')
  @Volatile()
  @Query(() => SavedQueryConnection, { description: 'Lists the saved queries of all callers, by name.' })
  savedQueries(
    @Args() page: PageArgs,
    @Ctx() { savedQueries, caller, request }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Connection<SavedQuery> {
    const texts = textsOfSavedQueries(selectedOfNodes(info));
    const reads = savedQueries.within(request.signal);
    return pagedConnection({
      scope: ['savedQueries'],
      columns: 1,
      page,
      fetch: (next) => reads.page(next, texts),
      count: () => reads.count(),
      position: (query) => [query.name],
      node: (query) => toSavedQuery(query, caller),
    });
  }

  @RequiresRole('viewer')
  @Volatile()
  @Query(() => SavedQuery, { nullable: true, description: 'Looks up a saved query by id. Null if there is none.' })
  async savedQuery(
    @Args() { id }: SavedQueryByIdArgs,
    @Ctx() { savedQueries, caller, request }: Context,
  ): Promise<SavedQuery | null> {
    const query = await savedQueries.within(request.signal).byId(id);
    return query && toSavedQuery(query, caller);
  }

  @RequiresRole('viewer')
  @Mutation(() => SavedQuery, {
    description:
      'Saves a query under a name, for all callers to read. Only its owner or an operator may replace it; it keeps its owner.',
  })
  async saveQuery(@Args() { input }: SaveQueryArgs, @Ctx() { savedQueries, caller }: Context): Promise<SavedQuery> {
    const { id = null, name, document, variables = null, replace } = input;
    const saved = await savedQueries.save({ id, name, document, variables, replace: replace === true }, caller);
    return toSavedQuery(saved, caller);
  }

  @RequiresRole('viewer')
  @Mutation(() => SavedQuery, {
    description: 'Deletes a saved query: its owner or an operator may. Returns it as it was.',
  })
  async deleteSavedQuery(
    @Args() { id }: SavedQueryByIdArgs,
    @Ctx() { savedQueries, caller }: Context,
  ): Promise<SavedQuery> {
    return toSavedQuery(await savedQueries.delete(id, caller), caller);
  }
}
