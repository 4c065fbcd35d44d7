/** Derives the dialect from the options. */

import { COMMAS, type Dialect, isEscaped, toBytes } from '../../core/dialect.js'
import { SoftmaxError } from '../../core/errors.js'
import { dialectOf } from '../../core/formats.js'
import { fromText, optionText } from '../../core/option-words.js'
import { NO_QUOTE, type SettingsOf, WHITESPACE } from '../../core/options.js'
import type { Field } from '../../core/output-columns.js'

type Settings = SettingsOf<'bytes'> | SettingsOf<'command'>

/** The requested dialect. Throws E_CONFLICT if one character would have two meanings. */
export function dialectFromOptions(settings: Settings): Omit<Dialect, 'newline'> {
  const isWhitespace = settings.delimiter === WHITESPACE
  const own = (settings.from && dialectOf(settings.from)) ?? COMMAS
  const delimiter = isWhitespace ? ' ' : toBytes(settings.delimiter ?? own.delimiter)
  const { quote: requested = own.quote } = settings
  const quote = requested === NO_QUOTE ? '' : requested
  if (quote !== own.quote && own.quote === '')
    throw conflict(`the copy format has no quotes; ${fromText('tsv')} has them`)
  const { escape = quote === own.quote ? own.escape : quote, comment, lazyQuotes } = settings
  requireDifferent({ quote, escape, comment, delimiter })
  if (isEscaped({ quote, escape })) requireEscapable(escape, delimiter, settings)
  const blanks = isWhitespace ? 'delimit' : settings.trim ? 'trim' : 'keep'
  const decimalComma = settings.decimal === ',' && ({ decimalComma: true } as const)
  return { delimiter, quote, escape, comment, blanks, lazyQuotes, trailing: false, ...decimalComma }
}

/**
 * The dialect of the output: that of the input if it has the same format, unless options differ. Throws E_CONFLICT as
 * {@link dialectFromOptions} does.
 */
export function outputDialect(settings: Settings, input: Dialect | undefined): Dialect {
  const { from, to, outputDelimiter, outputDecimal } = settings
  const { decimalComma, ...own } = input && to === from ? input : ((to && dialectOf(to)) ?? COMMAS)
  const blanks = outputDelimiter !== undefined && own.blanks === 'delimit' ? 'keep' : own.blanks
  const delimiter = outputDelimiter === undefined ? own.delimiter : toBytes(outputDelimiter)
  const hasComma = outputDecimal === undefined ? decimalComma : outputDecimal === ','
  if (outputDelimiter !== undefined) requireDifferent({ ...own, comment: undefined, delimiter })
  if (isEscaped(own) && delimiter.length > 1)
    throw conflict(`${optionText('to', to)} requires a single-byte ${optionText('outputDelimiter')}`)
  return { ...own, delimiter, blanks, newline: '\n', trailing: false, ...(hasComma && { decimalComma: true }) }
}

/** The warning that results of nested logits, which are JSON, have decimal points; undefined if that is no surprise. */
export function pointsWarning(output: Dialect | undefined, fields: readonly Field[]): string | undefined {
  const hasLists = fields.some(({ item }) => item && ['result', 'classes', 'top'].includes(item.type))
  if (!output?.decimalComma || !hasLists) return undefined
  return `the results are lists, written as JSON with decimal points; only kept numbers have decimal commas (${optionText('outputDecimal', '.')} writes all with points)`
}

/** Throws E_CONFLICT if the comma is both the decimal separator and the default delimiter. */
export function requireComma({ delimiter, decimalComma }: Dialect, settings: Settings): void {
  if (!decimalComma || delimiter !== ',' || settings.delimiter !== undefined) return
  const choices = `${optionText('delimiter', ';')} or ${optionText('delimiter', ',')}`
  throw conflict(`a decimal comma requires an explicit delimiter: ${choices}`)
}

/** Throws E_CONFLICT if the escape is not a backslash, the delimiter is not one byte, or blanks are trimmed. */
function requireEscapable(escape: string, delimiter: string, settings: Settings): void {
  if (escape !== '\\') throw conflict(`${optionText('quote', 'none')} works only with ${optionText('escape', '\\')}`)
  if (delimiter.length > 1) throw conflict(`${optionText('escape', '\\')} requires a single-byte delimiter`)
  if (settings.trim || settings.delimiter === WHITESPACE)
    throw conflict(`blanks are part of a cell with ${optionText('quote', 'none')} and ${optionText('escape', '\\')}`)
}

function requireDifferent({
  quote,
  escape,
  comment = '',
  delimiter,
}: Pick<Dialect, 'quote' | 'escape' | 'comment' | 'delimiter'>): void {
  const characters = [quote, escape === quote ? '' : escape, comment, delimiter]
  const isRepeated = characters.some((character, index) => character !== '' && characters.indexOf(character) < index)
  if (isRepeated || (quote && delimiter.includes(quote)) || (comment && delimiter.startsWith(comment))) {
    throw conflict('delimiter, quote, escape and comment must be different characters')
  }
}

function conflict(reason: string): SoftmaxError {
  return new SoftmaxError('E_CONFLICT', { reason })
}
