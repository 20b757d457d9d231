import { DbtProjectError } from './project-error.ts';

interface Node {
  readonly name: string;
  readonly file: string;
  readonly refs: readonly string[];
}

/** Sorts models topologically, and by name where the order is free. Throws on a cycle. */
export function orderByRefs<T extends Node>(nodes: readonly T[]): T[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const done = new Set<string>();
  const ordered: T[] = [];

  const visit = (node: T, path: readonly string[]): void => {
    if (done.has(node.name)) return;
    const start = path.indexOf(node.name);
    if (start >= 0) {
      const cycle = [...path.slice(start), node.name].join(' -> ');
      throw new DbtProjectError(node.file, `models refer to each other in a cycle: ${cycle}`);
    }
    for (const ref of [...node.refs].sort()) {
      const next = byName.get(ref);
      if (next) visit(next, [...path, node.name]);
    }
    done.add(node.name);
    ordered.push(node);
  };

  for (const node of [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(node, []);
  return ordered;
}
