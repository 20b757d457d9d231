import { ToolbarButton, useGraphiQL } from '@graphiql/react';
import { LinkError, linkTo } from './link.ts';
import { currentNotice } from './notice.ts';
import { useKnownState } from './results/use-known-state.ts';

/** Copies a link to the operation in the editors, with the view of its result. */
export function CopyLink() {
  const { queryEditor, variableEditor } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  const knownState = useKnownState();
  async function copy() {
    const query = queryEditor?.getValue() ?? '';
    const variables = variableEditor?.getValue() ?? '';
    try {
      await navigator.clipboard.writeText(linkTo({ query, variables, ...knownState() }, location.href));
      currentNotice.show('Copied a link to this operation and its variables. It has no key and no headers.');
    } catch (error) {
      currentNotice.show(error instanceof LinkError ? error.message : 'The browser did not allow copying.', true);
    }
  }
  return (
    <ToolbarButton label="Copy link" onClick={() => void copy()}>
      <LinkIcon />
    </ToolbarButton>
  );
}

function LinkIcon() {
  return (
    <svg
      className="graphiql-toolbar-icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 0 0-5.7-5.7l-1.5 1.5" />
      <path d="M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 0 0 5.7 5.7l1.5-1.5" />
    </svg>
  );
}
