/** How messages name options: as flags in the command, as properties in the API. */

/** Who speaks to the user. */
export type Speaker = 'api' | 'command'

let speaker: Speaker = 'api'

/** Makes messages speak to a user of the command, from its start on. */
export function speakAs(who: Speaker): void {
  speaker = who
}

/** Who speaks in this process: for a worker thread to speak alike. */
export function speaking(): Speaker {
  return speaker
}

/** An option in a message: `--missing -inf` or `missing: '-inf'`; without a value, its name. */
export function optionText(name: string, value?: string | number | boolean): string {
  return speaker === 'command' ? flagText(name, value) : propertyText(name, value)
}

/** What makes something, as a message names it: a verb of the command, or the function that is called so. */
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

/** A word as a shell takes it: in quotes, unless it is plain. */
export function shellWord(text: string): string {
  if (/^-?[\w.=,]+$/.test(text)) return text
  return `'${escaped(text).replaceAll("'", `'\\''`)}'`
}

/** Text whose control characters are written as options take them. */
function escaped(text: string): string {
  const code = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  return text.replace(/\p{Cc}/gu, (character) => (character === '\t' ? '\\t' : code(character)))
}

/** An option's name as a flag has it. */
export function kebab(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
