/** What is announced of a guess. */
import { shortened } from '../core/errors.js'
import type { Schema } from '../core/schema.js'
import { complain, isNew } from './messages.js'

/** What is said neither by arguments nor by convention is said here. */
export function announce(schema: Schema, { quiet }: { quiet: boolean }, said?: Set<string>): void {
  const text = announcement(schema)
  if ((schema.guessed || schema.listText) && !quiet && isNew(text, said)) complain(text)
}

/** Which columns were taken for logits, and which are kept: `logits: 3 columns (cat ... boat); kept: id`. */
function announcement({ header, logits, kept, listText, depth, classes }: Schema): string {
  const names = logits.map((index) => header[index]!)
  const others = kept.map((index) => header[index]!).join(', ')
  const lists = depth === undefined ? `lists of ${classes.length} numbers` : 'lists of lists of numbers'
  const what = listText ? lists : `${names.length} columns`
  return `logits: ${what} (${columnRange(names)})${others && `; kept: ${shortened(others)}`}`
}

/** The first and the last of some columns. */
export function columnRange(names: readonly string[]): string {
  return shortened(names.length > 2 ? `${names[0]} ... ${names.at(-1)}` : names.join(', '))
}
