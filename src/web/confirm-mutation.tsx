import { useEffect, useRef } from 'react';
import type { Confirmation } from './confirmation.ts';
import { useStore } from './use-store.ts';

/** Asks before a mutation is sent. Enter and Escape cancel: the first button, which has the focus, is Cancel. */
export function ConfirmMutation({ confirmation }: { confirmation: Confirmation }) {
  const mutations = useStore(confirmation.mutations);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (mutations) dialog.current?.showModal();
  }, [mutations]);
  if (!mutations) return null;
  /** A dialog that is removed while it is open does not give back the focus; one that is closed does. */
  const answer = (agrees: boolean) => {
    dialog.current?.close();
    confirmation.answer(agrees);
  };
  return (
    <dialog
      ref={dialog}
      className="page-dialog"
      aria-labelledby="confirm-mutation"
      onCancel={(event) => {
        event.preventDefault();
        answer(false);
      }}
    >
      <p id="confirm-mutation">
        This sends the mutation <code>{mutations.join(', ')}</code>, which changes data or what AdSuite has. Send it?
      </p>
      <div className="page-buttons">
        <button type="button" onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" onClick={() => answer(true)}>
          Send the mutation
        </button>
      </div>
    </dialog>
  );
}
