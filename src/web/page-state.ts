import { ApiKey } from './api-key.ts';
import { Confirmation } from './confirmation.ts';

/** The key of the tab: GraphiQL, the panels and the export send it. */
export const apiKey = new ApiKey();

export const confirmation = new Confirmation();

/** Whether panel, editors and result are one below the other (page.css). A panel then hides the editors. */
export const isNarrow = (): boolean => matchMedia('(max-width: 700px)').matches;
