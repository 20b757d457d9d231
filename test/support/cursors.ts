/** The content of a cursor, as JSON text. */
export const decodedCursor = (cursor: string): string => Buffer.from(cursor.slice(12), 'base64url').toString();
