import { type FormEvent, useState } from 'react';
import type { SavedQuery } from './saved-queries.ts';
import { comparableName } from './taken-name.ts';

interface SaveFormProps {
  readonly saved: readonly SavedQuery[];
  /** The name in the form until the user types one; empty if the operation has none. */
  readonly suggestion: string;
  readonly isBusy: boolean;
  /** Called with the name, and the id of the saved query that has it; null: none that the caller may change. True if it was saved. */
  readonly onSave: (name: string, replaced: string | null) => Promise<boolean>;
}

/** Saves the open tab. The button says so if that replaces another query. */
export function SaveForm({ saved, suggestion, isBusy, onSave }: SaveFormProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const name = comparableName(typed ?? suggestion);
  const same = saved.find((each) => comparableName(each.name) === name && each.mayChange);
  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await onSave(name, same?.id ?? null)) setTyped(null);
  }
  return (
    <form className="save-form" aria-label="Save the open tab" onSubmit={(event) => void submit(event)}>
      <label>
        Name
        <input
          value={typed ?? suggestion}
          maxLength={100}
          required
          autoComplete="off"
          onChange={({ target }) => setTyped(target.value)}
        />
      </label>
      <button type="submit" className="graphiql-button" disabled={name === ''} aria-disabled={isBusy}>
        {same ? `Replace ${same.owner}'s query` : 'Save the open tab'}
      </button>
    </form>
  );
}
