/** A table holds what the columns in memory can't: it is read with SQL. Other builds may be different. */
export class Unsuitable extends Error {
  override readonly name = 'Unsuitable';
}
