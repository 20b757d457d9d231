/** Makes words of AdSuite's fit to be kept and shown; see `sanitize`. */
export type Words = (text: string, mostCharacters: number) => string;

/**
 * AdSuite's texts go into the ledger, logs and answers. So they get short, lose what a database or a terminal can't take, and the
 * token, should AdSuite repeat it.
 */
export function sanitize(token: string): Words {
  return (text, mostCharacters) => {
    const safe = text
      .replaceAll(token, '[token]')
      .toWellFormed()
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    return safe.length <= mostCharacters ? safe : `${safe.slice(0, mostCharacters - 1).toWellFormed()}…`;
  };
}
