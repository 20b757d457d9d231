/** Probes of an orchestrator. They are public: their answers hold nothing that a caller has to be trusted with. */
export const probeRoutes = ['/healthz', '/readyz'] as const;

export const signalRoutes = [...probeRoutes, '/metrics'] as const;

const exempt: ReadonlySet<string | undefined> = new Set(signalRoutes);

/**
 * Whether a route is for an orchestrator or Prometheus. They call a pod by its address, so the Host header is not checked,
 * and they call when the service is overloaded, so no limit on requests applies.
 *
 * @param route the path of the route, not of the request.
 */
export const isSignalRoute = (route: string | undefined): boolean => exempt.has(route);
