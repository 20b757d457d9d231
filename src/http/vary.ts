import type { FastifyReply } from 'fastify';

/** Adds a name to the `Vary` header of a response. */
export function addVary(reply: FastifyReply, name: string): void {
  const names = [reply.getHeader('vary') ?? []].flat().map(String);
  reply.header('vary', [...names, name].join(', '));
}
