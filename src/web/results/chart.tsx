import { useGraphiQL } from '@graphiql/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Column, ResultList } from './lists.ts';
import { type Chart, type ChartChoice, type ChartOptions, chartOf, chartOptions, maxSeries } from './series.ts';

/** Readable on light and dark, and for people who do not see all colors (Okabe and Ito); dashes repeat them. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9'] as const;
const dashes = [[], [6, 4]] as const;

/** A list as lines by day or time. */
export function ResultChart({ list }: { list: ResultList }) {
  const options = useMemo(() => chartOptions(list), [list]);
  if (!options)
    return (
      <p className="result-note">
        A chart needs a list with a day or a time and a number. This list has columns{' '}
        {list.columns.map(({ name }) => name).join(', ')}. The list of <code>daily</code> of an iteration, or{' '}
        <code>metrics(groupBy: [DAY])</code>, has both.
      </p>
    );
  // Another list has other columns.
  return <Drawn key={list.columns.map(({ name }) => name).join()} list={list} options={options} />;
}

function Drawn({ list, options }: { list: ResultList; options: ChartOptions }) {
  const [choice, setChoice] = useState(options.choice);
  const chart = useMemo(() => chartOf(list, choice), [list, choice]);
  const change = (part: Partial<ChartChoice>) => setChoice({ ...choice, ...part });
  return (
    <div className="result-chart">
      <div className="result-actions">
        <Choice
          label="Values"
          columns={options.metrics}
          value={choice.metric}
          onChange={(metric) => change({ metric })}
        />
        <Choice label="Time" columns={options.times} value={choice.time} onChange={(time) => change({ time })} />
        <label>
          Lines by
          <select value={choice.group ?? ''} onChange={({ target }) => change({ group: target.value || null })}>
            <option value="">nothing</option>
            {options.groups.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Notes chart={chart} />
      <Plot
        chart={chart}
        label={`${choice.metric} by ${choice.time}${choice.group === null ? '' : ` and ${choice.group}`}`}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

function Choice({ label, columns, value, onChange }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {columns.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function Notes({ chart: { left, repeated } }: { chart: Chart }) {
  return (
    <div role="status">
      {left > 0 && (
        <p className="result-note">
          Only the {maxSeries} largest of {maxSeries + left} lines are drawn.
        </p>
      )}
      {repeated > 0 && (
        <p className="result-note">
          {repeated.toLocaleString('en')} rows have the time of another row of the same line, and are not drawn. Choose
          what to draw lines by.
        </p>
      )}
    </div>
  );
}

const height = 320;

function Plot({ chart, label }: { chart: Chart; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  const theme = useGraphiQL((state) => state.theme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides the colors that the effect reads
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const plot = new uPlot(
      optionsOf(chart, element),
      [[...chart.times], ...chart.lines.map(({ values }) => [...values])],
      element,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [chart, theme]);
  return <div ref={host} role="img" aria-label={`Chart of ${label}. The table has the same values.`} />;
}

function optionsOf({ lines }: Chart, element: HTMLElement): uPlot.Options {
  const { color } = getComputedStyle(element);
  const axis: uPlot.Axis = { stroke: color, grid: { stroke: `color-mix(in srgb, ${color} 15%, transparent)` } };
  return {
    width: element.clientWidth,
    height,
    // Days and instants of the API are UTC.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { y: { range: (_plot, min, max) => [Math.min(0, min), max === min ? max + 1 : max * 1.05] } },
    axes: [axis, axis],
    series: [
      {},
      ...lines.map(({ label, values }, index) => ({
        label,
        stroke: colors[index % colors.length] ?? color,
        dash: [...(dashes[Math.floor(index / colors.length) % dashes.length] ?? [])],
        width: 2,
        // A single point has no line.
        points: { show: values.length < 40 },
        spanGaps: false,
      })),
    ],
  };
}
