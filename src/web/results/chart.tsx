import { useGraphiQL } from '@graphiql/react';
import { type RefObject, useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { BarChart } from './bar-chart.tsx';
import { barOptions } from './bars.ts';
import { lineStyle, numberText, timeRange, valueRange } from './chart-style.ts';
import { chartNotes, chartTitle } from './chart-text.ts';
import { ColumnChoice, OptionalChoice } from './column-choice.tsx';
import { pageNotes, partialNote } from './page-note.ts';
import type { Picture } from './picture.ts';
import { PictureButton } from './picture-button.tsx';
import { pictureName } from './picture-layout.ts';
import type { ResultList } from './result-list.ts';
import { type Chart, type ChartChoice, type ChartOptions, chartChoice, chartOf, chartOptions } from './series.ts';
import { timeNote } from './time-note.ts';
import type { Choices } from './view.ts';

interface ResultChartProps {
  readonly list: ResultList;
  /** Whether the answer has errors, too. */
  readonly isPartial: boolean;
  /** Of the tab; they may be those of another list. */
  readonly choices: Choices;
  readonly onChoose: (choices: Choices) => void;
}

/** A list as lines by day or time, or as bars if it has no times. */
export function ResultChart({ list, isPartial, choices, onChoose }: ResultChartProps) {
  const options = useMemo(() => chartOptions(list), [list]);
  const bars = useMemo(() => barOptions(list), [list]);
  const given = { list, isPartial, choices, onChoose };
  if (options) return <Drawn options={options} {...given} />;
  if (bars) return <BarChart options={bars} {...given} />;
  return (
    <p className="result-note">
      A chart needs a list with a number, and draws lines if it has a day or a time, too. This list has columns{' '}
      {list.columns.map(({ name }) => name).join(', ')}. The list of <code>daily</code> of an iteration, or{' '}
      <code>metrics(groupBy: [DAY])</code>, has both.
    </p>
  );
}

function Drawn({ list, isPartial, options, choices, onChoose }: ResultChartProps & { readonly options: ChartOptions }) {
  const choice = useMemo(() => chartChoice(options, choices), [options, choices]);
  const chart = useMemo(() => chartOf(list, choice), [list, choice]);
  const change = (part: Partial<ChartChoice>) => onChoose({ ...choices, ...part });
  const plot = useRef<uPlot>(null);
  const title = chartTitle(choice);
  return (
    <div className="result-chart">
      <div className="result-actions">
        <ColumnChoice
          label="Values"
          columns={options.metrics}
          value={choice.metric}
          onChange={(metric) => change({ metric })}
        />
        <ColumnChoice label="Time" columns={options.times} value={choice.time} onChange={(time) => change({ time })} />
        <OptionalChoice
          label="Lines by"
          none="nothing"
          columns={options.groups}
          value={choice.group}
          onChange={(group) => change({ group })}
        />
        <PictureButton
          name={pictureName(list.name, 'Chart')}
          picture={async () => pictureOf(plot.current, chart, title, { list, isPartial })}
        />
      </div>
      <Notes chart={chart} />
      <Plot chart={chart} timeZone={list.timeZone} label={title} plot={plot} />
    </div>
  );
}

type Source = Pick<ResultChartProps, 'list' | 'isPartial'>;

/** The plot with what is around it on the page: its legend without the lines that the user has hidden, and all notes. */
function pictureOf(plot: uPlot | null, chart: Chart, title: string, { list, isPartial }: Source): Picture {
  if (!plot) throw new Error('the chart is not drawn yet');
  const { canvas } = plot.ctx;
  // The first series is the time.
  const hidden = plot.series.slice(1).filter(({ show }) => !show).length;
  return {
    title,
    notes: [
      ...pageNotes([list]).map(({ text }) => text),
      ...chartNotes(chart),
      ...(hidden > 0 ? [`${hidden} of ${chart.lines.length} lines are hidden.`] : []),
      ...(isPartial ? [partialNote] : []),
      `List: ${list.name}. ${timeNote(chart.isByDay, list.timeZone)}`,
    ],
    legend: chart.lines.flatMap(({ label }, index) => {
      const { color, border } = lineStyle(index);
      return plot.series[index + 1]?.show ? [{ label, color, mark: border === 'solid' ? 'line' : 'dashed' }] : [];
    }),
    image: canvas,
    width: plot.width,
    height: plot.height,
    scale: canvas.width / plot.width,
  };
}

function Notes({ chart }: { chart: Chart }) {
  return (
    <div role="status">
      {chartNotes(chart).map((note) => (
        <p key={note} className="result-note">
          {note}
        </p>
      ))}
      {chart.repeated > 0 && <p className="result-note">Choose what to draw lines by.</p>}
    </div>
  );
}

/** A wide chart is taller, too. */
const sizeOf = ({ clientWidth }: Element) => ({
  width: clientWidth,
  height: Math.min(Math.max(320, Math.round(clientWidth * 0.4)), 480),
});

interface PlotProps {
  readonly chart: Chart;
  readonly timeZone: string | null;
  readonly label: string;
  /** What is drawn, for the picture. */
  readonly plot: RefObject<uPlot | null>;
}

function Plot({ chart, timeZone, label, plot: drawn }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const theme = useGraphiQL((state) => state.theme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides the colors that the effect reads
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const plot = new uPlot(
      optionsOf(chart, timeZone, element),
      [[...chart.times], ...chart.lines.map(({ values }) => [...values])],
      element,
    );
    drawn.current = plot;
    const resized = new ResizeObserver(() => plot.setSize(sizeOf(element)));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      drawn.current = null;
    };
  }, [chart, timeZone, theme, drawn]);
  return <div ref={host} role="img" aria-label={`Chart of ${label}. The table has the same values.`} />;
}

const hour = 3600;
const day = 24 * hour;

/** Formats of ticks at least so many seconds apart, and what is added at the first tick, of a year and of a day. */
const tickFormats: uPlot.Axis.TimeValuesConfig = [
  [365 * day, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * day, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
  [day, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
];

/** Seconds between the ticks of days: no hours. uPlot takes 30 days as a month, and 365 as a year. */
const dayIncrements = [1, 2, 3, 4, 5, 7, 10, 15, 30, 60, 90, 120, 180, 365, 730, 1825].map((days) => days * day);

/** Values without a neighbor, which no line leads to. */
const isolated = (values: readonly (number | null)[]): number[] =>
  values.flatMap((value, index) =>
    value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null ? [index] : [],
  );

function optionsOf({ times, lines, isByDay }: Chart, timeZone: string | null, element: HTMLElement): uPlot.Options {
  const { color, fontFamily } = getComputedStyle(element);
  // Days can be those of another time zone.
  const zone = isByDay ? timeZone : 'UTC';
  const axis: uPlot.Axis = {
    stroke: color,
    grid: { stroke: `color-mix(in srgb, ${color} 15%, transparent)` },
    font: `12px ${fontFamily}`,
    labelFont: `600 12px ${fontFamily}`,
  };
  // Days and instants of the API are UTC.
  const dateOf = (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC');
  const timeText = uPlot.fmtDate(isByDay ? '{YYYY}-{MM}-{DD}' : '{YYYY}-{MM}-{DD} {HH}:{mm} UTC');
  return {
    ...sizeOf(element),
    tzDate: dateOf,
    scales: {
      x: { range: (_plot, min, max) => timeRange(times, [min, max], isByDay) },
      y: { range: (_plot, min, max) => valueRange(min, max) },
    },
    // Room for a month with its year.
    axes: [
      {
        ...axis,
        values: tickFormats,
        space: 70,
        ...(isByDay && { incrs: dayIncrements }),
        ...(zone === null ? {} : { label: zone, labelSize: 20 }),
      },
      { ...axis, values: (_plot, ticks) => ticks.map(numberText), size: 70 },
    ],
    // The first series is the time.
    legend: { markers: { dash: (_plot, series) => lineStyle(series - 1).border } },
    series: [
      { value: (_plot: uPlot, time: number | null) => (time === null ? '–' : timeText(dateOf(time))) },
      ...lines.map(({ label, values }, index) => ({
        label,
        value: (_plot: uPlot, value: number | null) => (value === null ? '–' : numberText(value)),
        stroke: lineStyle(index).color,
        dash: lineStyle(index).dash,
        width: 2,
        points:
          lines.length <= 3 && values.length < 40 ? { show: true } : { show: true, filter: () => isolated(values) },
        spanGaps: false,
      })),
    ],
  };
}
