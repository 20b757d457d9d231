/**
 * The shell's part: runs the server, and stops it and removes the folder when standard input reaches its end. The system
 * closes that pipe when the process that started the shell ends, even by SIGKILL. If the server ends by itself, the
 * folder stays, so that its log can be read.
 *
 * A shell gives a background command /dev/null as standard input, so the pipe becomes descriptor 3. It also lets the
 * command ignore SIGINT until PostgreSQL has its own handler: SIGTERM ends a server that is not that far.
 */
const script = `
folder=$1
shift
trap 'stopping=yes; kill -TERM $server; kill -INT $server' TERM
exec 3<&0
"$@" 3<&- &
server=$!
(while read -r line; do :; done; kill -TERM $$) <&3 &
reader=$!
wait $server
code=$?
if [ -n "$stopping" ]; then
  wait $server
  rm -rf "$folder"
else
  kill $reader
fi
exit $code`;

/**
 * The command to spawn in place of a server's own, with a pipe as standard input: the server runs until the pipe is
 * closed, by this process or with it. The folder is removed then, as far as the server's user may remove it.
 */
export function stopWithParent(command: readonly string[], folder: string): string[] {
  return ['/bin/sh', '-c', script, 'sh', folder, ...command];
}
