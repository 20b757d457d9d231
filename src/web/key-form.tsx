import { type FormEvent, useSyncExternalStore } from 'react';
import type { ApiKey } from './api-key.ts';
import { useStore } from './use-store.ts';

/** Asks for an API key when the service requires one, and lets the user change it. */
export function KeyForm({ apiKey }: { apiKey: ApiKey }) {
  const request = useStore(apiKey.request);
  if (!request) return null;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    apiKey.answer(String(new FormData(event.currentTarget).get('key')).trim());
  }

  return (
    <form className="key-form" aria-label="API key" onSubmit={submit}>
      <label>
        API key or token
        <input
          name="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          pattern="\s*[!-~]*\s*"
          title="Only the key or the token, without Bearer"
        />
      </label>
      <button type="submit">Use it</button>
      <button type="button" onClick={() => apiKey.answer(null)}>
        Cancel
      </button>
      <span role="status">
        {request.reason ?? 'Leave it empty to forget the key.'} The key stays in this tab only, until it is closed.
      </span>
    </form>
  );
}

/** Shown while the page sends a key. */
export function ChangeKey({ apiKey }: { apiKey: ApiKey }) {
  const hasKey = useSyncExternalStore(apiKey.request.subscribe, () => apiKey.value !== null && !apiKey.request.value);
  if (!hasKey) return null;
  return (
    <button type="button" className="graphiql-un-styled change-key" onClick={() => void apiKey.ask(null)}>
      Change key
    </button>
  );
}
