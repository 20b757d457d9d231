import { ToolbarButton, useGraphiQL } from '@graphiql/react';
import { useState } from 'react';
import { linkTo } from './link.ts';

/** Copies a link to the operation in the editors. */
export function CopyLink() {
  const editors = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const [outcome, setOutcome] = useState('');
  async function copy() {
    const query = editors.queryEditor?.getValue() ?? '';
    const variables = editors.variableEditor?.getValue() ?? '';
    try {
      await navigator.clipboard.writeText(linkTo({ query, variables }, location.href));
      setOutcome('Copied a link to this operation');
    } catch {
      setOutcome('The browser did not allow copying');
    }
  }
  return (
    <>
      <ToolbarButton label="Copy link" onClick={() => void copy()}>
        <LinkIcon />
      </ToolbarButton>
      <span className="visually-hidden" role="status">
        {outcome}
      </span>
    </>
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
