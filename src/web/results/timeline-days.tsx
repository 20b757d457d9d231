import { type KeyboardEvent, useState } from 'react';
import { dayMilliseconds } from './days.ts';
import type { DaySums } from './timeline-model.ts';
import { dayText, rateOf, ratePath } from './timeline-text.ts';

/** Pixels of both parts, with the texts above them. */
export const daysHeight = 250;

/** Top and bottom of the columns. */
const columns = { top: 24, bottom: 140 };
/** Top and bottom of the line of rates. */
const rates = { top: 170, bottom: daysHeight - 4 };

interface DaysProps {
  readonly days: readonly DaySums[];
  /** Whether the axis has days after the last one that can still grow, which are shaded. */
  readonly canGrow: boolean;
  readonly top: number;
  readonly x: (at: number) => number;
  /** The right edge of the axis. */
  readonly end: number;
  readonly onDetail: (text: string) => void;
  /** Called with the day that the user picked. */
  readonly onPick: (day: DaySums) => void;
}

/**
 * Conversions as columns, and their rate as a line; days that can still grow are shaded. One stop of the keyboard: arrow keys
 * move between the days, Enter picks one.
 */
export function Days({ days, canGrow, top: offset, x, end, onDetail, onPick }: DaysProps) {
  const [current, setCurrent] = useState(0);
  const [isFocused, setFocused] = useState(false);
  const most = days.reduce((max, { conversions }) => Math.max(max, conversions ?? 0), 1);
  const highest = days.reduce((max, each) => Math.max(max, rateOf(each) ?? 0), 0);
  const open = (index: number) => {
    setCurrent(index);
    const day = days[index];
    if (day) onDetail(dayText(day));
  };
  const pick = (day: DaySums | undefined) => day && onPick(day);
  function move(event: KeyboardEvent) {
    // Shortcuts of the browser and of GraphiQL.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = days.length - 1;
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) open(Math.min(Math.max(to, 0), last));
    else if (event.key === 'Enter') pick(days[current]);
    else return;
    event.preventDefault();
  }
  const day = days[current] ?? days[0];
  const last = days.at(-1);
  return (
    <g
      className="days"
      transform={`translate(0 ${offset})`}
      role="slider"
      tabIndex={0}
      aria-label="Day"
      aria-valuemin={1}
      aria-valuemax={days.length}
      aria-valuenow={current + 1}
      aria-valuetext={day ? dayText(day) : ''}
      onKeyDown={move}
      onFocus={() => {
        setFocused(true);
        open(current);
      }}
      onBlur={() => setFocused(false)}
    >
      <text className="lane" y="16">
        Conversions per day, up to {most.toLocaleString('en')}
      </text>
      {highest > 0 && (
        <text className="lane" y={rates.top - 8}>
          Conversions per click and day, up to {(highest * 100).toFixed(1)} %
        </text>
      )}
      {/* A day of which nothing is known looks different from one without conversions. */}
      <pattern id="unknown-days" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line className="hatching" y2="6" />
      </pattern>
      {last && canGrow && (
        <rect
          className="immature"
          x={x(last.at + dayMilliseconds)}
          y={columns.top}
          width={Math.max(end - x(last.at + dayMilliseconds), 0)}
          height={rates.bottom - columns.top}
        />
      )}
      {days.map((each, index) => (
        <Day
          key={each.at}
          day={each}
          isCurrent={isFocused && index === current}
          left={x(each.at)}
          right={x(each.at + dayMilliseconds)}
          share={(each.conversions ?? 0) / most}
          onPoint={() => open(index)}
          onPick={() => pick(each)}
        />
      ))}
      <path
        className="rate"
        d={ratePath(days, (rate) => rates.bottom - (rate / highest) * (rates.bottom - rates.top), x)}
      />
    </g>
  );
}

interface DayProps {
  readonly day: DaySums;
  readonly isCurrent: boolean;
  readonly left: number;
  readonly right: number;
  /** Of the highest column. */
  readonly share: number;
  readonly onPoint: () => void;
  readonly onPick: () => void;
}

function Day({ day, isCurrent, left, right, share, onPoint, onPick }: DayProps) {
  const tall = share * (columns.bottom - columns.top);
  // Narrow days have no gaps: a column never covers the day beside it.
  const gap = right - left < 4 ? 0 : 1;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard picks days in the slider around them
    <g onPointerEnter={onPoint} onClick={onPick}>
      <rect
        className={day.isImmature ? 'immature' : 'free'}
        data-current={isCurrent}
        x={left}
        y={columns.top}
        width={right - left}
        height={rates.bottom - columns.top}
      />
      {day.conversions === null ? (
        <rect
          fill="url(#unknown-days)"
          x={left}
          y={columns.top}
          width={right - left}
          height={columns.bottom - columns.top}
        />
      ) : (
        <rect className="day" x={left + gap} y={columns.bottom - tall} width={right - left - 2 * gap} height={tall} />
      )}
    </g>
  );
}
