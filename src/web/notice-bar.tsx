import { focusQueryEditor } from './focus.ts';
import { currentNotice } from './notice.ts';
import { useStore } from './use-store.ts';

/** The notice of the page, until the user closes it. Screen readers announce it when it appears. */
export function NoticeBar() {
  const notice = useStore(currentNotice);
  return (
    <div role="status">
      {notice && (
        <p className={notice.isError ? 'notice' : 'notice info'}>
          {notice.text}
          <button
            type="button"
            onClick={() => {
              currentNotice.dismiss();
              focusQueryEditor();
            }}
          >
            Close
          </button>
        </p>
      )}
    </div>
  );
}
