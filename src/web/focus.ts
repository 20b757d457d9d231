/** Gives the focus to the editor of the operation, or to the view if that has its room: the element that had it is gone. */
export function focusQueryEditor(): void {
  const editor = document.querySelector<HTMLElement>('.graphiql-query-editor [role="textbox"]');
  const view = document.querySelector<HTMLElement>('.result-tabs [aria-selected="true"]');
  (editor?.checkVisibility() ? editor : view)?.focus();
}
