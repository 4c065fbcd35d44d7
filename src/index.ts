/**
 * softmax-stream: rows of logits in, class probabilities and the argmax label out.
 *
 * @packageDocumentation
 */

export { type ReadOptions, type Row, type RowStream, read } from './api/read.js'
export { type ScoreOptions, type ScoreStream, score } from './api/score.js'
export { type FilesStream, scoreFiles } from './api/score-files.js'
export { type LogitsRow, logSoftmax, type PredictionStream, type SoftmaxOptions, softmax } from './api/softmax.js'
export { type MatrixOptions, type MatrixScores, softmaxMatrix } from './api/softmax-matrix.js'
export { type WriteOptions, write } from './api/write.js'
export { CODES, type Code, type Info, type Position as Place, SoftmaxError } from './core/errors.js'
export { OPTIONS } from './core/options.js'
export type { Layout, OutputColumn as Emittable } from './core/output-columns.js'
export type { Prediction } from './core/prediction.js'
export type { Reject, RejectHandler } from './core/reject.js'
export type { Schema } from './core/schema.js'
export type { InputInfo } from './pipeline/input-info.js'
export type { Stats } from './pipeline/row-counts.js'
