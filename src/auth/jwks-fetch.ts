import type { FetchImplementation } from 'jose';

/** Signing keys of an identity provider, with certificates, have some 20 kB. */
const maxBytes = 1024 * 1024;
/** After a failed request to the identity provider, none is sent for this time: else each request would send one. */
const pauseMilliseconds = 5_000;

/**
 * Fetches a set of signing keys, for jose. An answer that is too long, or has no keys, is a failure as a refused connection is.
 *
 * @returns a function that throws without a request for five seconds after a failure.
 */
export function jwksFetch(): FetchImplementation {
  let failure = { at: Number.NEGATIVE_INFINITY, cause: null as unknown };
  return async (url, init) => {
    if (performance.now() - failure.at < pauseMilliseconds) {
      throw new Error('the last request failed a moment ago', { cause: failure.cause });
    }
    try {
      return Response.json(await readKeySet(await fetch(url, init)));
    } catch (error) {
      failure = { at: performance.now(), cause: error };
      throw error;
    }
  };
}

/** jose does not follow redirects, so that only the configured address can publish keys. */
async function readKeySet(response: Response): Promise<object> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer has the HTTP status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest of the answer.
    if (bytes > maxBytes) throw new Error('the answer has more than 1 MiB');
    chunks.push(chunk);
  }
  const keySet = parsed(Buffer.concat(chunks).toString());
  if (!keySet) throw new Error('the answer is not a JSON Web Key Set');
  return keySet;
}

function parsed(text: string): { readonly keys: readonly unknown[] } | null {
  try {
    const value = JSON.parse(text);
    const isKeySet = Array.isArray(value?.keys) && value.keys.every((key: unknown) => key && typeof key === 'object');
    return isKeySet ? value : null;
  } catch {
    return null;
  }
}
