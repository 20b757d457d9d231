import { type ClassType, Field, InputType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import { describedEnum, SortDirection } from './enums.ts';

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
): ClassType<Order<OrderField>> {
  const orderField = describedEnum(`${name}OrderField`, `What ${rows} can be ordered by.`, fields);

  @InputType(`${name}Order`, { description: `The order of ${rows}.` })
  class RowOrder implements Order<OrderField> {
    @Field(() => orderField, { description: 'What to order by.' })
    field!: OrderField;

    @Field(() => SortDirection, { defaultValue: direction, description: 'Which end comes first.' })
    direction!: 'ASC' | 'DESC';
  }
  return RowOrder;
}
