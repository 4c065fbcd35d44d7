/** The length of a byte order mark of UTF-8 at the start of a text, which by then is UTF-8. */
export function byteOrderMark(start: Buffer): 0 | 3 {
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0
}
