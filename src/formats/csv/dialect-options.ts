/** The dialect that the options ask for. */

import { type Dialect, toBytes } from '../../core/dialect.js'
import { SoftmaxError } from '../../core/errors.js'
import { delimiterOf } from '../../core/formats.js'
import { optionText } from '../../core/option-words.js'
import { NO_QUOTE, type SettingsOf, WHITESPACE } from '../../core/options.js'

/** The dialect as it is asked for. Throws E_CONFLICT where one character would have two meanings. */
export function dialectFromOptions(settings: SettingsOf<'bytes'>): Omit<Dialect, 'newline'> {
  const isWhitespace = settings.delimiter === WHITESPACE
  const delimiter = isWhitespace ? ' ' : toBytes(settings.delimiter ?? delimiterOf(settings.from) ?? ',')
  const quote = settings.quote === NO_QUOTE ? '' : settings.quote
  const { escape = quote, comment, lazyQuotes } = settings
  if (quote === '' && escape !== '')
    throw conflict(`${optionText('escape')} stands before a quote, and ${optionText('quote', 'none')} has none`)
  requireDifferent([quote, escape === quote ? '' : escape, comment ?? '', delimiter])
  const blanks = isWhitespace ? 'delimit' : settings.trim ? 'trim' : 'keep'
  return { delimiter, quote, escape, comment, blanks, lazyQuotes, trailing: false }
}

function requireDifferent(marks: string[]): void {
  const [quote, , comment, delimiter] = marks as [string, string, string, string]
  const isTwice = marks.some((mark, index) => mark !== '' && marks.indexOf(mark) < index)
  if (isTwice || (quote && delimiter.includes(quote)) || (comment && delimiter.startsWith(comment))) {
    throw conflict('delimiter, quote, escape and comment have to be different characters')
  }
}

function conflict(reason: string): SoftmaxError {
  return new SoftmaxError('E_CONFLICT', { reason })
}
