import { constants } from 'node:zlib';
import fastifyCompress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { addVary } from './vary.ts';

/** Smaller responses fit into a packet or two. */
const minimumBytes = 1024;
/** Larger ones are compressed on a thread of the pool, so that they do not block the event loop. */
const inlineBytes = 16 * 1024;
/** 2^18 bytes. Brotli's default window of 4 MiB would take that much memory for each response in progress. */
const brotliWindowBits = 18;
const quality = 4;

/**
 * Compresses responses by brotli or gzip. Requests are not decompressed: a small body could expand without limit.
 *
 * To be called before routes are added.
 */
export async function compressResponses(app: FastifyInstance): Promise<void> {
  app.addHook('onSend', async (_request, reply) => {
    // For small responses too: a cache must not give a compressed response to a client that can't read it.
    addVary(reply, 'accept-encoding');
  });
  await app.register(fastifyCompress, {
    encodings: ['br', 'gzip'],
    threshold: minimumBytes,
    syncThreshold: inlineBytes,
    brotliOptions: {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: quality,
        [constants.BROTLI_PARAM_LGWIN]: brotliWindowBits,
      },
    },
    zlibOptions: { level: quality },
    globalDecompression: false,
  });
}
