/** Without punctuation and spaces: how a name is compared with one that it may be meant as. */
export const lettersOf = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, '');

/** Whether two texts are equal, or one letter is added, missing or different, or two are transposed. */
export function isTypo(given: string, wanted: string): boolean {
  let start = 0;
  while (start < given.length && given[start] === wanted[start]) start += 1;
  const rest = (text: string, skipped: number) => text.slice(start + skipped);
  if (rest(given, 1) === rest(wanted, 1) || rest(given, 1) === rest(wanted, 0) || rest(given, 0) === rest(wanted, 1)) {
    return true;
  }
  return given[start] === wanted[start + 1] && given[start + 1] === wanted[start] && rest(given, 2) === rest(wanted, 2);
}
