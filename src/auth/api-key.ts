import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The two parts of an API key `attr_<id>_<secret>`. The id is not secret: it finds the key in the file. */
export interface ApiKey {
  readonly id: string;
  /** 256 random bits in base64url. */
  readonly secret: string;
}

/** Secret scanners recognise keys by it. */
export const keyPrefix = 'attr_';

const idBytes = 6;
const secretBytes = 32;
const pattern = new RegExp(`^${keyPrefix}([0-9a-f]{12})_([A-Za-z0-9_-]{43})$`);

export const makeApiKey = (): ApiKey => ({
  id: randomBytes(idBytes).toString('hex'),
  secret: randomBytes(secretBytes).toString('base64url'),
});

export const formatApiKey = ({ id, secret }: ApiKey): string => `${keyPrefix}${id}_${secret}`;

/** Null if the text is not an API key. */
export function parseApiKey(text: string): ApiKey | null {
  const [, id, secret] = pattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** SHA-256 in hex. A slow hash would not help: a secret of 256 random bits can't be guessed. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares with the hash of no secret, so that an unknown id takes as long as a wrong secret. */
const noHash = '0'.repeat(64);

/** Whether a secret has the hash; false for null. Takes the same time for all secrets of the same length. */
export function secretMatches(secret: string, sha256: string | null): boolean {
  const isEqual = timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(sha256 ?? noHash, 'hex'));
  return isEqual && sha256 !== null;
}
