import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { apiKey } from '../page-state.ts';
import { listSaved, type SavedQuery } from './saved-queries.ts';

interface SavedList {
  /** Null until it is loaded. */
  readonly saved: readonly SavedQuery[] | null;
  /** Why the last action failed; null: it did not. */
  readonly problem: string | null;
  readonly isBusy: boolean;
  /**
   * Runs an action, then loads the list again. While one runs, others are ignored: a second click on the same button.
   *
   * @returns whether it succeeded.
   */
  readonly run: (action: () => Promise<void>) => Promise<boolean>;
}

/** The list of saved queries. It is loaded when the panel is opened, not with the page, and again for another API key. */
export function useSavedList(): SavedList {
  const [saved, setSaved] = useState<readonly SavedQuery[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isRunning = useRef(false);
  const key = useSyncExternalStore(apiKey.request.subscribe, () => apiKey.value);
  const load = useCallback(async () => {
    try {
      setSaved(await listSaved());
    } catch (error) {
      setProblem(messageOf(error));
    }
  }, []);
  const run = async (action: () => Promise<void>) => {
    if (isRunning.current) return false;
    isRunning.current = true;
    setBusy(true);
    setProblem(null);
    let isDone = false;
    try {
      await action();
      isDone = true;
    } catch (error) {
      setProblem(messageOf(error));
    }
    await load();
    isRunning.current = false;
    setBusy(false);
    return isDone;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a caller may change depends on the key
  useEffect(() => {
    setProblem(null);
    void load();
  }, [load, key]);
  return { saved, problem, isBusy, run };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
