import type { Flag } from './timeline-model.ts';
import { flagText } from './timeline-text.ts';

/** Pixels above the bars. */
export const flagHeight = 18;

interface FlagMarkProps {
  readonly flag: Flag;
  readonly left: number;
  /** Of the timeline: flags at its right edge point to the left. */
  readonly width: number;
  readonly onDetail: (text: string) => void;
}

/** Where data quality findings begin. */
export function FlagMark({ flag, left, width, onDetail }: FlagMarkProps) {
  const text = flagText(flag);
  const side = left > width - 12 ? -9 : 9;
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
      <rect className="free" x={side > 0 ? left - 3 : left - 12} y="0" width="15" height={flagHeight} />
      <path d={`M${left} ${flagHeight} V2 l${side} 4 l${-side} 4`} />
    </g>
  );
}
