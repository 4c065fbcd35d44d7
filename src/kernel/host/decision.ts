/** Passes the decision rule for labels to the kernel: see `assembly/decide.ts`. */
import { type Kernel, offsetOf } from './wasm.js'

/** A decision rule; without one, the label is the most probable class. */
export interface Decision {
  /** A row whose largest probability is smaller, or NaN, has no label. */
  minConfidence?: number | undefined
  /** With two classes: the minimum probability of the second to be the label. */
  threshold?: number | undefined
  /** The minimum probability of each class to be among the labels, if a row may have several. */
  cutoffs?: readonly number[] | undefined
}

/** The size of a decision in bytes. */
export function decisionRoom({ cutoffs = [] }: Decision = {}): number {
  return offsetOf('decisionSize') + 8 * cutoffs.length
}

/** Writes a decision at an address, a multiple of eight, followed by its cutoffs. */
export function writeDecision({ memory }: Kernel, at: number, { minConfidence, threshold, cutoffs }: Decision): void {
  const behind = at + offsetOf('decisionSize')
  new Float64Array(memory.buffer, at, 2).set([minConfidence ?? Number.NaN, threshold ?? Number.NaN])
  new Uint32Array(memory.buffer, at + 16, 2).set([cutoffs ? behind : 0, 0])
  if (cutoffs) new Float64Array(memory.buffer, behind, cutoffs.length).set(cutoffs)
}

/** The address of a decision's cutoffs. */
export function cutoffsAt(at: number): number {
  return at + offsetOf('decisionSize')
}
