/** How the first bytes of a file tell its format. */

/** Whether an input that begins so is of a format; undefined where more of its bytes might tell. */
export type Magic = (start: Buffer) => boolean | undefined

/** Tells files that begin with a magic number, given in latin1. */
export function beginsAs(magic: string): Magic {
  return (start) => {
    const begin = start.toString('latin1', 0, magic.length)
    return begin === magic || (magic.startsWith(begin) ? undefined : false)
  }
}

/** Tells files that begin with either of two magic numbers. */
export function either(first: Magic, second: Magic): Magic {
  return (start) => {
    const found = first(start)
    return found === true ? found : second(start) || found
  }
}

/** Tells lines of JSON by a bracket, and what can follow it in a row. */
export function beginsAsJson(start: Buffer): boolean | undefined {
  const text = start.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  if (/^\s*[{[]?\s*$/.test(text)) return undefined
  return /^\s*(?:\{\s*["}]|\[\s*(?:[[\]{"\d-]|NaN|Infinity))/.test(text)
}
