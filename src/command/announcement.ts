/** Announces guesses. */

import { listedName, plural, shortened, shown } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import { requestedTypes } from '../core/requested-types.js'
import type { Schema } from '../core/schema.js'
import type { InputInfo } from '../pipeline/input-info.js'
import { complain, isNew } from './messages.js'

/** Announces columns that were chosen neither by an option nor by the naming convention. */
export function announce(schema: Schema, { quiet }: { quiet: boolean }, said?: Set<string>): void {
  const text = announcement(schema)
  if ((schema.guessed || schema.listText) && !quiet && isNew(text, said)) complain(text)
}

/** Which columns were taken for logits and which are kept: `logits: 3 columns (cat ... boat); kept: id`. */
function announcement({ header, logits, kept, listText, depth, classes }: Schema): string {
  const names = logits.map((index) => header[index]!)
  const others = kept.map((index) => listedName(header[index]!)).join(', ')
  const what = listText ? listsOf(classes.length, depth) : plural(names.length, 'column')
  return `logits: ${what} (${columnRange(names)})${others && `; kept: ${shortened(others)}`}`
}

/** What a column of lists contains. Without rows and labels, the number of classes is unknown. */
function listsOf(classes: number, depth: number | undefined): string {
  if (depth !== undefined) return 'lists of lists of numbers'
  return classes === 0 ? 'lists' : `lists of ${plural(classes, 'number')}`
}

/** The first and the last of some columns. */
export function columnRange(names: readonly string[]): string {
  return shortened(
    names.length > 2 ? `${listedName(names[0]!)} ... ${listedName(names.at(-1)!)}` : names.map(listedName).join(', '),
  )
}

/** Announces inferred types on a terminal. */
export function announceTypes(
  { output }: InputInfo,
  { kept }: Schema,
  { types, quiet }: Pick<SettingsOf<'command'>, 'types' | 'quiet'>,
): void {
  if (!requestedTypes(types).infers || quiet || !process.stderr.isTTY || kept.length === 0) return
  complain(`kept columns: ${typesText(output.columns.slice(0, kept.length))}`)
}

/** A type as the option `types` names it. */
export function nameOfType(type: string): string {
  return type === 'utf8' ? 'text' : type
}

/** Columns grouped by type: `int64 ("id", "age"), text ("name")`. */
export function typesText(columns: InputInfo['output']['columns']): string {
  const groups = new Map<string, string[]>()
  for (const { name, type } of columns) {
    const key = nameOfType(type)
    groups.set(key, [...(groups.get(key) ?? []), shown(name)])
  }
  return Array.from(groups, ([type, names]) => `${type} (${listed(names)})`).join(', ')
}

function listed(names: string[]): string {
  const more = names.length - MOST_LISTED
  return more > 0 ? `${names.slice(0, MOST_LISTED).join(', ')} and ${more} more` : names.join(', ')
}

const MOST_LISTED = 20
