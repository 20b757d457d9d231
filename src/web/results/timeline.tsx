import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ResultList } from './lists.ts';
import { type Bar, type DaySums, type Flag, type Timeline, timelineOf } from './timeline-model.ts';

interface ResultTimelineProps {
  readonly lists: readonly ResultList[];
  /** Called when the user picks an iteration, with its id. */
  readonly onPick: (iterationId: string) => void;
}

/** The iterations of an answer as bars on a time axis, with conversions per day below. */
export function ResultTimeline({ lists, onPick }: ResultTimelineProps) {
  const timeline = useMemo(() => timelineOf(lists, Date.now()), [lists]);
  if (!timeline)
    return (
      <p className="result-note">
        A timeline needs a list of iterations with <code>id</code>, <code>createdAt</code> and <code>endedAt</code>.
        With <code>{'daily { day metrics { conversions clicks isFinal } }'}</code> it shows conversions per day, too.
      </p>
    );
  return <Drawn timeline={timeline} onPick={onPick} />;
}

const laneHeight = 44;
const chartHeight = 160;
const axisHeight = 24;
const flagHeight = 18;

function Drawn({ timeline, onPick }: { timeline: Timeline; onPick: (iterationId: string) => void }) {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  const [detail, setDetail] = useState('');
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const measure = () => setWidth(Math.max(element.clientWidth, 240));
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    measure();
    return () => resized.disconnect();
  }, []);
  const { lanes, days, flags, from, to } = timeline;
  const x = (at: number): number => ((at - from) / Math.max(to - from, 1)) * width;
  const daysTop = flagHeight + lanes.length * laneHeight;
  const height = daysTop + (days.length > 0 ? chartHeight : 0) + axisHeight;
  return (
    <div className="result-timeline" ref={host}>
      <svg width={width} height={height} aria-label="Timeline of iterations">
        {lanes.map(({ label, bars }, lane) => (
          <g key={label} transform={`translate(0 ${flagHeight + lane * laneHeight})`}>
            <text className="lane" y="11">
              {label}
            </text>
            {bars.map((bar, index) => (
              <IterationBar
                key={bar.id}
                bar={bar}
                isOdd={index % 2 === 1}
                left={x(bar.from)}
                right={x(bar.to ?? to)}
                onDetail={setDetail}
                onPick={onPick}
              />
            ))}
          </g>
        ))}
        {days.length > 0 && <Days days={days} top={daysTop} x={x} onDetail={setDetail} />}
        {lanes
          .flatMap(({ bars }) => bars)
          .map(({ id, from }) => (
            <line key={id} className="boundary" x1={x(from)} x2={x(from)} y1={flagHeight} y2={height - axisHeight} />
          ))}
        {flags.map((flag) => (
          <FlagMark key={`${flag.at} ${flag.label}`} flag={flag} left={x(flag.at)} onDetail={setDetail} />
        ))}
        <Axis from={from} to={to} x={x} top={height - axisHeight} width={width} />
      </svg>
      <p className="result-note" role="status">
        {detail || 'Point at a bar, a day or a flag for its numbers. Select an iteration to open a query about it.'}
      </p>
    </div>
  );
}

interface BarProps {
  readonly bar: Bar;
  readonly isOdd: boolean;
  readonly left: number;
  readonly right: number;
  readonly onDetail: (text: string) => void;
  readonly onPick: (iterationId: string) => void;
}

function IterationBar({ bar, isOdd, left, right, onDetail, onPick }: BarProps) {
  const text = `${bar.label} (${bar.id}): ${instant(bar.from)} to ${bar.to === null ? 'now' : instant(bar.to)}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      className="bar"
      data-odd={isOdd}
      role="button"
      tabIndex={0}
      aria-label={text}
      onClick={() => onPick(bar.id)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onPick(bar.id);
      }}
      onPointerEnter={() => onDetail(text)}
      onFocus={() => onDetail(text)}
    >
      <rect x={left} y="16" width={Math.max(right - left, 2)} height="22" rx="3" />
      {right - left > 40 && (
        <text x={left + 6} y="31">
          {clipped(bar.label, right - left - 10)}
        </text>
      )}
    </g>
  );
}

interface DaysProps {
  readonly days: readonly DaySums[];
  readonly top: number;
  readonly x: (at: number) => number;
  readonly onDetail: (text: string) => void;
}

const dayMilliseconds = 86_400_000;

/** Conversions as columns, and their rate as a line; days that can still grow are shaded. */
function Days({ days, top, x, onDetail }: DaysProps) {
  const most = days.reduce((max, { conversions }) => Math.max(max, conversions), 1);
  const highest = days.reduce((max, day) => Math.max(max, rateOf(day) ?? 0), 0);
  const bottom = chartHeight - 6;
  const rates = days.flatMap((day) => {
    const rate = rateOf(day);
    return rate === null || highest === 0
      ? []
      : [`${x(day.at + dayMilliseconds / 2)},${bottom - (rate / highest) * (bottom - 20)}`];
  });
  return (
    <g transform={`translate(0 ${top})`}>
      <text className="lane" y="12">
        conversions per UTC day, at most {most.toLocaleString('en')}
        {rates.length > 0 ? `; line: conversions per click, at most ${(highest * 100).toFixed(2)} %` : ''}
      </text>
      {days.map((day) => {
        const [left, right] = [x(day.at), x(day.at + dayMilliseconds)];
        const tall = (day.conversions / most) * (bottom - 20);
        return (
          <g key={day.at} onPointerEnter={() => onDetail(dayText(day))}>
            <rect
              className={day.isImmature ? 'immature' : 'free'}
              x={left}
              y="16"
              width={right - left}
              height={bottom - 16}
            />
            <rect
              className="day"
              x={left + Math.min(1, (right - left) / 4)}
              y={bottom - tall}
              width={Math.max(right - left - 2, 1)}
              height={tall}
            />
          </g>
        );
      })}
      <polyline className="rate" points={rates.join(' ')} />
    </g>
  );
}

function FlagMark({ flag, left, onDetail }: { flag: Flag; left: number; onDetail: (text: string) => void }) {
  const text = `${instant(flag.at)}: ${flag.label}`;
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: the keyboard reads flags one by one
    <g
      className="flag"
      role="img"
      aria-label={text}
      tabIndex={0}
      onPointerEnter={() => onDetail(text)}
      onFocus={() => onDetail(text)}
    >
      <path d={`M${left} ${flagHeight} V2 l9 4 l-9 4`} />
    </g>
  );
}

interface AxisProps {
  readonly from: number;
  readonly to: number;
  readonly x: (at: number) => number;
  readonly top: number;
  readonly width: number;
}

/** UTC days, as many as have room. */
function Axis({ from, to, x, top, width }: AxisProps) {
  const most = Math.max(1, Math.floor(width / 90));
  const step = Math.ceil((to - from) / dayMilliseconds / most) * dayMilliseconds;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / dayMilliseconds) * dayMilliseconds; at <= to; at += step) ticks.push(at);
  return (
    <g className="axis" transform={`translate(0 ${top})`}>
      <line x1="0" x2={width} />
      {ticks.map((at) => (
        <g key={at} transform={`translate(${x(at)} 0)`}>
          <line y2="5" />
          <text y="17" textAnchor={x(at) > width - 40 ? 'end' : 'start'}>
            {new Date(at).toISOString().slice(0, 10)}
          </text>
        </g>
      ))}
    </g>
  );
}

const rateOf = ({ conversions, clicks }: DaySums): number | null =>
  clicks === null || clicks === 0 ? null : conversions / clicks;

function dayText(day: DaySums): string {
  const rate = rateOf(day);
  const parts = [
    `${new Date(day.at).toISOString().slice(0, 10)}: ${day.conversions.toLocaleString('en')} conversions`,
    day.clicks === null ? null : `${day.clicks.toLocaleString('en')} clicks`,
    rate === null ? null : `${(rate * 100).toFixed(2)} conversions per 100 clicks`,
    day.isImmature ? 'can still grow' : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** As much of a label as has room, at about 7 pixels a letter. */
const clipped = (label: string, width: number): string => {
  const letters = Math.floor(width / 7);
  return label.length <= letters ? label : `${label.slice(0, Math.max(letters - 1, 0))}…`;
};
