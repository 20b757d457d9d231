import type { Bar } from './timeline-model.ts';
import { instantText } from './timeline-text.ts';

interface BarProps {
  readonly bar: Bar;
  readonly isOdd: boolean;
  readonly left: number;
  readonly right: number;
  readonly onDetail: (text: string) => void;
  readonly onPick: (iterationId: string) => void;
}

/** An iteration: a button, for the mouse and the keyboard. */
export function IterationBar({ bar, isOdd, left, right, onDetail, onPick }: BarProps) {
  const name = bar.label === bar.id ? bar.id : `${bar.label} (${bar.id})`;
  const end = bar.to !== null ? instantText(bar.to) : bar.isEndKnown ? 'now' : 'an end that is not in the answer';
  const text = `Iteration ${name}: ${instantText(bar.from)} to ${end}`;
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
      <rect x={left} y="16" width={Math.max(right - left - 1, 2)} height="22" rx="3" />
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: part of a button with a name; it cuts off what has no room */}
      <svg x={left} y="16" width={Math.max(right - left - 4, 0)} height="22">
        <text x="6" y="15">
          {bar.label}
        </text>
      </svg>
    </g>
  );
}
