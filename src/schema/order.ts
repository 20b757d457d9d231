import { type ClassType, Field, InputType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import { describedEnum, SortDirection } from './enums.ts';

/** An order as a client may give it: a variable may be null where a default stands. */
export interface OrderInput<OrderField extends string> {
  readonly field: OrderField;
  readonly direction?: 'ASC' | 'DESC' | null;
}

/** The order to use: the default where the client gives none, or null in a variable. */
export function orderOr<OrderField extends string>(
  given: OrderInput<OrderField> | null | undefined,
  otherwise: Order<OrderField>,
  direction: 'ASC' | 'DESC' = 'ASC',
): Order<OrderField> {
  return given ? { field: given.field, direction: given.direction ?? direction } : otherwise;
}

/**
 * Makes the GraphQL types `<Name>Order` and `<Name>OrderField`.
 *
 * @param rows what is ordered, in the plural.
 * @param fields what it can be ordered by, each with its description.
 * @param direction the direction if a client names none.
 */
export function orderType<OrderField extends string>(
  name: string,
  rows: string,
  fields: Readonly<Record<OrderField, string>>,
  direction: 'ASC' | 'DESC' = 'ASC',
): ClassType<OrderInput<OrderField>> {
  const orderField = describedEnum(`${name}OrderField`, `What ${rows} can be ordered by.`, fields);

  @InputType(`${name}Order`, { description: `The order of ${rows}.` })
  class RowOrder implements OrderInput<OrderField> {
    @Field(() => orderField, { description: 'What to order by.' })
    field!: OrderField;

    @Field(() => SortDirection, {
      nullable: true,
      defaultValue: direction,
      description: 'Which end comes first.',
    })
    direction?: 'ASC' | 'DESC' | null;
  }
  return RowOrder;
}
