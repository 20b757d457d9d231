import { useMemo, useRef } from 'react';
import { type Bar, type BarOptions, type Bars, barChoice, barNotes, barsOf, barTitle } from './bars.ts';
import { ColumnChoice, OptionalChoice } from './column-choice.tsx';
import { pageNotes, partialNote } from './page-note.ts';
import { imageOf, pictureScale } from './picture.ts';
import { PictureButton } from './picture-button.tsx';
import { pictureName } from './picture-layout.ts';
import type { ResultList } from './result-list.ts';
import { useWidth } from './use-width.ts';
import type { Choices } from './view.ts';

interface BarChartProps {
  readonly list: ResultList;
  /** Whether the answer has errors, too. */
  readonly isPartial: boolean;
  readonly options: BarOptions;
  /** Of the tab; they may be those of another list. */
  readonly choices: Choices;
  readonly onChoose: (choices: Choices) => void;
}

const rowHeight = 34;

/** The rows of a list without times as bars. */
export function BarChart({ list, isPartial, options, choices, onChoose }: BarChartProps) {
  const choice = useMemo(() => barChoice(options, choices), [options, choices]);
  const drawn = useMemo(() => barsOf(list, choice), [list, choice]);
  const { host, width } = useWidth();
  const drawing = useRef<SVGSVGElement>(null);
  const title = barTitle(choice);
  const room = digitWidth * (1 + Math.max(...drawn.bars.map(({ text }) => text.length)));
  const pictureOf = async () => {
    const svg = drawing.current;
    if (!svg) throw new Error('the bars are not drawn yet');
    const notes = [
      ...pageNotes([list]).map(({ text }) => text),
      ...barNotes(drawn),
      ...(isPartial ? [partialNote] : []),
      `List: ${list.name}.`,
    ];
    const scale = pictureScale();
    const height = drawn.bars.length * rowHeight;
    return { title, notes, legend: [], image: await imageOf(svg, scale), width, height, scale };
  };
  return (
    <div className="result-bars" ref={host}>
      <div className="result-actions">
        <ColumnChoice
          label="Values"
          columns={options.metrics}
          value={choice.metric}
          onChange={(metric) => onChoose({ ...choices, metric })}
        />
        <OptionalChoice
          label="Bars by"
          none="all texts"
          columns={options.groups}
          value={choice.group}
          onChange={(group) => onChoose({ ...choices, group })}
        />
        <PictureButton name={pictureName(list.name, 'Chart')} picture={pictureOf} />
      </div>
      <div role="status">
        {barNotes(drawn).map((note) => (
          <p key={note} className="result-note">
            {note}
          </p>
        ))}
      </div>
      <svg
        ref={drawing}
        width={width}
        height={drawn.bars.length * rowHeight}
        role="img"
        aria-label={`Bars of ${title}. The table has the same values.`}
      >
        {drawn.bars.map((bar, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity, and nothing in them has a state
          <BarRow key={index} bar={bar} range={drawn.range} top={index * rowHeight} width={width} room={room} />
        ))}
      </svg>
    </div>
  );
}

interface BarRowProps extends Pick<Bars, 'range'> {
  readonly bar: Bar;
  readonly top: number;
  readonly width: number;
  /** Pixels for the value, at the right of a label. */
  readonly room: number;
}

/** Pixels of a digit, at most. */
const digitWidth = 8;
const barTop = 17;
const barHeight = 10;

/** The label with the value, and the bar below, so that labels have the whole width. */
function BarRow({ bar: { label, value, text, interval }, range, top, width, room }: BarRowProps) {
  const [least, greatest] = range;
  // Half of the cap of an interval is beside its end.
  const x = (at: number): number => 2 + ((at - least) / (greatest - least)) * (width - 4);
  const middle = barTop + barHeight / 2;
  const ends = interval?.map((end) => `M${x(end)} ${middle - 3}V${middle + 3}`).join('');
  const line = interval && `M${x(interval[0])} ${middle}H${x(interval[1])}${ends}`;
  return (
    <g transform={`translate(0 ${top})`}>
      <title>{`${label}: ${text}`}</title>
      {/* A nested drawing cuts off what does not fit; the title has it. */}
      <svg width={Math.max(width - room, 0)} height={barTop} aria-hidden="true">
        <text y="12">{label}</text>
      </svg>
      <text x={width} y="12" textAnchor="end">
        {text}
      </text>
      {value !== null && (
        <rect x={Math.min(x(0), x(value))} y={barTop} width={Math.abs(x(value) - x(0))} height={barHeight} />
      )}
      {line && (
        <>
          <path className="halo" d={line} />
          <path d={line} />
        </>
      )}
    </g>
  );
}
