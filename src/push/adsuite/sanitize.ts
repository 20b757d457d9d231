import { truncated } from '../../text.ts';

/** Makes a text from AdSuite safe to store, log and display; see `createSanitizer`. */
export type Sanitize = (text: string, maxCharacters: number) => string;

/**
 * AdSuite's texts go to the ledger, the log and clients. The returned function replaces the token, in case AdSuite repeats it, and
 * what a database or a terminal can't take, and truncates the text.
 */
export function createSanitizer(token: string): Sanitize {
  return (text, maxCharacters) => {
    const safe = text
      .replaceAll(token, '[token]')
      .toWellFormed()
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    return truncated(safe, maxCharacters);
  };
}
