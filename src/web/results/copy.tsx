import { useState } from 'react';

/** A button that copies a text. It says whether that worked: browsers refuse it to pages without HTTPS, except on loopback. */
export function Copy({ label, text }: { label: string; text: () => string }) {
  const [outcome, setOutcome] = useState('');
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome('Copied');
    } catch {
      setOutcome('The browser did not allow copying');
    }
  }
  return (
    <>
      <button type="button" className="graphiql-button" onClick={() => void copy()}>
        {label}
      </button>
      <span role="status">{outcome}</span>
    </>
  );
}
