import { dateText, dayMilliseconds } from './days.ts';

/** Pixels between two dates. */
const room = 90;

interface AxisProps {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly x: (at: number) => number;
  readonly top: number;
  readonly width: number;
}

/** UTC days, as many as have room. */
export function Axis({ from, to, x, top, width }: AxisProps) {
  const most = Math.max(1, Math.floor(width / room));
  const step = Math.max(1, Math.ceil((to - from) / dayMilliseconds / most)) * dayMilliseconds;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / dayMilliseconds) * dayMilliseconds; at <= to; at += step) ticks.push(at);
  return (
    <g className="axis" transform={`translate(0 ${top})`}>
      <line x1="0" x2={width} />
      {ticks
        .filter((at) => x(at) < width - 70 || ticks.length === 1)
        .map((at) => (
          <g key={at} transform={`translate(${x(at)} 0)`}>
            <line y2="5" />
            <text y="17" textAnchor={x(at) > width - 70 ? 'end' : 'start'}>
              {dateText(at)}
            </text>
          </g>
        ))}
    </g>
  );
}
