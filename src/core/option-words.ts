/** How messages name options: as flags in the command, as properties in the API. */

/** Which interface the process uses. */
export type Speaker = 'api' | 'command'

let speaker: Speaker = 'api'

/** Makes messages address users of the command; called at its start. */
export function speakAs(who: Speaker): void {
  speaker = who
}

/** The interface of this process, to be passed to worker threads. */
export function speaking(): Speaker {
  return speaker
}

/** An option in a message: `--missing -inf` or `missing: '-inf'`; without a value, just its name. */
export function optionText(name: string, value?: string | number | boolean): string {
  return speaker === 'command' ? flagText(name, value) : propertyText(name, value)
}

/** A value for the option `labels`; undefined if the names are too many for a message. */
export function labelsText(names: readonly string[]): string | undefined {
  const isPlain = names.every((name) => /^[^\s,](?:[^,]*[^\s,])?$/.test(name)) && !/^[@[{]/.test(names[0]!)
  const text = isPlain ? names.join(',') : JSON.stringify(names)
  return text.length > LONGEST_VALUE ? undefined : text
}

/**
 * The options that read some keys of an object of logits, at a path, and ignore all others: as many as a message has
 * room for. Undefined if none can be written without quotes.
 */
export function someKeys(path: string, keys: readonly string[]): { text: string; count: number } | undefined {
  const paths = keys.filter((key) => PLAIN_KEY.test(key)).map((key) => `${path}.${key}`)
  while (paths.join().length > LONGEST_VALUE) paths.pop()
  if (!paths[0] || !path.split('.').every((key) => PLAIN_KEY.test(key) || /^\d+$/.test(key))) return undefined
  return { text: optionsText(['logits', paths.join()], ['missing', '-inf']), count: paths.length }
}

/** Keys that a selector takes for names, and that need no backslash in a text of jq. */
export const PLAIN_KEY = /^[\p{L}_][\p{L}\p{N}_-]*$/u

/** The longest value of an option that messages propose, in characters. */
export const LONGEST_VALUE = 80

/** Several options, for use together: `--decimal ',' --delimiter ','` or `decimal: ',', delimiter: ','`. */
export function optionsText(
  ...options: readonly (readonly [name: string, value: string | false | undefined])[]
): string {
  return options.map(([name, value]) => optionText(name, value)).join(speaker === 'command' ? ' ' : ', ')
}

/** The format of the input in a message: an option, except of `read`. */
export function fromText(format: string): string {
  return `${optionText('from', format)}${speaker === 'command' ? '' : `, or read('${format}'),`}`
}

/** A verb in a message: of the command, or the function of that name. */
export function verbText(verb: string): string {
  return speaker === 'command' ? `softmax ${verb}` : `${verb}()`
}

function flagText(name: string, value: string | number | boolean | undefined): string {
  const flag = name.startsWith('-') ? name : `--${value === false ? 'no-' : ''}${kebab(name)}`
  return value === undefined || typeof value === 'boolean' ? flag : `${flag} ${shellWord(String(value))}`
}

function propertyText(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined) return name
  return `${name}: ${typeof value === 'string' ? `'${escaped(value.replace(/[\\']/g, '\\$&'))}'` : value}`
}

/** A word quoted for a shell, if necessary. */
export function shellWord(text: string): string {
  // A single comma would look like punctuation of the message.
  if (/^-?[\w.=,]+$/.test(text) && text !== ',') return text
  return `'${escaped(text).replaceAll("'", `'\\''`)}'`
}

/** The path of a folder, quoted for a shell where necessary, with a slash at its end. */
export function shellFolder(path: string): string {
  const names = path.replace(/\/+$/, '').split('/')
  return `${names.map((name) => (name === '' ? '' : shellWord(name))).join('/')}/`
}

/** Text with control characters escaped, as options accept them. */
function escaped(text: string): string {
  const code = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  return text.replace(/\p{Cc}/gu, (character) => (character === '\t' ? '\\t' : code(character)))
}

/** An option's name as a flag. */
export function kebab(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
