import { useMemo, useRef, useState } from 'react';
import type { TabContent } from '../open-tab.ts';
import { pageNotes, partialNote } from './page-note.ts';
import { imageOf, type Picture, pictureScale } from './picture.ts';
import { PictureButton } from './picture-button.tsx';
import { type LegendItem, pictureName } from './picture-layout.ts';
import { queryOfDay, queryOfIteration } from './queries.ts';
import type { ResultList } from './result-list.ts';
import { Axis } from './timeline-axis.tsx';
import { IterationBar } from './timeline-bar.tsx';
import { Days, daysHeight } from './timeline-days.tsx';
import { FlagMark, flagHeight } from './timeline-flag.tsx';
import { type Timeline, timelineOf } from './timeline-model.ts';
import { type TimelineMark, timelineLegend, timelineNote, timelineTitle } from './timeline-text.ts';
import { useWidth } from './use-width.ts';

interface ResultTimelineProps {
  readonly lists: readonly ResultList[];
  /** Whether the answer has errors, too. */
  readonly isPartial: boolean;
  /** Cut-off time of the build that the answer is from; null: unknown. */
  readonly asOf: number | null;
  /** Called with a query about the iteration or the day that the user picked. */
  readonly onQuery: (query: TabContent) => void;
}

/** The iterations of an answer as bars on a time axis, with conversions per day below. */
export function ResultTimeline({ lists, isPartial, asOf, onQuery }: ResultTimelineProps) {
  // Nothing is known of later times: a build can be old, and this clock can be wrong.
  const timeline = useMemo(() => timelineOf(lists, asOf ?? Date.now()), [lists, asOf]);
  if (!timeline)
    return (
      <p className="result-note">
        A timeline needs a list of iterations with <code>id</code>, <code>createdAt</code> and <code>endedAt</code>.
        With <code>{'daily { day metrics { conversions clicks isFinal } }'}</code> it shows conversions per day, too.
        The example TimelineOfAStrategy has all of it.
      </p>
    );
  return (
    <Drawn
      timeline={timeline}
      notes={[...pageNotes(lists).map(({ text }) => text), ...(isPartial ? [partialNote] : [])]}
      onQuery={onQuery}
    />
  );
}

const laneHeight = 44;
const axisHeight = 24;

interface DrawnProps {
  readonly timeline: Timeline;
  /** About what is missing. */
  readonly notes: readonly string[];
  readonly onQuery: (query: TabContent) => void;
}

function Drawn({ timeline, notes, onQuery }: DrawnProps) {
  const { host, width } = useWidth();
  const drawing = useRef<SVGSVGElement>(null);
  const [detail, setDetail] = useState('');
  const { lanes, days, canGrow, flags, from, to } = timeline;
  const bars = lanes.flatMap((lane) => lane.bars);
  const x = (at: number): number => ((at - from) / Math.max(to - from, 1)) * width;
  const daysTop = flagHeight + lanes.length * laneHeight;
  const height = daysTop + (days.length > 0 ? daysHeight : 0) + axisHeight;
  const title = timelineTitle(timeline);
  const legend = timelineLegend(timeline);
  return (
    <div className="result-timeline" ref={host}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset can't be an SVG */}
      <svg ref={drawing} width={width} height={height} role="group" aria-label={title}>
        {bars.map(({ id, from }) => (
          <line key={id} className="boundary" x1={x(from)} x2={x(from)} y1={flagHeight} y2={height - axisHeight} />
        ))}
        {lanes.map(({ key, label, bars }, lane) => (
          <g key={key} transform={`translate(0 ${flagHeight + lane * laneHeight})`}>
            <text className="lane" y="11">
              {label === '' ? 'Iterations' : `Iterations of ${label}`}
            </text>
            {bars.map((bar, index) => (
              <IterationBar
                key={bar.id}
                bar={bar}
                isOdd={index % 2 === 1}
                left={x(bar.from)}
                right={x(bar.to ?? to)}
                onDetail={setDetail}
                onPick={(id) => onQuery(queryOfIteration(id, timeline.timeZone))}
              />
            ))}
          </g>
        ))}
        {days.length > 0 && (
          <Days
            days={days}
            canGrow={canGrow}
            top={daysTop}
            x={x}
            end={width}
            onDetail={setDetail}
            onPick={({ at }) =>
              onQuery(
                queryOfDay(
                  bars.map(({ id }) => id),
                  at,
                  timeline.timeZone,
                ),
              )
            }
          />
        )}
        {flags.map((flag) => (
          <FlagMark key={flag.at} flag={flag} left={x(flag.at)} width={width} onDetail={setDetail} />
        ))}
        <Axis from={from} to={to} x={x} top={height - axisHeight} width={width} />
      </svg>
      {/* Below, so that a longer text does not move what is pointed at. */}
      <p className="result-note result-detail" role="status">
        {detail || 'Point at a bar, a day or a flag for its numbers. Click a bar or a day to write a query about it.'}
      </p>
      <Legend items={legend} />
      <div className="result-actions">
        <PictureButton
          name={pictureName(lanes.length === 1 ? (lanes[0]?.label ?? '') : 'iterations', 'Timeline')}
          picture={() => pictureOf(drawing.current, title, legend, [...notes, timelineNote(timeline)])}
        />
      </div>
    </div>
  );
}

/** How the legend of a picture shows the marks. Their colors are those of the legend of the page (results.css). */
const marks: Readonly<Record<TimelineMark['mark'], LegendItem['mark']>> = {
  boundary: 'boundary',
  day: 'area',
  rate: 'line',
  unknown: 'hatched',
  immature: 'area',
  flag: 'flag',
};

async function pictureOf(
  svg: SVGSVGElement | null,
  title: string,
  legend: readonly TimelineMark[],
  notes: readonly string[],
): Promise<Picture> {
  if (!svg) throw new Error('the timeline is not drawn yet');
  const scale = pictureScale();
  const { width, height } = svg.getBoundingClientRect();
  return {
    title,
    notes,
    legend: legend.map(({ mark, label }) => {
      const shown = svg.parentElement?.querySelector(`.result-legend [data-mark=${mark}]`);
      const style = getComputedStyle(shown ?? svg);
      return { label, mark: marks[mark], color: style.getPropertyValue('--mark-color') || style.color };
    }),
    image: await imageOf(svg, scale),
    width,
    height,
    scale,
  };
}

function Legend({ items }: { items: readonly TimelineMark[] }) {
  return (
    <p className="result-legend">
      {items.map(({ label, mark }) => (
        <span key={mark} data-mark={mark}>
          {label}
        </span>
      ))}
    </p>
  );
}
