/** SIGTERM, because programs in the background of a shell ignore SIGINT. */
const script = `exec 3<&0; "$@" 3<&- & program=$!
  { read -r -u 3; kill -TERM $program; } & watcher=$!
  wait $program; code=$?; exec 2>/dev/null; kill $watcher; exit $code`;

/**
 * The file and the arguments with which `spawn` runs a program that also ends if this process does, even by SIGKILL. The
 * first entry of `stdio` must be 'pipe': the program gets SIGTERM when that pipe closes. It reads no input itself.
 */
export function endingWithParent(program: string, words: readonly string[]): [file: string, words: string[]] {
  // Bash takes the socket that is its standard input for a remote shell, and would read ~/.bashrc.
  return ['bash', ['--norc', '-c', script, 'bash', program, ...words]];
}

/** The exit codes of bash for a program that it can't run or find. */
export const notStarted: readonly (number | null)[] = [126, 127];
