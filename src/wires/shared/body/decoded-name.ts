/** A name as it stands in an address, where a slash in it is encoded; as it is where it cannot be decoded. */
export function decodedName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
