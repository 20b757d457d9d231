export const graphqlPath = '/graphql';
export const exportPath = '/export';

const operationRoutes: ReadonlySet<string | undefined> = new Set([graphqlPath, exportPath]);

/**
 * Whether requests of a route have a GraphQL operation, so that all limits of operations apply.
 *
 * @param route the path of the route, not of the request.
 */
export const hasOperation = (route: string | undefined): boolean => operationRoutes.has(route);
