import { readFileSync } from 'node:fs';

/**
 * This process's peak memory (RSS) in MB. It is read from Linux, because `process.resourceUsage().maxRSS` of a new
 * process starts with its parent's memory.
 */
export function peakMemory(): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
