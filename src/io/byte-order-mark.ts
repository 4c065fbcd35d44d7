/** The length of a UTF-8 BOM at the start of text that has been decoded to UTF-8. */
export function byteOrderMark(start: Buffer): 0 | 3 {
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0
}
