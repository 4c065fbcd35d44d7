/** Colours of a terminal. */

/** What is coloured, and the parameters of ANSI's SGR sequence that do it. */
const STYLES = { heading: [1, 22], error: [31, 39], warning: [33, 39], done: [32, 39], faint: [2, 22] } as const

/** Writes text in the style of what it is. */
export type Paint = (style: keyof typeof STYLES, text: string) => string

/** Text as it is. */
export const plain: Paint = (_, text) => text

const coloured: Paint = (style, text) => {
  const [on, off] = STYLES[style]
  return `\x1b[${on}m${text}\x1b[${off}m`
}

/** How text is written to a stream: in colours on a terminal that has them, unless NO_COLOR is set; anywhere with FORCE_COLOR. */
export function paintFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  const { FORCE_COLOR, NO_COLOR, TERM } = env
  if (FORCE_COLOR) return FORCE_COLOR === '0' || FORCE_COLOR === 'false' ? plain : coloured
  return stream.isTTY && !NO_COLOR && TERM !== 'dumb' ? coloured : plain
}
