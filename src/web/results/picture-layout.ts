/** What the legend of a picture shows before a text. */
export interface LegendItem {
  readonly label: string;
  readonly mark: 'line' | 'dashed' | 'boundary' | 'area' | 'hatched' | 'flag';
  /** A CSS color. */
  readonly color: string;
}

/** The width of a text, in pixels. */
export type Measure = (text: string) => number;

/** A text in lines that are not wider than `width`, unless a single word is. */
export function wrapped(text: string, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && measure(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** An item of a legend. */
interface ItemSize {
  readonly width: number;
  readonly lines: number;
}

/** Where items are put, from left to right, in as many rows as they need; the lines above each, and those of all rows. */
export function inRows(
  items: readonly ItemSize[],
  width: number,
  gap: number,
): { readonly places: readonly { readonly x: number; readonly top: number }[]; readonly lines: number } {
  let [x, top, height] = [0, 0, 0];
  const places = items.map((item) => {
    if (x > 0 && x + item.width > width) [x, top, height] = [0, top + height, 0];
    const place = { x, top };
    x += item.width + gap;
    height = Math.max(height, item.lines);
    return place;
  });
  return { places, lines: top + height };
}

/** The name of a picture's file: `strategy-iterations-daily-chart.png`. */
export function pictureName(list: string, view: string): string {
  const words = list.normalize('NFC').match(/[\p{Letter}\p{Number}_]+/gu) ?? [];
  // Most file systems allow 255 bytes.
  const parts = [words.join('-').slice(0, 60), view].filter((part) => part !== '');
  return `${parts.join('-')}.png`.toLowerCase();
}

/** A text as XML allows it: names can have control characters, and halves of characters. */
export const xmlText = (text: string): string => text.toWellFormed().replace(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu, ' ');
