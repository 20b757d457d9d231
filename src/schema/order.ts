import { type ClassType, Field, InputType } from 'type-graphql';
import type { Order } from '../db/warehouse/order.ts';
import { describedEnum, SortDirection } from './enums.ts';

/** `orderBy` as the client sends it. A variable may set `direction` to null. */
export interface OrderInput<OrderField extends string> {
  readonly field: OrderField;
  readonly direction?: 'ASC' | 'DESC' | null;
}

/**
 * Resolves `orderBy` to an order.
 *
 * @param fallback the order if the client sends none, or null.
 * @param direction the direction if the client sends only a field.
 */
export function toOrder<OrderField extends string>(
  orderBy: OrderInput<OrderField> | null | undefined,
  fallback: Order<OrderField>,
  direction: 'ASC' | 'DESC' = 'ASC',
): Order<OrderField> {
  return orderBy ? { field: orderBy.field, direction: orderBy.direction ?? direction } : fallback;
}

/**
 * Makes the GraphQL types `<Name>Order` and `<Name>OrderField`.
 *
 * @param rows plural noun for descriptions, e.g. `conversions`.
 * @param fields the sort fields with their descriptions.
 * @param direction the default direction.
 */
export function orderType<OrderField extends string>(
  name: string,
  rows: string,
  fields: Readonly<Record<OrderField, string>>,
  direction: 'ASC' | 'DESC' = 'ASC',
): ClassType<OrderInput<OrderField>> {
  const orderField = describedEnum(`${name}OrderField`, `Fields that ${rows} can be sorted by.`, fields);

  @InputType(`${name}Order`, { description: `Sort order of ${rows}.` })
  class RowOrder implements OrderInput<OrderField> {
    @Field(() => orderField, { description: 'Field to sort by.' })
    field!: OrderField;

    @Field(() => SortDirection, { nullable: true, defaultValue: direction, description: 'Sort direction.' })
    direction?: 'ASC' | 'DESC' | null;
  }
  return RowOrder;
}
