/** Saves a file on the computer of the user. It is not sent anywhere. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Some browsers read the file only after the user has chosen where to save it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
