/** Every export of the package in one program: `tsc -p test` compiles it, and no result is `any`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type * as types from 'softmax-stream'
import * as api from 'softmax-stream'
import { expect, expectTypeOf, it } from 'vitest'
import { ROOT } from './support.js'

const SOURCE = 'logit_a,logit_b\n2,1\nx,1\n'
const rejects: types.Reject[] = []
const onReject: types.RejectHandler = (reject) => void rejects.push(reject)

it('bytes to bytes', async () => {
  const emit: types.EmitList = 'probs,label=predicted'
  const options: types.ScoreOptions = { emit, to: 'ndjson' satisfies types.FormatName, onReject }
  const stream: types.ScoreStream = api.score(options)
  const seen: { input?: types.InputInfo; schema?: types.Schema; layout?: types.Layout } = {}
  stream.on('input', (...[info]: types.ScoreEvents['input']) => Object.assign(seen, { input: info }))
  stream.on('header', (...[names]: types.InputEvents['header']) => expectTypeOf(names).toEqualTypeOf<string[]>())
  stream.on('schema', (...[schema]: types.ScoreEvents['schema']) => Object.assign(seen, { schema, layout: schema }))
  const bytes = await Readable.from([SOURCE]).compose(stream).toArray()
  expect([seen.input?.format, seen.schema?.header, seen.layout?.classes]).toEqual([
    'csv',
    ['logit_a', 'logit_b'],
    ['a', 'b'],
  ])
  expect([Buffer.concat(bytes).toString().split('\n').length, rejects[0]?.code]).toEqual([2, 'E_CELL'])
  const files: types.FilesStream = api.scoreFiles([Readable.from([SOURCE])], { onError: 'skip' })
  expectTypeOf((await files.toArray())[0]).toEqualTypeOf<Buffer>()
  const totals: types.RowTotals & types.Stats = files.stats
  expect(totals).toMatchObject({ read: 2, written: 1 })
})

it('objects to objects', async () => {
  const emitted: types.Emitted[] = ['probs', 'label', 'margin' satisfies types.OutputColumn]
  const options: types.SoftmaxOptions = { emit: emitted, topK: 1 }
  const rows: types.LogitsRow[] = [[2, 1]]
  for (const make of [api.softmax, api.logSoftmax, api.sigmoid, api.logSigmoid]) {
    const stream: types.PredictionStream = make(make === api.softmax ? options : {})
    stream.on('schema', (...[schema]: types.PredictionEvents['schema']) => expectTypeOf(schema).not.toBeAny())
    const [prediction] = (await Readable.from(rows).compose(stream).toArray()) as types.Prediction[]
    expectTypeOf(prediction!.label).toEqualTypeOf<string | null | undefined>()
    expect(prediction?.label).toBe('0')
  }
  const nulls = await Readable.from([[Number.NaN, 1]])
    .compose(api.softmax({ nonfinite: 'null' }))
    .toArray()
  expect((nulls as types.NullablePrediction[])[0]!.probabilities).toBeNull()
  const reader: types.RowStream<types.Row> = api.read('csv', {} satisfies types.ReadOptions)
  const writer: types.WriterStream = api.write('csv', { outputHeader: true } satisfies types.WriteOptions)
  expectTypeOf(reader.read()).not.toBeAny()
  expectTypeOf(writer.read()).toEqualTypeOf<Buffer | null>()
  const scores: types.MatrixScores = api.softmaxMatrix([2, 1], 1, 2, {} satisfies types.MatrixOptions)
  expect(scores.index).toEqual(Uint32Array.of(0))
})

it('files and true classes to metrics', async () => {
  const options: types.EvaluateOptions = { truth: 'y', labels: 'a,b' }
  const inputs: types.Inputs = [Readable.from(['logit_a,logit_b,y\n2,1,a\n'])]
  const metrics: types.Metrics = await api.evaluate(inputs, options)
  expectTypeOf(metrics.log_loss).toEqualTypeOf<number | null>()
  expect(metrics.accuracy).toBe(1)
})

it('files and true classes to a page', async () => {
  const made: types.Report = await api.report([Readable.from(['logit_a,logit_b,y\n2,1,a\n'])], { truth: 'y' })
  expectTypeOf(made.metrics).toEqualTypeOf<types.Metrics>()
  expect(made.html).toContain('<h1>Evaluation of a stream</h1>')
})

it('files and true classes to a calibration', async () => {
  const options: types.CalibrateOptions = { truth: 'y', coverage: 0.5 }
  const rows = () => Readable.from(['logit_a,logit_b,y\n2,1,a\n2,1,a\n2,1,b\n1,2,b\n'])
  const calibration: types.Calibration = await api.calibrate([rows()], options)
  const { before, after }: types.BeforeAfter = calibration.log_loss
  expectTypeOf(calibration.temperature).toEqualTypeOf<number>()
  expect(after).toBeLessThan(before)
  expect((await api.evaluate([rows()], { truth: 'y', calibration })).log_loss).toBe(after)
})

it('errors and tables', () => {
  const code: types.Code = 'E_CELL'
  const info: types.Info<'E_CELL'> & types.Place = { cell: 'x', row: 1 }
  const error: types.CodedError<'E_CELL'> = new api.SoftmaxError(code, info)
  expectTypeOf(error.info.cell).toEqualTypeOf<string>()
  expect([error.status, api.CODES[error.code].status, api.OPTIONS.missing.default]).toEqual([1, 1, 'error'])
})

it('are all that there are', () => {
  const own = readFileSync(join(ROOT, 'test/every-export.test.ts'), 'utf8')
  const lists = readFileSync(join(ROOT, 'src/index.ts'), 'utf8').matchAll(/export (?:type )?\{(.*?)\}/gs)
  const names = [...lists].flatMap(([, list]) => list!.split(',').map((item) => item.trim().split(' ').at(-1)!))
  const isUsed = (name: string) => new RegExp(`(?:api|types)\\.${name}\\b`).test(own)
  expect(names.filter((name) => name !== '' && !isUsed(name))).toEqual([])
})
