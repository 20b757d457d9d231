import { promisify } from 'node:util';
import { type BrotliOptions, brotliCompress, constants, gzip, type ZlibOptions } from 'node:zlib';
import fastifyCompress, { type FastifyCompressOptions } from '@fastify/compress';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addVary } from './vary.ts';

/** Smaller responses fit into a packet or two. */
const minimumBytes = 1024;
/** Larger ones are compressed on a thread of the pool, so that they do not block the event loop. */
const inlineBytes = 16 * 1024;
/** 2^18 bytes. Brotli's default window of 4 MiB would take that much memory for each response in progress. */
const brotliWindowBits = 18;
const quality = 4;

/** The default of the plugin, and NDJSON. */
const compressible =
  /^text\/(?!event-stream)|(?:\+|\/|\/x-nd)json(?:;|$)|(?:\+|\/)text(?:;|$)|(?:\+|\/)xml(?:;|$)|octet-stream(?:;|$)/u;

const brotliOptions: BrotliOptions = {
  params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: brotliWindowBits },
};
const zlibOptions: ZlibOptions = { level: quality };

const options: FastifyCompressOptions = {
  encodings: ['br', 'gzip'],
  threshold: minimumBytes,
  customTypes: compressible,
  syncThreshold: inlineBytes,
  brotliOptions,
  zlibOptions,
};

/** For a route that streams: each chunk is sent when it is written, not when a block of compressed bytes is full. */
export const pageCompression: FastifyCompressOptions = {
  ...options,
  brotliOptions: { ...brotliOptions, flush: constants.BROTLI_OPERATION_FLUSH },
  zlibOptions: { ...zlibOptions, flush: constants.Z_SYNC_FLUSH },
};

export type Encoding = 'br' | 'gzip';

/**
 * Compresses responses by brotli or gzip. Requests are not decompressed: a small body could expand without limit.
 *
 * To be called before routes are added.
 */
export async function compressResponses(app: FastifyInstance): Promise<void> {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // For small responses too: a cache must not give a compressed response to a client that can't read it.
    addVary(reply, 'accept-encoding');
    done();
  });
  await app.register(fastifyCompress, { ...options, globalDecompression: false });
}

/** A list of encodings without weights and wildcards, as nearly all clients send it. */
const plainList = /^[a-z]+(, ?[a-z]+)*$/;

/**
 * The encoding in which `compressResponses` would send a response of JSON; null: as it is, or what it decides for unusual
 * headers.
 */
export function encodingFor({ headers }: Pick<FastifyRequest, 'headers'>, bytes: number): Encoding | null {
  const accepted = headers['accept-encoding'];
  const isPlain = typeof accepted === 'string' && plainList.test(accepted);
  if (!isPlain || bytes < minimumBytes || headers['x-no-compression'] !== undefined) return null;
  const names = accepted.split(/, ?/);
  return names.includes('br') ? 'br' : names.includes('gzip') ? 'gzip' : null;
}

const toBrotli = promisify<Buffer, BrotliOptions, Buffer>(brotliCompress);
const toGzip = promisify<Buffer, ZlibOptions, Buffer>(gzip);

/** Compresses bytes as `compressResponses` does, on a thread of the pool. */
export const encodeBytes = (encoding: Encoding, bytes: Buffer): Promise<Buffer> =>
  encoding === 'br' ? toBrotli(bytes, brotliOptions) : toGzip(bytes, zlibOptions);
