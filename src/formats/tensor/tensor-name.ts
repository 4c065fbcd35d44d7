/** Selects the arrays of logits and of true classes in a file of several arrays. */
import { isLogitName } from '../../core/column-name.js'
import { SoftmaxError, shown, shownNames } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'

/** The names of the arrays to read, logits and true classes if any, and of the ignored ones. */
export function chooseTensors(
  names: readonly string[],
  { tensor, truth: requested }: Pick<SettingsOf<'bytes'>, 'tensor' | 'truth'>,
): { logits: string; truth?: string; others: string[] } {
  const truth =
    typeof requested === 'string' && requested !== tensor ? names.find((name) => name === requested) : undefined
  // The columns i0, i1 are axis positions.
  if (requested !== undefined && truth === undefined && !/^i\d+$/.test(String(requested))) {
    throw noTruth(names, String(requested), tensor ?? names.find(isLogitName))
  }
  const logits = chooseTensor(
    names.filter((name) => name !== truth),
    tensor,
  )
  const others = names.filter((name) => name !== logits && name !== truth)
  return { logits, ...(truth !== undefined && { truth }), others }
}

function noTruth(names: readonly string[], requested: string, logits: string | undefined): SoftmaxError {
  const isList = requested.includes(',') && requested.split(',').every((name) => names.includes(name))
  const reason = isList
    ? `${optionText('truth', requested)} names several arrays, but true classes must be in one: a class for each row, or 0 or 1 for each row and class`
    : `there is no array ${shown(requested)}${othersText(names, logits)}`
  return new SoftmaxError('E_CONFLICT', { reason })
}

/** The names of the arrays besides the logits, for a message. */
function othersText(names: readonly string[], logits: string | undefined): string {
  const others = names.filter((name) => name !== logits)
  if (others.length === 0) return ' besides the logits'
  const besides = others.length < names.length ? 'besides the logits there are' : 'there are'
  return `; ${besides}: ${shownNames(others)}`
}

/** The name that needs no option, like columns whose names begin with logit. */
const LOGITS = 'logits'

/**
 * The name of the logits array: the requested one, the only one, or the one called logits.
 *
 * @throws E_TENSOR if there are several, or none of that name; E_TYPE if there are no arrays
 */
function chooseTensor(names: readonly string[], requested: string | undefined): string {
  if (names.length === 0) throw new SoftmaxError('E_TYPE', { reason: 'it contains no arrays' })
  if (requested === undefined && names.length === 1) return names[0]!
  const named = requested ?? LOGITS
  if (names.includes(named)) return named
  const proposed = names.find(isLogitName) ?? names[0]!
  throw new SoftmaxError('E_TENSOR', { names: [...names], proposed, ...(requested !== undefined && { requested }) })
}
