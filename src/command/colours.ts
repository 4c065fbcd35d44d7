/** Terminal colours. */

/** The styles, and the parameters of their ANSI SGR sequences. */
const STYLES = { heading: [1, 22], error: [31, 39], warning: [33, 39], done: [32, 39], faint: [2, 22] } as const

/** Writes text in a style. */
export type Paint = (style: keyof typeof STYLES, text: string) => string

/** Text without style. */
export const plain: Paint = (_, text) => text

const coloured: Paint = (style, text) => {
  const [on, off] = STYLES[style]
  return `\x1b[${on}m${text}\x1b[${off}m`
}

/**
 * How to style text for a stream: in colour on a terminal that supports it, unless NO_COLOR is set; always with
 * FORCE_COLOR.
 */
export function paintFor(stream: { isTTY?: boolean }): Paint {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (FORCE_COLOR) return FORCE_COLOR === '0' || FORCE_COLOR === 'false' ? plain : coloured
  return stream.isTTY && !NO_COLOR && TERM !== 'dumb' ? coloured : plain
}
