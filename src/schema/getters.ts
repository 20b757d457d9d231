/** The classes whose getters return their errors. */
const guarded = new WeakSet<object>();

/**
 * For classes whose getters are read as fields: a getter that throws returns the error instead, which fails its field. Compiled
 * operations do not catch what a getter throws, and the rejection that nothing handles would end the process.
 */
export const ErrorsAsValues = (): ClassDecorator => (target) => {
  const { prototype } = target;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const { get } = descriptor as TypedPropertyDescriptor<unknown>;
    if (get) Object.defineProperty(prototype, name, { ...descriptor, get: returningErrors(get) });
  }
  guarded.add(prototype);
};

/** Whether a class is marked. */
export const hasErrorsAsValues = (target: { readonly prototype: object }): boolean => guarded.has(target.prototype);

function returningErrors(get: () => unknown) {
  return function (this: unknown): unknown {
    try {
      return get.call(this);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
}
