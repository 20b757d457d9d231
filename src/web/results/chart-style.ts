/** Readable on light and dark, and for people who do not see all colors (after Okabe and Ito); dashes repeat them. */
export const lineColors = ['#1f83c4', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#8b74d8'] as const;
const dashes = [[], [6, 4]] as const;

/** The line of a number, and how the legend shows its dashes. */
export function lineStyle(index: number): {
  readonly color: string;
  readonly dash: number[];
  readonly border: 'solid' | 'dashed';
} {
  const dash = dashes[Math.floor(index / lineColors.length) % dashes.length] ?? [];
  const color = lineColors[index % lineColors.length] ?? lineColors[0];
  return { color, dash: [...dash], border: dash.length > 0 ? 'dashed' : 'solid' };
}

/** With 0, and some room above and below the values. */
export const valueRange = (least: number, greatest: number): [number, number] => [
  Math.min(0, least) * 1.05,
  Math.max(0, greatest) * 1.05 || 1,
];

/**
 * What the axis of times shows, in seconds. A single time is in the middle: uPlot would show the three years after it.
 *
 * @param shown from the first time to the last, or the part that the user has chosen.
 */
export function timeRange(times: readonly number[], shown: [number, number], isByDay: boolean): [number, number] {
  const [only, second] = times;
  if (only === undefined || second !== undefined) return shown;
  const around = isByDay ? 86_400 : 3600;
  return [only - around, only + around];
}

/** All digits that the answer has. */
export const numberText = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 20 });
