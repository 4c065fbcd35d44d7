/** The exports of the kernel. */
export * from './offsets'
export { writeCells } from './cells'
export { markMembers, probabilityOf } from './decide'
export { beginWide, endRowEvaluation, evaluateChunk } from './row-evaluation'
export { addClasses, addEvaluated, addMetrics, addRanks, beginMetrics, metricsRoom } from './metrics'
export { rocBins } from './roc'
export { addTruth } from './truth'
export { countLines } from './csv'
export { packKept, roundDoubles } from './columns'
export { rangeOfDoubles, rangeOfFloats, rangeOfIntegers, rangeOfLongs } from './ranges'
export { joinDoubles, joinFloats, scoreColumns, scoreMatrix, splitRows, takeStates } from './matrix'
export { readRuns, writeRuns } from './runs'
export { countDistinct, packTexts, rangeOfTexts, writeTexts } from './texts'
export { compressBlock, packLevels, uncompress } from './snappy'
export {
  addCsv, addMembers, addVariant, measureCsv, measureLines, measureMembers, measureVariant, scoreCsv, scoreCsvRequoted,
  scoreCsvToNdjson, scoreLines, scoreMembers, scoreMembersToCsv, scoreVariant, scoreVariantRequoted, scoreVariantToNdjson,
} from './score-text'
export { accumulate, begin, emit, finish, scan } from './softmax'
export { setTemperature } from './temperature'
export { beginMultiLabel, endMultiLabel, evaluateMultiLabel } from './multi-label'
export { drain, select, selectRows } from './top-k'

/** The first byte available to the host. */
export function heapBase(): usize {
  return __heap_base
}
