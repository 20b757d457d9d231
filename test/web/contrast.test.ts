import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineColors } from '../../src/web/results/chart-style.ts';

const styles = readFileSync(join(import.meta.dirname, '../../src/web/results/results.css'), 'utf8');

/** GraphiQL's `--color-base`. */
const backgrounds = { light: '#ffffff', dark: '#212a3b' } as const;

/** The colors of the views under a selector. */
const colorsOf = (selector: string): Record<string, string> => {
  const block = styles.slice(styles.indexOf(`${selector} {`)).split('}')[0] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/--result-([\w-]+): (#\w{6});/g)].map(([, name, color]) => [name, color]),
  );
};
const light = colorsOf('\n.result-views');
const themes = {
  light,
  dark: { ...light, ...colorsOf('body.graphiql-dark .result-views') },
} as const;

/** Relative luminance, by WCAG 2. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('on %s', (theme) => {
  test('lines of charts are visible', () => {
    for (const color of lineColors) expect(contrast(color, backgrounds[theme]), color).toBeGreaterThanOrEqual(3);
  });

  test('marks of timelines are visible, and texts on bars readable', () => {
    const { 'bar-text': text = '', ...marks } = themes[theme];
    expect(Object.keys(marks)).toEqual(['blue', 'slate', 'green', 'orange']);
    for (const [name, color] of Object.entries(marks))
      expect(contrast(color, backgrounds[theme]), name).toBeGreaterThanOrEqual(3);
    for (const name of ['blue', 'slate']) expect(contrast(marks[name] ?? '', text), name).toBeGreaterThanOrEqual(4.5);
  });

  test('the theme of the system has the colors of the chosen one', () => {
    expect(colorsOf('body:not(.graphiql-light) .result-views')).toEqual(colorsOf('body.graphiql-dark .result-views'));
  });
});
