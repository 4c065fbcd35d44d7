/**
 * The tensors of a response of an inference server, as KServe's protocol has them: which of them most likely holds the logits,
 * and what makes lines of its rows.
 */
import { shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { nestingIn } from './nested.js'
import type { Row } from './row.js'

/** A tensor, whose numbers stand in one list beside their shape, or in lists of lists. */
export interface Tensor {
  name?: unknown
  datatype?: unknown
  shape?: unknown
  data: unknown[]
}

/** The tensors of `outputs`; none where something else is there. */
export function tensorsIn(outputs: unknown): Tensor[] {
  const isTensor = (one: unknown): one is Tensor => Array.isArray((one as Tensor | null)?.data)
  return Array.isArray(outputs) && outputs.every(isTensor) ? outputs : []
}

/** Whether a tensor is of numbers that are in rows. */
export function mayHoldLogits({ data: [first], shape }: Tensor): boolean {
  return Array.isArray(first) || (typeof first === 'number' && Array.isArray(shape))
}

/** Where the tensor of the logits stands, most likely: by its name, or else as the first of floats. */
function logitsTensor(tensors: readonly Tensor[]): number {
  const find = (test: (tensor: Tensor) => boolean) => tensors.findIndex((one) => mayHoldLogits(one) && test(one))
  const places = [find(({ name }) => /logit/i.test(String(name))), find(areFloats), find(() => true)]
  return places.find((place) => place >= 0) ?? 0
}

/** By what is said of a tensor, or else by its numbers. */
function areFloats({ datatype, data }: Tensor): boolean {
  if (typeof datatype === 'string') return /^(?:FP|BF|float|double)/i.test(datatype)
  return data.flat(Number.POSITIVE_INFINITY).some((item) => typeof item === 'number' && !Number.isInteger(item))
}

/** The program of jq that makes a line of each row. */
export function programOf(tensors: readonly Tensor[]): string {
  const place = logitsTensor(tensors)
  if (Array.isArray(tensors[place]!.data[0])) return `.outputs[${place}].data[]`
  return `.outputs[${place}] | .shape[-1] as $n | .data | _nwise($n)`
}

/** Which tensors there are, where there are several, and the option that takes one of them as one row. */
export function tensorWords(value: object, tensors: readonly Tensor[]): string {
  const path = ['outputs', String(logitsTensor(tensors)), 'data']
  const one = nestingIn(value as Row, path) && `${optionText('logits', path.join('.'))} takes it as one row`
  const names = tensors.map(({ name }, place) => `${place} ${shown(String(name ?? ''))}`).join(', ')
  const all = tensors.length > 1 && `its outputs are ${names}`
  return [one, all].map((words) => (words ? `; ${words}` : '')).join('')
}
