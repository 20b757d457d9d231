import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { SavedQuery } from './saved-queries.ts';

interface SavedItemProps {
  readonly saved: SavedQuery;
  readonly isBusy: boolean;
  readonly onOpen: (saved: SavedQuery) => void;
  /** True if it was renamed. */
  readonly onRename: (saved: SavedQuery, name: string) => Promise<boolean>;
  readonly onDelete: (saved: SavedQuery) => void;
}

/** A saved query in the list, with buttons to change it if the caller may. */
export function SavedItem({ saved, isBusy, onOpen, onRename, onDelete }: SavedItemProps) {
  const [isRenaming, setRenaming] = useState(false);
  const rename = useRef<HTMLButtonElement>(null);
  const wasRenaming = useRef(false);
  useEffect(() => {
    // The form is gone, and with it the focus, unless the user has gone on meanwhile.
    if (wasRenaming.current && !isRenaming && document.activeElement === document.body) rename.current?.focus();
    wasRenaming.current = isRenaming;
  }, [isRenaming]);
  if (isRenaming)
    return (
      <li className="saved-item">
        <RenameForm
          name={saved.name}
          isBusy={isBusy}
          onCancel={() => setRenaming(false)}
          onName={async (name) => {
            if (name === saved.name || (await onRename(saved, name))) setRenaming(false);
          }}
        />
      </li>
    );
  return (
    <li className="saved-item">
      <button type="button" className="graphiql-un-styled" onClick={() => onOpen(saved)}>
        {saved.name}
        <small>
          {saved.owner}, {saved.updatedAt.slice(0, 10)}
        </small>
      </button>
      {saved.mayChange && (
        <>
          <button
            ref={rename}
            type="button"
            className="graphiql-un-styled saved-change"
            aria-label={`Rename ${saved.name}`}
            onClick={() => setRenaming(true)}
          >
            Rename
          </button>
          <button
            type="button"
            className="graphiql-un-styled saved-change"
            aria-label={`Delete ${saved.name}`}
            aria-disabled={isBusy}
            onClick={() => onDelete(saved)}
          >
            Delete
          </button>
        </>
      )}
    </li>
  );
}

interface RenameFormProps {
  readonly name: string;
  readonly isBusy: boolean;
  readonly onCancel: () => void;
  readonly onName: (name: string) => Promise<void>;
}

/** Asks for another name, in place of the query. Escape cancels. */
function RenameForm({ name, isBusy, onCancel, onName }: RenameFormProps) {
  const [typed, setTyped] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  function submit(event: FormEvent) {
    event.preventDefault();
    void onName(typed.trim());
  }
  return (
    <form
      className="save-form"
      aria-label={`Rename ${name}`}
      onSubmit={submit}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onCancel();
      }}
    >
      <label>
        New name
        <input
          ref={field}
          value={typed}
          maxLength={100}
          required
          autoComplete="off"
          onChange={({ target }) => setTyped(target.value)}
        />
      </label>
      <button type="submit" className="graphiql-button" disabled={typed.trim() === ''} aria-disabled={isBusy}>
        Rename
      </button>
      <button type="button" className="graphiql-button" onClick={onCancel}>
        Cancel
      </button>
    </form>
  );
}
