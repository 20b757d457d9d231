import { useRef } from 'react';
import { currentNotice } from '../notice.ts';
import { type Picture, pngOf } from './picture.ts';
import { saveFile } from './save-file.ts';

interface PictureButtonProps {
  /** Of the file. */
  readonly name: string;
  readonly picture: () => Promise<Picture>;
}

/** Saves a view as a picture. The notice says so, also to screen readers. */
export function PictureButton({ name, picture }: PictureButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  async function save() {
    const host = button.current?.closest('.result-panel');
    if (!host) return;
    try {
      saveFile(name, await pngOf(await picture(), host));
      currentNotice.show(`Saved the picture as ${name}.`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Those of the browser are sentences.
      currentNotice.show(`The picture could not be saved: ${reason.replace(/\.$/, '')}.`, true);
    }
  }
  return (
    <button ref={button} type="button" className="graphiql-button" onClick={() => void save()}>
      Save picture
    </button>
  );
}
