/** An answer from memory, or one that takes a statement. */
export type Answer<Value> = Value | Promise<Value>;

/** Applies a function to an answer: at once to one from memory, because a promise for each row takes longer than its work. */
export const mapAnswer = <Value, Result>(
  answer: Answer<Value>,
  apply: (value: Value) => Answer<Result>,
): Answer<Result> => (answer instanceof Promise ? answer.then(apply) : apply(answer));
