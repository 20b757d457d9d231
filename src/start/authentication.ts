import type { Credentials } from '../auth/authenticate.ts';
import { jwtVerifier } from '../auth/jwt.ts';
import { openKeyStore } from '../auth/key-store.ts';
import { KeysFileError } from '../auth/keys-file.ts';
import type { AuthConfig } from '../config/auth.ts';
import { throttledLog } from '../http/throttled-log.ts';
import { StartError } from './listen.ts';
import type { Start } from './start.ts';

/**
 * Reads the API keys, and prepares to verify tokens; null if neither is configured.
 *
 * @throws {StartError} if the file of API keys is not usable.
 */
export function startAuthentication({ keysFile, jwt }: AuthConfig, { logger, closing }: Start): Credentials | null {
  if (keysFile === null && jwt === null) return null;
  const now = () => new Date();
  const keys = keysFile === null ? null : openKeys(keysFile, logger);
  if (keys) closing.add(async () => keys.close());
  const onUnavailable = throttledLog((error: unknown, failures) =>
    logger.warn({ err: error, failures }, "the identity provider's signing keys are unavailable"),
  );
  return { keys, verifyJwt: jwt && jwtVerifier({ ...jwt, now, onUnavailable }), now };
}

function openKeys(path: string, logger: Start['logger']) {
  try {
    return openKeyStore(path, logger);
  } catch (error) {
    throw error instanceof KeysFileError ? new StartError(error.message) : error;
  }
}
