/**
 * softmax-stream: rows of logits in, class probabilities and the argmax label out.
 *
 * @packageDocumentation
 */

export { type CalibrateOptions, calibrate } from './api/calibrate.js'
export { type EvaluateOptions, evaluate } from './api/evaluate.js'
export type { MatrixOptions, ReadOptions, ScoreOptions, SoftmaxOptions, WriteOptions } from './api/options.js'
export { type Row, type RowStream, read } from './api/read.js'
export { type Report, report } from './api/report.js'
export { type InputEvents, type InputInfo, type ScoreEvents, type ScoreStream, score } from './api/score.js'
export { type FilesStream, type Inputs, scoreFiles } from './api/score-files.js'
export {
  type LogitsRow,
  logSigmoid,
  logSoftmax,
  type PredictionEvents,
  type PredictionStream,
  sigmoid,
  softmax,
} from './api/softmax.js'
export { type MatrixScores, softmaxMatrix } from './api/softmax-matrix.js'
export { type WriterStream, write } from './api/write.js'
export type { BeforeAfter, Calibration } from './core/calibration.js'
export { CODES, type Code, type CodedError, type Info, type Position as Place, SoftmaxError } from './core/errors.js'
export type { FormatName } from './core/formats.js'
export type { Metrics } from './core/metrics.js'
export { OPTIONS } from './core/options.js'
export type { EmitList, Emitted, Layout, OutputColumn } from './core/output-columns.js'
export type { NullablePrediction, Prediction } from './core/prediction.js'
export type { Reject, RejectHandler } from './core/reject.js'
export type { Schema } from './core/schema.js'
export type { RowTotals, Stats } from './pipeline/row-counts.js'
