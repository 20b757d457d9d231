import { Fragment, useMemo, useState } from 'react';
import { sorted, tabSeparated } from './cells.ts';
import { Copy } from './copy.tsx';
import type { Cell } from './kinds.ts';
import type { Column, ResultList } from './result-list.ts';
import { useVisibleRows } from './visible-rows.ts';

interface Order {
  readonly column: number;
  readonly direction: 'ascending' | 'descending';
}

/** A list as a table that can be sorted and copied. Only the rows that are visible are drawn. */
export function ResultTable({ list }: { list: ResultList }) {
  const [order, setOrder] = useState<Order | null>(null);
  const rows = useMemo(() => {
    const column = order && list.columns[order.column];
    return column ? sorted(list.rows, order.column, column.kind, order.direction) : list.rows;
  }, [list, order]);
  const { scroller, first, end, rowHeight } = useVisibleRows(rows.length);
  if (rows.length === 0) return <p className="result-note">The list {list.name} has no rows.</p>;
  return (
    <div className="result-table">
      <div className="result-actions">
        <span>{countText(rows.length, list.columns.length)}</span>
        <Copy
          label="Copy table"
          text={() =>
            tabSeparated(
              list.columns.map(({ name }) => name),
              rows,
            )
          }
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without a tab stop, the keyboard could not scroll it */}
      <section className="result-scroll" aria-label={`Table of ${list.name}`} tabIndex={0} ref={scroller}>
        <table aria-rowcount={rows.length + 1} aria-colcount={list.columns.length}>
          <thead>
            <tr aria-rowindex={1}>
              {list.columns.map((column, index) => (
                <HeaderCell key={column.name} column={column} index={index} order={order} onOrder={setOrder} />
              ))}
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr style={{ height: first * rowHeight }} />}
            {rows.slice(first, end).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity, and nothing in them has a state
              <tr key={first + index} aria-rowindex={first + index + 2} style={{ height: rowHeight }}>
                {list.columns.map(({ name, kind }, column) => (
                  <BodyCell key={name} kind={kind} cell={row[column] ?? null} />
                ))}
              </tr>
            ))}
            {end < rows.length && <tr style={{ height: (rows.length - end) * rowHeight }} />}
          </tbody>
        </table>
      </section>
    </div>
  );
}

/** Longer texts are cut off, and shown whole when they are pointed at. */
const longText = 40;

function BodyCell({ kind, cell }: { kind: Column['kind']; cell: Cell }) {
  const whole = cell === null ? '' : String(cell);
  // Rates have 17 digits. Exact decimals are texts, and stay as they are.
  const text = typeof cell === 'number' && !Number.isInteger(cell) ? String(Number(cell.toPrecision(6))) : whole;
  return (
    <td data-kind={kind} title={whole.length > longText || text !== whole ? whole : undefined}>
      {text}
    </td>
  );
}

/** A name that can wrap after each of its dots. Most names are longer than the values below them. */
function WrappedName({ name }: { readonly name: string }) {
  const parts = name.split(/(?<=\.)/);
  return parts.map((part, index) => (
    <Fragment key={parts.slice(0, index + 1).join('')}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

interface HeaderCellProps {
  readonly column: Column;
  readonly index: number;
  readonly order: Order | null;
  readonly onOrder: (order: Order | null) => void;
}

/** Each click selects the next order: ascending, descending, as in the answer. */
function HeaderCell({ column, index, order, onOrder }: HeaderCellProps) {
  const direction = order?.column === index ? order.direction : null;
  const next: Order | null =
    direction === 'descending'
      ? null
      : { column: index, direction: direction === 'ascending' ? 'descending' : 'ascending' };
  return (
    <th scope="col" data-kind={column.kind} aria-sort={direction ?? 'none'}>
      <button type="button" className="graphiql-un-styled" onClick={() => onOrder(next)}>
        <WrappedName name={column.name} />
        <span aria-hidden="true">{direction === null ? '' : direction === 'ascending' ? '\u00a0▲' : '\u00a0▼'}</span>
      </button>
    </th>
  );
}

const countText = (rows: number, columns: number): string =>
  `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}, ${columns} ${columns === 1 ? 'column' : 'columns'}`;
