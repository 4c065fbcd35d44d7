import { spawnSync } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { Duplex, PassThrough, Readable, Stream, Transform, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import {
  type LogitsRow,
  logSoftmax,
  type Prediction,
  type PredictionStream,
  read,
  type SoftmaxOptions,
  score,
  softmax,
  softmaxMatrix,
  write,
} from 'softmax-stream'
import through2 from 'through2'
import { describe, expect, it } from 'vitest'
import { ROOT } from './support.js'
import { ulps } from './ulp.js'

const P123 = [0.09003057317038046, 0.24472847105479764, 0.6652409557748219]
const L123 = [-2.40760596444438, -1.4076059644443804, -0.4076059644443803]
/** From mpmath, like all values here unless noted otherwise. */
const P21 = [0.7310585786300049, 0.2689414213699951]

type Scorer = (options?: SoftmaxOptions) => PredictionStream

const predict = (
  rows: Iterable<unknown>,
  options: SoftmaxOptions = {},
  make: Scorer = softmax,
): Promise<Prediction[]> => Readable.from(rows).compose(make(options)).toArray()

/** A module that runs in a process of its own. */
const node = (script: string) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, encoding: 'utf8' })

/** The error that ends a stream of rows; fails the test if there is none. */
const failure = (rows: Iterable<unknown>, options: SoftmaxOptions = {}) =>
  predict(rows, options).then(
    (predictions) => expect.fail(`gave ${JSON.stringify(predictions)}`),
    (error) => error,
  )

describe('rows', () => {
  it.each<[string, LogitsRow]>([
    ['arrays', [1, 2, 3]],
    ['arrays of text', ['1', ' 2.0', '+3e0']],
    ['Float64Array', Float64Array.of(1, 2, 3)],
    ['Float32Array', Float32Array.of(1, 2, 3)],
    ['Int8Array', Int8Array.of(1, 2, 3)],
    ['Uint8ClampedArray', Uint8ClampedArray.of(1, 2, 3)],
    ['records of an array', { logits: [1, 2, 3] }],
    ['records of a typed array', { logits: Float32Array.of(1, 2, 3) }],
    ['records of numbers', { logit_0: 1, logit_1: 2, logit_2: 3 }],
    ['records of a record', { logits: { 0: 1, 1: 2, 2: 3 } }],
    ['records of text, as csv-parse gives', { logit_0: '1', logit_1: '2', logit_2: '3' }],
  ])('may be %s', async (_, row) => {
    expect(await predict([row, row])).toEqual(Array(2).fill({ probabilities: P123, index: 2, label: '2' }))
    expect(await predict([row], {}, logSoftmax)).toEqual([{ logProbabilities: L123, index: 2, label: '2' }])
  })

  it('are not changed', async () => {
    const rows = [Object.freeze([1, 2, 3]), Object.freeze([3, 2, 1])]
    const record = Object.freeze({ logits: Object.freeze([1, 2, 3]), id: 7 })
    await predict(rows)
    await predict([record])
    expect(rows).toEqual([
      [1, 2, 3],
      [3, 2, 1],
    ])
    expect(record).toEqual({ logits: [1, 2, 3], id: 7 })
  })

  it('keep what else is in their record, the very same values, before what is new', async () => {
    const meta = { nested: [1] }
    const [prediction] = await predict([{ id: 7, logits: [2, 1], meta, at: undefined }])
    expect(prediction).toEqual({ id: 7, meta, at: undefined, probabilities: P21, index: 0, label: '0' })
    expect(prediction!.meta).toBe(meta)
    expect(Object.keys(prediction!)).toEqual(['id', 'meta', 'at', 'probabilities', 'index', 'label'])
  })

  it('keep values of any kind where their classes are properties', async () => {
    const meta = Object.assign(Object.create(null), { a: 1 })
    const symbol = Symbol('s')
    const [prediction] = await predict([{ logit_a: 2, logit_b: 1, meta, symbol, big: 1n, nothing: null }])
    expect(prediction).toEqual({ meta, symbol, big: 1n, nothing: null, probabilities: P21, index: 0, label: 'a' })
  })

  it('lose all else with keep: false', async () => {
    expect(await predict([{ id: 7, logits: [2, 1] }], { keep: false })).toEqual([
      { probabilities: P21, index: 0, label: '0' },
    ])
    expect(await predict([{ id: 7, logit_a: 2, logit_b: 1 }], { keep: false })).toEqual([
      { probabilities: P21, index: 0, label: 'a' },
    ])
  })

  it('with all numeric properties have them all as classes, unless one looks like an id', async () => {
    expect(await predict([{ cat: 2, dog: 1 }])).toEqual([{ probabilities: P21, index: 0, label: 'cat' }])
    expect(await failure([{ id: 7, cat: 2, dog: 1 }])).toMatchObject({ code: 'E_COLUMNS' })
    for (const row of [
      { id: 7, scores: [2, 1] },
      { id: 7, tags: ['x'], scores: new Float32Array([2, 1]) },
    ]) {
      const reason = '"scores" contains lists, which may be logits; if these are all the logits, use logits: \'scores\''
      expect(await failure([row])).toMatchObject({ code: 'E_COLUMNS', message: expect.stringContaining(reason) })
    }
    // Lists of lists are not the logits of a row here.
    const { message } = (await failure([{ id: 7, scores: [[1, 2]] }])) as Error
    expect(message).toContain('E_COLUMNS')
    expect(message).not.toContain("'scores'")
    expect(await predict([{ id: 7, cat: 2, dog: 1 }], { logits: 'cat,dog' })).toEqual([
      { id: 7, probabilities: P21, index: 0, label: 'cat' },
    ])
  })

  it('may have properties in another order than the first, and more of them', async () => {
    expect(
      await predict([
        { logit_a: 2, logit_b: 1 },
        { more: 1, logit_b: 1, logit_a: 2 },
      ]),
    ).toEqual([
      { probabilities: P21, index: 0, label: 'a' },
      { more: 1, probabilities: P21, index: 0, label: 'a' },
    ])
  })

  it('may have classes called as object properties are', async () => {
    const row = JSON.parse('{"logit_x":0,"__proto__":2,"constructor":1,"kept":{"__proto__":5}}')
    const [prediction] = await predict([row], { logits: ['__proto__', 'constructor'], emit: 'probs,label', topK: 2 })
    expect(prediction!.top).toEqual([
      { label: '__proto__', index: 0, probability: P21[0] },
      { label: 'constructor', index: 1, probability: P21[1] },
    ])
    expect(prediction!.label).toBe('__proto__')
    expect(prediction!.kept).toBe(row.kept)
    expect((await predict([[2, 1]], { labels: ['__proto__', 'toString'] }))[0]!.label).toBe('__proto__')
  })

  it('may have a kept property called __proto__', async () => {
    for (const logits of ['"logits":[2,1]', '"logit_a":2,"logit_b":1']) {
      const [prediction] = await predict([JSON.parse(`{"__proto__":{"evil":1},${logits}}`)])
      expect(Object.keys(prediction!)).toEqual(['__proto__', 'probabilities', 'index', 'label'])
      expect(Object.getPrototypeOf(prediction)).toBe(Object.prototype)
      expect(prediction!.evil).toBeUndefined()
    }
  })
})

describe('options', () => {
  it.each<[unknown, string]>([
    [
      [17, 2, 3],
      'the rows are arrays, whose items are all logits; leave out the option logits, or make objects of the rows',
    ],
    [
      { id: 1, logits: [1, 2], scores: [2, 1] },
      'the rows already have a property logits, where read() puts the logits that it selects; leave out the option logits',
    ],
    [{ id: 1, logits: { a: 1, b: 2 } }, 'the rows already have a property logits'],
  ])('select no logits of %j, whose shape says which they are', async (row, reason) => {
    const error = await failure([row], { logits: '2-3' })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(reason) })
  })

  it.each<[string, Record<string, unknown>, string | string[], string]>([
    ['a list', { id: 7, scores: [2, 1] }, 'scores', '0'],
    ['a typed array', { id: 7, scores: Float32Array.of(2, 1) }, ['scores'], '0'],
    ['a record of classes', { id: 7, scores: { cat: 2, dog: 1 } }, 'scores', 'cat'],
    ['a list beside others', { id: 7, logits: [1, 2], scores: [2, 1] }, 'scores', '0'],
    ['a list at a position', { id: 7, scores: [2, 1] }, '2', '0'],
  ])('select one property that has all logits, which read() gives, too: %s', async (_, row, logits, label) => {
    const { scores, ...rest } = row
    const expected = { ...rest, probabilities: P21, index: 0, label }
    expect(await predict([row, row], { logits })).toEqual([expected, expected])
    expect(await failure([row, { id: 8 }], { logits })).toMatchObject({ code: 'E_MISSING', info: { row: 2 } })
  })

  it.each([
    [[2, 1], '0'],
    [{ cat: 2, dog: 1 }, 'cat'],
  ])('select logits by a path, which stay where they are: %j', async (logits, label) => {
    const row = { id: 7, outputs: { logits, took: 5 } }
    const [prediction] = await predict([row], { logits: 'outputs.logits' })
    expect(prediction).toEqual({ ...row, probabilities: P21, index: 0, label })
    expect(await failure([row], { logits: 'outputs.scores' })).toMatchObject({ code: 'E_SELECTOR' })
  })

  it.each([
    [{ scores: [] }, 'scores'],
    [{ scores: {} }, 'scores'],
    [{ outputs: { scores: [] } }, 'outputs.scores'],
  ])('that select an empty list or record make a bad row of it: %j', async (row, logits) => {
    const info = { row: 1, reason: 'the row has no logits' }
    expect(await failure([row], { logits })).toMatchObject({ code: 'E_ROW', info })
  })

  it.each([
    [{ id: 1, logits: new Map([['a', 1]]) }, 'a Map has no properties; Object.fromEntries(map) makes an object of it'],
    [new Map([['logit_a', 1]]), 'a Map has no properties; Object.fromEntries(map) makes an object of it'],
    [{ id: 1, logits: new Set([1, 2]) }, 'a Set has no order; Array.from(set) makes an array of it'],
  ])('are in no Map or Set, and the error says what to do: %o', async (row, reason) => {
    expect(await failure([row])).toMatchObject({ code: 'E_ROW', info: { row: 1, reason } })
  })

  it.each([
    [{ logits: [1, 2, 3, 3, 2, 1], shape: [2, 3] }, {}, '[2,3]'],
    [{ scores: Float32Array.of(1, 2, 3, 3, 2, 1), dims: [3, 2] }, { logits: 'scores' }, '[3,2]'],
    [{ outputs: [{ shape: [2, 3], data: [1, 2, 3, 5, 0, 0] }] }, { logits: 'outputs.0.data' }, '[2,3]'],
  ])('select no flat list of several rows: %j', async (row, options, shape) => {
    const reason = `the logits have the shape ${shape}; make each row of it a row of the stream, or use softmaxMatrix()`
    expect(await failure([row], options)).toMatchObject({ code: 'E_ROW', info: { row: 1, reason } })
    const rejects: unknown[] = []
    const onReject = ({ code }: { code: string }) => rejects.push(code)
    expect(await failure([row, row], { ...options, onError: 'skip', onReject })).toMatchObject({ code: 'E_NO_ROWS' })
    expect(rejects).toEqual(['E_ROW', 'E_ROW'])
  })

  /** As in onnxruntime-common, whose class computes the data. */
  class Tensor {
    readonly type = 'float32'
    readonly #numbers: Float32Array
    constructor(
      numbers: number[],
      readonly dims: number[],
    ) {
      this.#numbers = Float32Array.from(numbers)
    }
    get data() {
      return this.#numbers
    }
  }

  it.each<[Record<string, unknown>, string]>([
    [{ id: 1, scores: { a: 1.5, b: -2 }, name: 'x' }, 'scores'],
    [{ id: 1, preds: { cat: 2, dog: 1 } }, 'preds'],
    [{ id: 1, model: { scores: [1.5, -2] } }, 'model.scores'],
    [{ id: 1, model: { scores: Float32Array.of(1.5, -2) } }, 'model.scores'],
    [{ id: 1, logits: { type: 'float32', dims: [1, 2], data: [1.5, -2] } }, 'logits.data'],
    [{ id: 1, logits: { type: 'float32', dims: [1, 2], data: Float32Array.of(1.5, -2) } }, 'logits.data'],
    [{ id: 1, logits: new Tensor([1.5, -2], [1, 2]) }, 'logits.data'],
    [{ output: new Tensor([1.5, -2], [1, 2]) }, 'output.data'],
  ])('that are left out are proposed: %j', async (row, logits) => {
    const error = await failure([row])
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
    expect(error.message).toContain(`use logits: '${logits}'`)
    expect(await predict([row], { logits, labels: ['a', 'b'] })).toMatchObject([{ label: 'a' }])
  })

  // From numpy: exp(1) / (exp(1) + exp(2)). Such objects have more paths than can be tried.
  it('are selected in objects that contain themselves or each other', async () => {
    const own: Record<string, unknown> = { x: 1, y: 2 }
    for (const key of ['a', 'b', 'c', 'd', 'e']) own[key] = own
    const nodes = Array.from({ length: 12 }, (): Record<string, unknown> => ({ x: 1, y: 2 }))
    for (const node of nodes) for (const [at, other] of nodes.entries()) node[`n${at}`] = other
    for (const [m, logits] of [
      [own, 'm.x,m.y'],
      [own, 'm.*'],
      [own, 'm.a.b.x,m.a.b.y'],
      [nodes[0], 'm.x,m.n5.n1.y'],
    ] as const) {
      const [prediction] = await predict([{ id: 7, m }], { logits })
      expect(prediction!.probabilities![0]).toBeCloseTo(0.2689414213699951, 15)
    }
    expect(await failure([{ id: 7, m: nodes[0] }], { logits: 'm.*' })).toMatchObject({ code: 'E_SELECTOR' })
  })

  it('are not proposed of an object that contains itself, or of several objects', async () => {
    const self: Record<string, unknown> = { id: 1, name: 'x' }
    self.self = self
    self.all = [self]
    expect(await failure([self])).toMatchObject({ code: 'E_COLUMNS', info: { logits: undefined } })
    const row = { id: 1, scores: { a: 1, b: 2 }, other_scores: { a: 3, b: 4 } }
    expect(await failure([row])).toMatchObject({ code: 'E_COLUMNS', info: { logits: undefined } })
  })

  it('select the tensor of a batch of one, whose shape has to match', async () => {
    const row = (dims: number[]) => ({ output: { type: 'float32', dims, data: Float32Array.of(1, 2, 3) } })
    const options = { logits: 'output.data' }
    expect(await predict([row([1, 3])], options)).toEqual([
      { ...row([1, 3]), probabilities: P123, index: 2, label: '2' },
    ])
    const reason = 'its dims [2,3] do not match its list of 3'
    expect(await failure([row([2, 3])], options)).toMatchObject({ code: 'E_ROW', info: { reason } })
  })

  it('warn of a shape that is not that of the logits', async () => {
    const stream = softmax()
    const warnings: string[] = []
    stream.on('warning', (text) => warnings.push(text))
    const row = { logits: [1, 2, 3], shape: [28, 28] }
    const [prediction] = await Readable.from([row, row]).compose(stream).toArray()
    expect(prediction).toMatchObject({ shape: [28, 28], probabilities: P123 })
    expect(warnings).toEqual([
      '"logits": its shape [28,28] does not match its list of 3, so it is ignored: each list is one row of logits',
    ])
  })

  it('have any shape in a message of bounded length', async () => {
    const cyclic: unknown[] = [3]
    cyclic.push(cyclic, { of: cyclic })
    const reasonOf = async (shape: unknown[]) => {
      const { info } = (await failure([{ t: { data: [1, 2], shape } }], { logits: 't.data' }))!
      return (info as { reason: string }).reason
    }
    expect(await reasonOf(cyclic)).toBe('its shape [3,an array,an object] does not match its list of 2')
    const ones = Array(20_000).fill(1)
    expect(await reasonOf(ones)).toBe(`its shape ${`[${ones}`.slice(0, 77)}... does not match its list of 2`)
    expect(await reasonOf(['x'.repeat(20_000)])).toBe(`its shape [${'x'.repeat(76)}... does not match its list of 2`)
    expect(await reasonOf([2n, 7, null, '\n'])).toBe('its shape [2,7,null,\\n] does not match its list of 2')
  })

  it.each([
    ['{"outputs":[{"shape":[2,3],"data":[1,2,3,5,0,0]}]}', 'outputs.0.data', 'the logits are a list of lists'],
    ['{"o":{"data":[1,2,3],"sh\\u0061pe":[4]}}', 'o.data', 'its shape [4] does not match its list of 3'],
    ['{"shape":[2,3],"scores":[1,2,3,5,0,0]}', 'scores', 'the logits have the shape [2,3]; '],
    ['{"outputs":[{"shape":[4],"data":[1,2,3]}]}', 'outputs.0.data', 'its shape [4] does not match its list of 3'],
  ])('that read() selects keep their shape: %s', async (line, logits, reason) => {
    const rows = Readable.from([Buffer.from(`${line}\n`)]).compose(read('ndjson', { logits }))
    await expect(rows.compose(softmax()).toArray()).rejects.toMatchObject({
      code: 'E_ROW',
      info: { reason: expect.stringContaining(reason) },
    })
  })

  it('select single logits by paths, which stay where they are', async () => {
    const row = { id: 7, scores: { cat: 2, dog: 1, took: 5 } }
    const [prediction] = await predict([row], { logits: 'scores.cat,scores.dog' })
    expect(prediction).toEqual({ ...row, probabilities: P21, index: 0, label: 'cat' })
    const error = await failure([row, { id: 8, scores: { cat: 2 } }], { logits: 'scores.cat,scores.dog' })
    expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 2, column: 'scores.dog' } })
  })

  it('topK gives the most probable in order, in place of all', async () => {
    const [prediction] = await predict([[1, 3, 2]], { topK: 2, labels: 'a,b,c' })
    expect(prediction).toEqual({
      index: 1,
      label: 'b',
      top: [
        { label: 'b', index: 1, probability: P123[2] },
        { label: 'c', index: 2, probability: P123[1] },
      ],
    })
    const [log] = await predict([[1, 3, 2]], { topK: 1 }, logSoftmax)
    expect(log).toEqual({ index: 1, label: '1', top: [{ label: '1', index: 1, logProbability: L123[2] }] })
    expect(await failure([[1, 2]], { topK: 3 })).toMatchObject({ code: 'E_OPTION', info: { option: 'topK' } })
  })

  it('ties go to the first', async () => {
    const [prediction] = await predict([[0, 5, 5, 5]], { topK: 3 })
    expect(prediction!.index).toBe(1)
    expect(prediction!.top!.map(({ index }) => index)).toEqual([1, 2, 3])
  })

  it('emit names the summaries', async () => {
    const [prediction] = await predict([[0, 0]], { emit: ['confidence', 'margin', 'entropy', 'logsumexp'] })
    expect(prediction).toEqual({
      confidence: 0.5,
      margin: 0,
      entropy: Math.LN2,
      logsumexp: Math.LN2,
    })
    const [other] = await predict([[1, 2, 3]], { emit: 'logsumexp,entropy' })
    expect(other!.logsumexp).toBe(3.40760596444438)
    expect(other!.entropy).toBeCloseTo(0.8323955818399389, 15)
    expect(other).not.toHaveProperty('confidence')
  })

  it('temperature divides first', async () => {
    const [prediction] = await predict([[1, 2, 3]], { temperature: 2 })
    expect(prediction!.probabilities).toEqual([0.1863237232258476, 0.3071958857184984, 0.506480391055654])
  })

  it('precision and float32 round', async () => {
    const probabilities = async (options: SoftmaxOptions) => (await predict([[1, 2, 3]], options))[0]!.probabilities
    expect(await probabilities({ precision: 4 })).toEqual([0.09003, 0.2447, 0.6652])
    expect(await probabilities({ float32: true })).toEqual(P123.map(Math.fround))
    expect(await probabilities({ float32: true, precision: 3 })).toEqual([0.09, 0.245, 0.665])
  })

  it('labels name the classes', async () => {
    expect((await predict([[2, 1]], { labels: ['cat', 'dog'] }))[0]!.label).toBe('cat')
    expect(await failure([[1, 2, 3]], { labels: 'cat,dog' })).toMatchObject({ code: 'E_LABELS', status: 2 })
  })

  it('missing: -inf masks what is empty', async () => {
    for (const empty of ['', null, undefined, ' \t']) {
      expect(await failure([[2, empty, 1]])).toMatchObject({ code: 'E_MISSING', info: { row: 1, column: '1' } })
      const [prediction] = await predict([[2, empty, 1]], { missing: '-inf' })
      expect(prediction!.probabilities).toEqual([P21[0], 0, P21[1]])
    }
  })

  it.each([{ minConfidence: 0.9 }, { nonfinite: 'propagate' }] as const)(
    'that get no label are written without one: %j',
    async (options) => {
      const row = 'nonfinite' in options ? [Number.NaN, 1] : [2, 1]
      const written = Readable.from([[9, 1], row, [9, 1]])
        .compose(softmax({ emit: 'label', ...options }))
        .compose(write('csv'))
      expect(Buffer.concat(await written.toArray()).toString()).toBe('label\n0\n""\n0\n')
    },
  )

  it('nonfinite: propagate gives NaN, as scipy does', async () => {
    for (const row of [
      [1, Number.NaN],
      [Number.POSITIVE_INFINITY, 1],
      ['-inf', '-inf'],
    ]) {
      expect(await failure([row])).toMatchObject({ code: 'E_NONFINITE', status: 1, info: { row: 1 } })
      const [prediction] = await predict([row], { nonfinite: 'propagate' })
      expect(prediction!.probabilities).toEqual([Number.NaN, Number.NaN])
    }
    expect((await predict([[Number.NEGATIVE_INFINITY, 5]]))[0]!.probabilities).toEqual([0, 1])
  })

  it('that are not known are refused at once', () => {
    expect(() => softmax({ lables: 'a' } as SoftmaxOptions)).toThrow(/did you mean labels/)
    expect(() => softmax({ temperature: 0 })).toThrow(expect.objectContaining({ code: 'E_OPTION' }))
    expect(() => logSoftmax({ delimiter: ';' } as SoftmaxOptions)).toThrow(expect.objectContaining({ code: 'E_FLAG' }))
  })
})

describe('bad rows', () => {
  it.each<[string, unknown, object]>([
    ['fewer logits', [1], { code: 'E_WIDTH', info: { row: 2, cells: 1, width: 2 } }],
    ['more logits', [1, 2, 3], { code: 'E_WIDTH', info: { row: 2, cells: 3, width: 2 } }],
    ['no logits', [], { code: 'E_WIDTH', info: { row: 2, cells: 0, width: 2 } }],
    ['a text', 'a,b', { code: 'E_ROW', info: { row: 2 } }],
    ['a number', 7, { code: 'E_ROW', info: { row: 2 } }],
    ['a record', { logits: [1, 2] }, { code: 'E_ROW', info: { row: 2 } }],
    ['a text for a logit', [1, 'x'], { code: 'E_CELL', info: { row: 2, column: '1', cell: 'x' } }],
    ['a boolean for a logit', [1, true], { code: 'E_CELL', info: { row: 2, column: '1', cell: 'true' } }],
    ['an object for a logit', [1, {}], { code: 'E_CELL', info: { row: 2, column: '1' } }],
    ['a bare object for a logit', [1, Object.create(null)], { code: 'E_CELL', info: { row: 2, column: '1' } }],
    ['an overflow', [1, '1e400'], { code: 'E_OVERFLOW', info: { row: 2, column: '1', cell: '1e400' } }],
    [
      'a bigint that a double may round',
      [1, 2n ** 53n],
      { code: 'E_OVERFLOW', info: { row: 2, column: '1', cell: '9007199254740992' } },
    ],
    ['a negative one', [1, -(2n ** 53n) - 1n], { code: 'E_OVERFLOW', info: { row: 2, cell: '-9007199254740993' } }],
    ['a hole', Array(2), { code: 'E_MISSING', info: { row: 2, column: '0' } }],
    ['NaN', [1, Number.NaN], { code: 'E_NONFINITE', info: { row: 2, column: '1' } }],
  ])('end the stream, or are left out under skip: %s', async (_, bad, error) => {
    expect(await failure([[2, 1], bad, [2, 1]])).toMatchObject(error)
    const good = { probabilities: P21, index: 0, label: '0' }
    expect(await predict([[2, 1], bad, [2, 1]], { onError: 'skip' })).toEqual([good, good])
  })

  it('are those, too, that lack the property of the logits, by its name', async () => {
    for (const bad of [{ id: 4 }, { id: 5, scores: null }]) {
      const error = await failure([{ id: 3, scores: [1, 2] }, bad], { logits: 'scores' })
      expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 2, column: 'scores' } })
      expect(error.message).toContain('the logits are missing')
    }
  })

  it.each<[unknown, unknown, string, SoftmaxOptions?]>([
    [[2, 1], { logits: [1, 2] }, 'expected an array like the first row, got an object'],
    [{ logits: [2, 1] }, [1, 2], 'expected an object like the first row, got an array'],
    [{ cat: 2, dog: 1 }, [1, 2], 'expected an object like the first row, got an array', { logits: 'cat,dog' }],
    [{ logits: [2, 1] }, { logits: 3 }, '"logits" is a number, not a list'],
    [{ logits: [2, 1] }, { logits: { a: 2, b: 1 } }, '"logits" is an object, not a list'],
    [{ logits: { a: 2, b: 1 } }, { logits: [2, 1] }, '"logits" is an array, not an object'],
    [[2, 1], 3, 'a number is not a row; a row is an array of numbers or { logits, ...rest }'],
    [[2, 1], [2, {}], "an object is not a number; onError: 'skip' skips such rows"],
  ])('are described as what they are: %j, then %j', async (first, bad, reason, options) => {
    expect((await failure([first, bad], options)).message).toContain(`: ${reason} [E_`)
  })

  it.each<[string, unknown, object]>([
    ['no record', [1, 2], { code: 'E_ROW', info: { row: 2 } }],
    ['a list in place of one', { logits: [1, 2] }, { code: 'E_ROW', info: { row: 2 } }],
    ['a class less', { logits: { cat: 2 } }, { code: 'E_MISSING', info: { row: 2, column: 'dog' } }],
    [
      'a class more',
      { logits: { cat: 2, dog: 1, boat: 0 } },
      { code: 'E_WIDTH', info: { row: 2, cells: 3, width: 2 } },
    ],
    [
      'NaN',
      { logits: { cat: 2, dog: Number.NaN } },
      { code: 'E_NONFINITE', message: expect.stringContaining('column dog (row 2)') },
    ],
    [
      'another class',
      { logits: { cat: 2, boat: 0 } },
      { code: 'E_WIDTH', message: expect.stringContaining('an unknown class "boat" (classes: "cat", "dog")') },
    ],
  ])('are those too whose record of logits is not as the first: %s', async (_, bad, error) => {
    const rows = [{ id: 7, logits: { cat: 2, dog: 1 } }, bad, { logits: { dog: 1, cat: 2 } }]
    expect(await failure(rows)).toMatchObject(error)
    const cat = { probabilities: P21, index: 0, label: 'cat' }
    expect(await predict(rows, { onError: 'skip' })).toEqual([{ id: 7, ...cat }, cat])
  })

  it.each([0, 1, 63, 64, 100])(
    'come behind all %i good rows before them, through async iteration, compose and pipe',
    async (good) => {
      const rows = [...Array(good).fill([2, 1]), [1, 'x'], [2, 1]]
      const iterated = Readable.from(rows).pipe(softmax())
      const found: Prediction[] = []
      const iterating = (async () => {
        for await (const prediction of iterated) found.push(prediction)
      })()
      await expect(iterating).rejects.toMatchObject({ code: 'E_CELL', info: { row: good + 1 } })
      expect(found).toEqual(Array(good).fill({ probabilities: P21, index: 0, label: '0' }))

      const composed: Prediction[] = []
      const composing = (async () => {
        for await (const prediction of Readable.from(rows).compose(softmax())) composed.push(prediction)
      })()
      await expect(composing).rejects.toMatchObject({ code: 'E_CELL', info: { row: good + 1 } })
      expect(composed).toEqual(found)

      const piped: Prediction[] = []
      const sink = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write(prediction, _, done) {
          piped.push(prediction)
          setImmediate(done)
        },
      })
      const stream = Readable.from(rows).pipe(softmax())
      const failed = once(stream, 'error')
      stream.pipe(sink)
      expect((await failed)[0]).toMatchObject({ code: 'E_CELL', info: { row: good + 1 } })
      await once(sink.end(), 'finish')
      expect(piped).toEqual(found)
    },
  )

  it.each<[string, unknown]>([
    ['text', 'text'],
    ['a number', 7],
    ['true', true],
  ])('may come first: %s', async (_, bad) => {
    expect(await failure([bad])).toMatchObject({ code: 'E_ROW', info: { row: 1 } })
    expect(await predict([bad, [2, 1]], { onError: 'skip' })).toEqual([{ probabilities: P21, index: 0, label: '0' }])
  })

  it.each<[string, unknown]>([
    ['an empty array', []],
    ['an empty typed array', new Float32Array()],
    ['an empty record', {}],
    ['a record of an empty array', { logits: [] }],
    ['a record of an empty record', { id: 7, logits: {} }],
    ['a record of a Map', { id: 7, logits: new Map([['a', 1]]) }],
    ['a Map', new Map([['logit_a', 1]])],
  ])('are those without any class: %s', async (_, row) => {
    expect(await failure([row])).toMatchObject({ name: 'SoftmaxError' })
  })

  it('are matrices, with the hint to make each inner list a row', async () => {
    const matrix = [
      [2, 1],
      [1, 2],
    ]
    for (const row of [matrix, { logits: matrix }]) {
      const hint = 'the logits are a list of lists; make each inner list a row of the stream'
      expect(await failure([row])).toMatchObject({ code: 'E_ROW', info: { row: 1, reason: hint } })
    }
  })

  it('of records are reported by the name of their property', async () => {
    const rows = [
      { logit_cat: '2', logit_dog: '1' },
      { logit_cat: '2', logit_dog: '1,5' },
    ]
    const error = await failure(rows)
    expect(error).toMatchObject({ code: 'E_CELL', info: { row: 2, column: 'logit_dog', cell: '1,5' } })
    expect(error.message).toContain('decimals need a point')
    expect(await failure([rows[0], { logit_cat: 1 }])).toMatchObject({
      code: 'E_MISSING',
      info: { row: 2, column: 'logit_dog' },
    })
  })

  it('are the records that have a new property already', async () => {
    const error = await failure([{ logits: [2, 1], label: 'mine' }])
    expect(error).toMatchObject({ code: 'E_NAME', status: 2, info: { name: 'label' } })
  })
})

describe('what stands in the wrong place', () => {
  const csv = 'id,logit_a,logit_b\n7,2,1\n'

  it.each<[string, () => Iterable<unknown>]>([
    ['a file', () => [Buffer.from(csv)]],
    ['a body of the web', () => [new TextEncoder().encode(csv)]],
    ['an ArrayBuffer', () => [new TextEncoder().encode(csv).buffer]],
  ])('is bytes in softmax(), which names read() and score(): %s', async (_, chunks) => {
    for (const options of [{}, { onError: 'skip' }] as const) {
      const error = await failure(chunks(), options)
      expect(error).toMatchObject({ name: 'SoftmaxError', code: 'E_CHUNK', status: 2, info: { got: 'bytes' } })
      expect(error.message).toMatch(/read\('csv'\).*score\(\)/)
    }
    await expect(pipeline(Readable.from(chunks()), softmax(), async () => {})).rejects.toMatchObject({
      code: 'E_CHUNK',
    })
    await expect(pipeline(Readable.from(chunks()), write('csv'), async () => {})).rejects.toMatchObject({
      code: 'E_CHUNK',
    })
  })

  it('is text in softmax()', async () => {
    const error = await failure([csv])
    expect(error).toMatchObject({ code: 'E_ROW', info: { row: 1 } })
    expect(error.message).toContain("read('csv')")
  })

  it.each<[string, () => Duplex]>([
    ['score()', () => score()],
    ['read()', () => read('csv')],
  ])('is rows in %s, which names softmax()', async (_, make) => {
    for (const row of [{ logit_a: 1 }, [1, 2], 7]) {
      const error = await Readable.from([row])
        .compose(make())
        .toArray()
        .catch((error: unknown) => error)
      expect(error).toMatchObject({
        name: 'SoftmaxError',
        code: 'E_CHUNK',
        status: 2,
        info: { takes: 'bytes or text' },
      })
      expect(error.message).toContain('softmax()')
    }
  })

  it('is logits in the place of options', () => {
    for (const logits of [[1, 2, 3], Float32Array.of(1, 2, 3)]) {
      for (const make of [softmax, logSoftmax]) {
        expect(() => make(logits as SoftmaxOptions)).toThrow(
          expect.objectContaining({ code: 'E_OPTION', message: expect.stringContaining('softmaxMatrix()') }),
        )
      }
    }
    expect(() => score('in.csv' as SoftmaxOptions)).toThrow(/scoreFiles\(\)/)
    expect(() => read('in.csv' as 'csv')).toThrow(
      expect.objectContaining({ code: 'E_OPTION', info: expect.objectContaining({ option: 'format' }) }),
    )
  })

  it.each<[string, unknown[], object]>([
    ['nothing', [], { code: 'E_OPTION', info: { option: 'logits' } }],
    ['text', ['1,2,3', 1, 3], { code: 'E_OPTION', info: { option: 'logits' } }],
    ['no number of rows', [[1, 2, 3]], { code: 'E_OPTION', info: { option: 'rows' } }],
    ['options too early', [[1, 2, 3], { topK: 1 }], { code: 'E_OPTION', info: { option: 'rows' } }],
    [
      'rows in rows',
      [
        [
          [1, 2],
          [3, 4],
        ],
        2,
        2,
      ],
      { code: 'E_SHAPE', message: expect.stringContaining('flat()') },
    ],
    [
      'rows of different lengths, which would become other rows',
      [
        [
          [1, 2, 3, 4],
          [1, 2, 3, 4, 5],
          [1, 2, 3],
        ],
        3,
        4,
      ],
      { code: 'E_SHAPE', message: 'row 2 has 5 logits where 4 are expected [E_SHAPE]' },
    ],
    ['a text that is no number', [[1, '0x10'], 1, 2], { code: 'E_CELL', info: { row: 1, column: '1', cell: '0x10' } }],
    ['null', [[1, 2, 3, null], 2, 2], { code: 'E_MISSING', info: { row: 2, column: '1' } }],
    ['a hole', [Array(2), 1, 2], { code: 'E_MISSING', info: { row: 1, column: '0' } }],
    ['an empty text', [[1, ''], 1, 2], { code: 'E_MISSING', info: { row: 1, column: '1' } }],
  ])('is refused by softmaxMatrix(), by a name of its own: %s', (_, args, error) => {
    const call = softmaxMatrix as (...args: unknown[]) => unknown
    expect(() => call(...args)).toThrow(expect.objectContaining({ name: 'SoftmaxError', ...nested(error) }))
  })

  it('is refused by softmaxMatrix() without proposing options that it does not have', () => {
    const refused = (value: unknown) => {
      try {
        softmaxMatrix([1, value] as number[], 1, 2)
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refused(null)).toBe(
      'class 1 (row 1): the logit is missing; write NaN, or -Infinity to mask the class [E_MISSING]',
    )
    expect(refused('NA')).toBe('class 1 (row 1): "NA" is not a number [E_CELL]')
    expect(refused("'1'")).toBe(`class 1 (row 1): "'1'" is not a number [E_CELL]`)
  })

  it('is not a big integer in softmaxMatrix()', () => {
    const logits = BigInt64Array.of(1n, 2n, 3n) as unknown as number[]
    expect(Array.from(softmaxMatrix(logits, 1, 3).values)).toEqual(P123)
    const large = BigInt64Array.of(0n, 2n ** 53n + 1n) as unknown as number[]
    expect(() => softmaxMatrix(large, 1, 2)).toThrow(
      'class 1 (row 1): the bigint 9007199254740993 has a magnitude above 2^53 - 1, up to which doubles represent all integers; Number() rounds it [E_OVERFLOW]',
    )
  })
})

/** The same; objects in it are compared only in the given properties. */
function nested(error: { info?: object }): object {
  return error.info ? { ...error, info: expect.objectContaining(error.info) } : error
}

describe('as a stream', () => {
  it.each([
    ['softmax', () => softmax()],
    ['score', () => score()],
    ['read', () => read('csv')],
    ['write', () => write('csv')],
  ])('%s() is an instance of the classes of node:stream', (_, make) => {
    for (const kind of [Stream, Readable, Writable, Duplex, Transform]) expect(make()).toBeInstanceOf(kind)
    expect(make()).not.toBeInstanceOf(PassThrough)
  })

  it('works in a pipeline between others', async () => {
    const lines: string[] = []
    await pipeline(
      Readable.from(['id,logit_cat,logit_dog\n1,2,1\n', '2,1,2\n']),
      parse({ columns: true }),
      softmax(),
      through2.obj((prediction: Prediction, _: string, done: (error: null, row: object) => void) =>
        done(null, { ...prediction, sure: prediction.index === 0 }),
      ),
      stringify({ header: true, columns: ['id', 'label', 'sure'], cast: { boolean: String } }),
      new Writable({
        write(chunk, _, done) {
          lines.push(String(chunk))
          done()
        },
      }),
    )
    expect(lines.join('')).toBe('id,label,sure\n1,cat,true\n2,dog,false\n')
  })

  it('reports the error of a later stream once, at the end of the chain, however many rows wait', () => {
    const { status, stdout, stderr } = node(`
      import { Readable, Transform } from 'node:stream'
      import { softmax } from 'softmax-stream'
      const caught = await Promise.all(Array.from({ length: 200 }, async (_, rows) => {
        const failing = new Transform({
          objectMode: true,
          highWaterMark: 1,
          transform: (row, _, done) => setTimeout(done, 5, row.index === 1 ? new Error('no space') : null, row),
        })
        const source = Readable.from(Array.from({ length: rows + 3 }, (_, row) => row === 2 ? [1, 2] : [2, 1]))
        return source.compose(softmax()).compose(failing).toArray().catch((error) => error.message)
      }))
      console.log([...new Set(caught)])`)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "[ 'no space' ]\n", stderr: '' })
  })

  it('works under for await, on many more rows than a batch', async () => {
    let count = 0
    for await (const { index, id } of Readable.from(
      (function* () {
        for (let id = 0; id < 10_000; id++) yield { id, logits: [id % 3 === 0 ? 1 : 0, id % 3 === 1 ? 1 : 0, 0.5] }
      })(),
    ).compose(softmax())) {
      expect(id).toBe(count)
      expect(index).toBe(count++ % 3)
    }
    expect(count).toBe(10_000)
  })

  it('counts the rows that come out, and those that read() gives', async () => {
    const lines = read('csv')
    const stream = softmax()
    for await (const _ of Readable.from(['logit_a,logit_b\n2,1\n1,2\n']).pipe(lines).pipe(stream)) {
      expect(stream.stats).toMatchObject({ read: 2, written: 2 })
      expect(lines.stats).toMatchObject({ read: 2, bytes: 24 })
    }
  })

  it('of no rows gives none', async () => {
    expect(await predict([])).toEqual([])
  })

  it('gives each prediction before a slow source has its next row', async () => {
    const stream = softmax()
    for (let row = 0; row < 5; row++) {
      const given = once(stream, 'data')
      stream.write([2, 1, -row])
      expect((await given)[0].index).toBe(0)
    }
    stream.end()
    await finished(stream)
  })

  it('gives the rows that wait when the source ends', async () => {
    const stream = softmax()
    for (let row = 0; row < 70; row++) stream.write([row, 0])
    stream.end()
    expect(await stream.toArray()).toHaveLength(70)
  })

  it('ends in an AbortError where its signal aborts, and so does its pipeline', async () => {
    const controller = new AbortController()
    let taken = 0
    const source = Readable.from(
      (function* () {
        for (;;) yield [taken++, 1]
      })(),
    )
    const sink = new Writable({
      objectMode: true,
      write(_chunk, _encoding, done) {
        if (taken > 300) controller.abort()
        setImmediate(done)
      },
    })
    const stream = softmax({ signal: controller.signal })
    await expect(pipeline(source, stream, sink)).rejects.toMatchObject({ name: 'AbortError' })
    expect([source.destroyed, stream.destroyed, sink.destroyed]).toEqual([true, true, true])
  })

  it('ends in an AbortError where its signal was aborted before', async () => {
    const stream = softmax({ signal: AbortSignal.abort() })
    await expect(once(stream, 'data')).rejects.toMatchObject({ name: 'AbortError' })
    expect(stream.destroyed).toBe(true)
  })

  it('ends in an AbortError while it waits for rows', async () => {
    const controller = new AbortController()
    const stream = softmax({ signal: controller.signal })
    stream.write([2, 1])
    const reading = stream.toArray()
    await turn()
    controller.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('destroys its source where who reads it breaks off', async () => {
    const source = Readable.from(
      (function* () {
        for (;;) yield [2, 1]
      })(),
    )
    for await (const { index } of source.compose(softmax())) {
      expect(index).toBe(0)
      break
    }
    await turn()
    expect(source.destroyed).toBe(true)
  })

  it('ends in the error of its source, or of who reads it', async () => {
    const source = Readable.from(
      (function* () {
        yield [2, 1]
        throw new Error('root cause')
      })(),
    )
    const sink = () => new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() })
    await expect(pipeline(source, softmax(), sink())).rejects.toThrow('root cause')
    const broken = new Writable({
      objectMode: true,
      write: (_chunk, _encoding, done) => done(new Error('no room')),
    })
    await expect(pipeline(Readable.from([[2, 1]]), softmax(), broken)).rejects.toThrow('no room')
    await expect(pipeline(Readable.from([[1, 2], [1]]), softmax(), sink())).rejects.toMatchObject({ code: 'E_WIDTH' })
  })

  it('leaves no listener on its signal', async () => {
    const { signal } = new AbortController()
    for (let turns = 0; turns < 3; turns++) await predict([[2, 1]], { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('softmaxMatrix', () => {
  it('scores each row', () => {
    const { values, index } = softmaxMatrix([1, 2, 3, 3, 2, 1], 2, 3)
    expect(Array.from(values)).toEqual([...P123, ...P123.toReversed()])
    expect(Array.from(index)).toEqual([2, 0])
  })

  it('takes float32, and does not change what it is given', () => {
    for (const logits of [Float32Array.of(1, 2, 3), Float64Array.of(1, 2, 3)]) {
      for (const options of [{}, { op: 'log-softmax', temperature: 2, topK: 2 }] as const) {
        softmaxMatrix(logits, 1, 3, options)
        expect(Array.from(logits)).toEqual([1, 2, 3])
      }
      expect(Array.from(softmaxMatrix(logits, 1, 3).values)).toEqual(P123)
    }
  })

  it('has every option', () => {
    const logits = [1, 2, 3]
    expect(Array.from(softmaxMatrix(logits, 1, 3, { op: 'log-softmax' }).values)).toEqual(L123)
    expect(Array.from(softmaxMatrix(logits, 1, 3, { temperature: 2 }).values)).toEqual([
      0.1863237232258476, 0.3071958857184984, 0.506480391055654,
    ])
    expect(softmaxMatrix(logits, 1, 3, { float32: true }).values).toEqual(Float32Array.from(P123))
    expect(softmaxMatrix(logits, 1, 3, { topK: 2 }).top).toEqual(Uint32Array.of(2, 1))
    expect(softmaxMatrix(logits, 1, 3)).not.toHaveProperty('top')
    const { confidence, logsumexp, margin, entropy } = softmaxMatrix([0, 0, 5, 5], 2, 2, {
      emit: 'confidence,margin,entropy,logsumexp',
    })
    expect(confidence).toEqual(Float64Array.of(0.5, 0.5))
    expect(margin).toEqual(Float64Array.of(0, 0))
    expect(entropy).toEqual(Float64Array.of(Math.LN2, Math.LN2))
    expect(logsumexp![0]).toBe(Math.LN2)
    expect(softmaxMatrix(logits, 1, 3, { emit: 'margin' })).not.toHaveProperty('entropy')
    expect(() => softmaxMatrix([1, Number.NaN], 1, 2)).toThrow(
      expect.objectContaining({ code: 'E_NONFINITE', info: expect.objectContaining({ row: 1 }) }),
    )
    const { values } = softmaxMatrix([1, 2, 3, Number.NaN, 0, 0, 1, 2, 3], 3, 3, { nonfinite: 'propagate' })
    expect(Array.from(values)).toEqual([...P123, Number.NaN, Number.NaN, Number.NaN, ...P123])
  })

  it.each([
    [3, 1, 2],
    [3, 2, 2],
    [3, -1, -3],
    [3, 1.5, 2],
    [3, 2, 1.5],
    [0, Number.NaN, 0],
    [1, Number.POSITIVE_INFINITY, 0],
  ])('refuses %i logits as %d rows of %d', (length, rows, classes) => {
    expect(() => softmaxMatrix(new Float64Array(length), rows, classes)).toThrow(
      expect.objectContaining({ code: 'E_SHAPE', status: 2 }),
    )
  })

  it('takes no rows', () => {
    expect(softmaxMatrix([], 0, 3).values).toHaveLength(0)
  })
})

/** More classes than the kernel holds at once, 16384. */
describe('softmaxMatrix of wide rows', () => {
  const one = (logits: ArrayLike<number>, options = {}) => softmaxMatrix(logits, 1, logits.length, options)

  it.each([2 ** 14, 2 ** 15, 2 ** 17, 2 ** 20])('gives %i equal logits 1 / n, exactly', (count) => {
    const { values, index, top, logsumexp, entropy } = one(new Float64Array(count).fill(-3.5), {
      topK: 3,
      emit: 'logsumexp,entropy',
    })
    expect(values.every((value) => value === 1 / count)).toBe(true)
    expect(index[0]).toBe(0)
    expect(top).toEqual(Uint32Array.of(0, 1, 2))
    expect(ulps(entropy![0]!, Math.log(count))).toBeLessThanOrEqual(1)
    expect(ulps(logsumexp![0]!, Math.log(count) - 3.5)).toBeLessThanOrEqual(2)
    const log = one(new Float64Array(count).fill(-3.5), { op: 'log-softmax' }).values
    expect(log.every((value) => ulps(value, -Math.log(count)) <= 1)).toBe(true)
  })

  /** Exact in binary, and no two the same. */
  const many = Float64Array.from({ length: 100_001 }, (_, i) => ((i * 7919) % 100_003) / 4096 - 12)

  it('gives 100001 logits what mpmath does, with 200 bits', () => {
    const { values, index, top, confidence, margin, entropy, logsumexp } = one(many, {
      topK: 5,
      emit: 'confidence,margin,entropy,logsumexp',
    })
    const at = [0, 1, 16_383, 16_384, 65_535, 65_536, 100_000]
    const expected = [
      6.088354280856635e-15, 4.208651672381714e-14, 1.961430705901545e-11, 1.3558637096085518e-10, 5.401453237713488e-9,
      3.733822664307238e-8, 7.392331373283515e-7,
    ]
    expect(Math.max(...at.map((i, n) => ulps(values[i]!, expected[n]!)))).toBeLessThanOrEqual(1)
    expect(index[0]).toBe(52_685)
    expect(top).toEqual(Uint32Array.of(52_685, 5367, 58_052, 10_734, 63_419))
    expect(ulps(confidence![0]!, 0.0002441206954503173)).toBeLessThanOrEqual(1)
    expect(margin![0]! / 5.959250439104228e-8).toBeCloseTo(1, 12)
    expect(ulps(logsumexp![0]!, 20.73239858273687)).toBeLessThanOrEqual(1)
    expect(ulps(entropy![0]!, 9.317678122048592)).toBeLessThanOrEqual(4)
    expect(Math.abs(Array.from(values).reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-12)
    const log = one(many, { op: 'log-softmax', topK: 2 })
    const logs = [
      -32.73239858273687, -30.79904897336187, -24.65476186398687, -22.72141225461187, -19.03659780148687,
      -17.10324819211187, -14.11765248898687,
    ]
    expect(Math.max(...at.map((i, n) => ulps(log.values[i]!, logs[n]!)))).toBeLessThanOrEqual(1)
    expect(log.top).toEqual(Uint32Array.of(52_685, 5367))
  })

  it('gives the same bits with the classes in reverse, within 1 ulp', () => {
    const [there, back] = [one(many).values, one(many.toReversed()).values.toReversed()]
    expect(there.every((value, i) => ulps(value, back[i]!) <= 1)).toBe(true)
  })

  it.each([16_384, 16_385, 20_000, 40_000])('gives the same bits with classes at -inf up to %i', (count) => {
    const few = many.subarray(0, 10_000)
    const padded = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    padded.set(few)
    for (const op of ['softmax', 'log-softmax'] as const) {
      const options = { op, topK: 4, emit: 'confidence,margin,entropy,logsumexp' }
      const [narrow, wide] = [one(few, options), one(padded, options)]
      expect(wide.values.subarray(0, few.length)).toEqual(narrow.values)
      const masked = op === 'softmax' ? 0 : Number.NEGATIVE_INFINITY
      expect(wide.values.subarray(few.length).every((value) => value === masked)).toBe(true)
      const { values: _narrow, ...rest } = narrow
      expect(wide).toMatchObject(rest)
    }
  })

  it('finds the first of equal largest, in whichever chunk', () => {
    for (const at of [0, 16_383, 16_384, 40_000]) {
      const logits = new Float64Array(50_000)
      logits[at] = logits[49_999] = 9
      const { index, top } = one(logits, { topK: 3 })
      expect(index[0]).toBe(at)
      expect(top).toEqual(Uint32Array.of(at, 49_999, at === 0 ? 1 : 0))
    }
  })

  it('finds a NaN or +inf in whichever chunk', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, 16_384, 49_999]) {
        const logits = new Float64Array(50_000)
        logits[at] = bad
        expect(() => one(logits)).toThrow(expect.objectContaining({ code: 'E_NONFINITE' }))
        expect(one(logits, { nonfinite: 'propagate' }).values.every(Number.isNaN)).toBe(true)
      }
    }
    expect(() => one(new Float64Array(50_000).fill(Number.NEGATIVE_INFINITY))).toThrow(
      expect.objectContaining({ code: 'E_NONFINITE' }),
    )
  })

  it('keeps rows apart', () => {
    const logits = new Float64Array(3 * 20_000)
    logits.fill(700, 20_000, 40_000)
    logits[45_000] = 50
    const { values, index } = softmaxMatrix(logits, 3, 20_000)
    expect(Array.from(index)).toEqual([0, 0, 5000])
    expect(ulps(values[0]!, 1 / 20_000)).toBeLessThanOrEqual(1)
    expect(ulps(values[20_000]!, 1 / 20_000)).toBeLessThanOrEqual(1)
    expect(values[45_000]).toBe(1)
  })

  it('has a largest top-k', () => {
    const { top } = one(many, { topK: many.length })
    const order = [...many.keys()].sort((a, b) => many[b]! - many[a]!)
    expect(Array.from(top!)).toEqual(order)
  })
})
