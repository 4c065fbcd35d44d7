/** Programs of jq that messages propose. */
import { run } from './file-kinds.js'
import { PLAIN_KEY } from './option-words.js'

/** The keys and indices that lead to a value. */
type Path = readonly string[]

/**
 * A path in the syntax of jq, such as `.choices[0].logprobs`, given the value that it begins at. Undefined if a key could
 * not be written in it, between single quotes, or in a selector.
 */
export function jqPath(path: Path, from: unknown): string | undefined {
  let [text, value] = ['', from]
  for (const key of path) {
    if (!Array.isArray(value) && !PLAIN_KEY.test(key)) return undefined
    text += Array.isArray(value) ? `[${key}]` : jqKey(key)
    value = (value as Record<string, unknown> | undefined)?.[key]
  }
  return text
}

/** A key in the syntax of jq. */
export function jqKey(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `."${key}"`
}

/**
 * The command that makes a row of each item in a list at a path of a row. Other keys of the row are kept, if there are
 * some, and the list is replaced by the item, an empty one by null: no row is lost. `inner` selects the logits in it, if
 * necessary.
 */
export function rowsRemedy(path: Path, row: object, inner?: Path): string {
  const at = jqPath(path, row) ?? `.${path.join('.')}`
  if (isOnlyKey(path, row)) return run(`jq -c "${at}[]" FILE`, inner?.join('.') || undefined)('FILE')
  return run(`jq -c '${at} = (${at}[]? // null)' FILE`, inner && [...path, ...inner].join('.'))('FILE')
}

/** Whether no object on a path has other keys. */
function isOnlyKey(path: Path, row: unknown): boolean {
  let value = row
  for (const key of path) {
    if (Object.keys(value ?? {}).length > 1) return false
    value = (value as Record<string, unknown> | undefined)?.[key]
  }
  return true
}
