import { useMemo, useState } from 'react';
import { sorted, tabSeparated } from './cells.ts';
import { Copy } from './copy.tsx';
import type { Cell, Column, ResultList } from './lists.ts';

/** Rows that are drawn before the user asks for all. */
const firstRows = 500;

interface Order {
  readonly column: number;
  readonly direction: 'ascending' | 'descending';
}

/** A list as a table that can be sorted and copied. */
export function ResultTable({ list }: { list: ResultList }) {
  const [order, setOrder] = useState<Order | null>(null);
  const [showsAll, setShowsAll] = useState(false);
  const rows = useMemo(() => {
    const column = order && list.columns[order.column];
    return column ? sorted(list.rows, order.column, column.kind, order.direction) : list.rows;
  }, [list, order]);
  const shown = showsAll ? rows : rows.slice(0, firstRows);
  return (
    <div className="result-table">
      <div className="result-actions">
        <span>{countText(rows.length, list.columns.length)}</span>
        <Copy label="Copy table" text={() => tabSeparated(list.columns, rows)} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without a tab stop, the keyboard could not scroll it */}
      <section className="result-scroll" aria-label={`Table of ${list.name}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {list.columns.map((column, index) => (
                <HeaderCell key={column.name} column={column} index={index} order={order} onOrder={setOrder} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity, and nothing in them has a state
              <tr key={index}>
                {list.columns.map(({ name, kind }, column) => (
                  <td key={name} data-kind={kind}>
                    {cellText(row[column] ?? null)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length < rows.length && (
          <button type="button" className="graphiql-button" onClick={() => setShowsAll(true)}>
            Show the other {(rows.length - shown.length).toLocaleString('en')} rows
          </button>
        )}
      </section>
    </div>
  );
}

interface HeaderCellProps {
  readonly column: Column;
  readonly index: number;
  readonly order: Order | null;
  readonly onOrder: (order: Order | null) => void;
}

/** Each click goes on: ascending, descending, as in the answer. */
function HeaderCell({ column, index, order, onOrder }: HeaderCellProps) {
  const direction = order?.column === index ? order.direction : null;
  const next: Order | null =
    direction === 'descending'
      ? null
      : { column: index, direction: direction === 'ascending' ? 'descending' : 'ascending' };
  return (
    <th scope="col" data-kind={column.kind} aria-sort={direction ?? 'none'}>
      <button type="button" className="graphiql-un-styled" onClick={() => onOrder(next)}>
        {column.name}
        <span aria-hidden="true">{direction === null ? '' : direction === 'ascending' ? ' ▲' : ' ▼'}</span>
      </button>
    </th>
  );
}

const cellText = (cell: Cell): string => (cell === null ? '' : String(cell));

const countText = (rows: number, columns: number): string =>
  `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}, ${columns} ${columns === 1 ? 'column' : 'columns'}`;
