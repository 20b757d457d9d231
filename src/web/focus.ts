/** Gives the focus to the editor of the operation: the element that had it is gone. */
export function focusQueryEditor(): void {
  document.querySelector<HTMLElement>('.graphiql-query-editor [role="textbox"]')?.focus();
}
