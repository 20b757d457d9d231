import { inRows, type LegendItem, type Measure, wrapped, xmlText } from './picture-layout.ts';

/** A view as a picture: what it shows, and what is written around it. */
export interface Picture {
  readonly title: string;
  /** Below the view. */
  readonly notes: readonly string[];
  readonly legend: readonly LegendItem[];
  readonly image: CanvasImageSource;
  /** Of the image, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the image per CSS pixel. */
  readonly scale: number;
}

const margin = 16;
const line = 18;
/** The mark of a legend, with the room after it. */
const markWidth = 22;
const legendGap = 16;
/** Narrower pictures have no room for their texts. */
const minimumWidth = 360;

/**
 * Draws a picture as a PNG file, in the colors of the page.
 *
 * @param host an element that has the background, the color and the font.
 * @throws if the browser cannot make a picture of this size.
 */
export async function pngOf(picture: Picture, host: Element): Promise<Blob> {
  const { title, notes, legend, image, scale } = picture;
  const { backgroundColor, color, fontFamily } = getComputedStyle(host);
  const [font, bold] = [`13px ${fontFamily}`, `600 15px ${fontFamily}`];
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser has no canvas');
  const measuring =
    (of: string): Measure =>
    (text) => {
      context.font = of;
      return context.measureText(text).width;
    };
  const width = Math.max(picture.width, minimumWidth);
  const titles = wrapped(title, width, measuring(bold));
  const texts = notes.flatMap((note) => wrapped(note, width, measuring(font)));
  const labels = legend.map(({ label }) => wrapped(label, width - markWidth, measuring(font)));
  const { places, lines } = inRows(
    labels.map((parts) => ({ width: markWidth + Math.max(...parts.map(measuring(font))), lines: parts.length })),
    width,
    legendGap,
  );
  const imageTop = margin + titles.length * line + 8;
  const legendTop = imageTop + picture.height + 8;
  const notesTop = legendTop + lines * line + 4;
  canvas.width = Math.ceil((width + 2 * margin) * scale);
  canvas.height = Math.ceil((notesTop + texts.length * line + margin) * scale);

  context.scale(scale, scale);
  context.fillStyle = backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, margin, imageTop, picture.width, picture.height);
  context.textBaseline = 'middle';
  const write = (text: string, of: string, x: number, top: number) => {
    context.font = of;
    context.fillStyle = color;
    context.fillText(text, x, top + line / 2);
  };
  for (const [index, text] of titles.entries()) write(text, bold, margin, margin + index * line);
  for (const [index, item] of legend.entries()) {
    const { x = 0, top = 0 } = places[index] ?? {};
    drawMark(context, item, margin + x, legendTop + top * line + line / 2);
    for (const [below, text] of (labels[index] ?? []).entries())
      write(text, font, margin + x + markWidth, legendTop + (top + below) * line);
  }
  for (const [index, text] of texts.entries()) write(text, font, margin, notesTop + index * line);
  const { promise, resolve } = Promise.withResolvers<Blob | null>();
  canvas.toBlob(resolve, 'image/png');
  const blob = await promise;
  if (!blob) throw new Error('it is too large for the browser');
  return blob;
}

function drawMark(context: CanvasRenderingContext2D, { mark, color }: LegendItem, x: number, y: number): void {
  context.fillStyle = color;
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  if (mark === 'area') context.fillRect(x, y - 5, 14, 10);
  else if (mark === 'hatched') {
    context.lineWidth = 1;
    for (const left of [0, 5, 10]) {
      context.moveTo(x + left, y + 5);
      context.lineTo(x + left + 4, y - 5);
    }
    context.stroke();
  } else if (mark === 'flag') {
    context.moveTo(x, y - 5);
    context.lineTo(x + 12, y);
    context.lineTo(x, y + 5);
    context.fill();
  } else {
    context.setLineDash(mark === 'line' ? [] : mark === 'dashed' ? [5, 3] : [2, 2]);
    context.moveTo(mark === 'boundary' ? x + 7 : x, mark === 'boundary' ? y - 6 : y);
    context.lineTo(mark === 'boundary' ? x + 7 : x + 16, mark === 'boundary' ? y + 6 : y);
    context.stroke();
    context.setLineDash([]);
  }
}

/** Pixels per CSS pixel of an SVG's picture: sharp on a screen with more pixels than this one, too. */
export const pictureScale = (): number => Math.max(2, devicePixelRatio);

/** Styles of an SVG that come from style sheets, which a picture does not have. */
const inlined = [
  'fill',
  'fill-opacity',
  'font-family',
  'font-size',
  'font-weight',
  'opacity',
  'paint-order',
  'stroke',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-width',
] as const;

/**
 * An SVG of the page as an image, with the styles that it has there.
 *
 * @param scale pixels per CSS pixel.
 */
export async function imageOf(svg: SVGSVGElement, scale: number): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg, copy].map((each) => [each, ...each.querySelectorAll('*')]) as [Element[], Element[]];
  for (const [index, element] of from.entries()) {
    const style = getComputedStyle(element);
    // As attributes: the content security policy does not restrict attributes.
    for (const name of inlined) to[index]?.setAttribute(name, style.getPropertyValue(name));
  }
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  copy.setAttribute('width', String(width * scale));
  copy.setAttribute('height', String(height * scale));
  const text = xmlText(new XMLSerializer().serializeToString(copy));
  const image = new Image();
  // Not a blob: the policy allows images of the page and data.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  try {
    await image.decode();
  } catch (error) {
    throw new Error('the browser cannot read the drawing', { cause: error });
  }
  return image;
}
