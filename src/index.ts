/**
 * softmax-stream: rows of logits in, class probabilities and the argmax label out.
 *
 * @packageDocumentation
 */
export type { Emittable, Layout } from './columns.js'
export { CODES, type Code, type Info, type Place, SoftmaxError } from './errors.js'
export { type FilesStream, scoreFiles } from './files.js'
export { OPTIONS } from './options.js'
export { type ReadOptions, type Row, type RowStream, read } from './read.js'
export type { Reject, RejectHandler } from './reject.js'
export type { Schema } from './schema.js'
export { type ScoreOptions, type ScoreStream, score } from './score.js'
export {
  type LogitsRow,
  logSoftmax,
  type MatrixOptions,
  type MatrixScores,
  type Prediction,
  type PredictionStream,
  type SoftmaxOptions,
  softmax,
  softmaxMatrix,
} from './softmax.js'
export type { Stats } from './tally.js'
export { type WriteOptions, write } from './write.js'
