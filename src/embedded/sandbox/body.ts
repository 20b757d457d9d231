import type { IncomingMessage } from 'node:http';

/** Reads a body to its end. @returns null where it is longer; what is too much is not kept. */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // To the end in any case: whoever is still writing would not see an answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  }
  return bytes <= mostBytes ? Buffer.concat(chunks) : null;
}

/** @returns undefined for what is not JSON. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
