/** A list as JSON text. */

/** The items of a JSON list; undefined for other text. */
export function jsonList(text: string): unknown[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
