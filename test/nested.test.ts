import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { tableFromIPC } from 'apache-arrow'
import { parse } from 'csv-parse/sync'
import { parquetReadObjects } from 'hyparquet'
import { calibrate, evaluate, type FormatName, type ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { rejected, run } from './streams.js'
import { command, folder, ROOT } from './support.js'

/** Values nested like the logits. */
type Nested = number | string | null | Nested[]

/** A row of a token classifier, and scipy's result. */
interface Tokens {
  id: number
  logits: number[][]
  labels: number[]
  probs: number[][]
  logprobs: number[][]
  index: number[]
  confidence: number[]
  entropy: number[]
}

interface Lists {
  logits: Nested[]
  probs: Nested[]
  files: { parquet: string; arrow: string }
  npy: string
}

/** Nested logits, and the results of scipy, scikit-learn, pyarrow and numpy: see `fixtures/nested.py`. */
const FIXTURE = JSON.parse(readFileSync(join(ROOT, 'fixtures/nested.json'), 'utf8')) as {
  classes: string[]
  tokens: Tokens[]
  metrics: Record<string, number | number[][]>
  files: Record<string, string>
  fixed: Lists
  deep: Lists
  bad: { lists: Nested[]; files: { parquet: string; arrow: string } }
  tensors: { response: unknown; probs: Nested[] }[]
}

const { classes, tokens } = FIXTURE
const bytesOf = (base64: string) => Buffer.from(base64, 'base64')
const linesOf = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const parsed = (text: string) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))

/** The input as lines of JSON. */
const LINES = linesOf(tokens.map(({ id, logits, labels }) => ({ id, logits, labels })))

/** The same with one row per token. */
const ITEMS = linesOf(
  tokens.flatMap(({ logits, labels }) =>
    logits.map((row, at) => ({ logits: row, labels: labels[at]! < 0 ? null : labels[at] })),
  ),
)

const EMIT = ['probs', 'index', 'confidence', 'entropy'] as const

/** Numbers rounded to 12 digits, like those of scipy, with the same nesting. */
const near = nearTo((value) => 12 - Math.floor(Math.log10(Math.abs(value) || 1)))

/** Logarithms, for which scipy loses digits: 12 decimals. */
const nearLog = nearTo(() => 12)

function nearTo(digits: (value: number) => number) {
  const near = (value: Nested): unknown => {
    if (Array.isArray(value)) return value.map(near)
    return typeof value === 'number' ? expect.closeTo(value, digits(value)) : value
  }
  return near
}

/** A value read by an Arrow or Parquet library, as JSON represents it. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? Number(value) : value
  return Array.from(value as Iterable<unknown>, plain)
}

/** The rows of an output, read by independent libraries. */
async function rowsOf(bytes: Buffer, to: FormatName): Promise<Record<string, unknown>[]> {
  if (to === 'ndjson' || to === 'json') {
    const text = bytes.toString()
    return to === 'json' ? JSON.parse(text) : parsed(text)
  }
  if (to === 'csv') return csvRows(bytes)
  const rows =
    to === 'parquet'
      ? await parquetReadObjects({ file: new Uint8Array(bytes).buffer })
      : tableFromIPC(bytes)
          .toArray()
          .map((row) => row.toJSON())
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])))
}

/** List cells are JSON. */
function csvRows(bytes: Buffer): Record<string, unknown>[] {
  const rows = parse(bytes, { columns: true }) as Record<string, string>[]
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, JSON.parse(cell)])))
}

function expectTokens(rows: Record<string, unknown>[]) {
  expect(rows).toHaveLength(tokens.length)
  for (const [row, found] of rows.entries()) {
    for (const name of EMIT) expect(found[name]).toEqual(near(tokens[row]![name]))
  }
}

describe('lists of lists of logits', () => {
  it.each([1, 100, 1e9])('of NDJSON, in chunks of %i, give lists of the same shape', async (size) => {
    const { text, stats } = await run(LINES, { from: 'ndjson', logits: 'logits', emit: [...EMIT] }, size)
    expectTokens(parsed(text))
    expect(stats).toMatchObject({ read: tokens.length, written: tokens.length, lane: 'table' })
  })

  it.each(Object.keys(FIXTURE.files))('of %s give what those of NDJSON give, bit for bit', async (name) => {
    const options = { emit: [...EMIT], keep: false, to: 'ndjson' } as const
    const { text } = await run(bytesOf(FIXTURE.files[name]!), { ...options, logits: 'tokens' })
    expect(text).toBe((await run(LINES, { ...options, from: 'ndjson', logits: 'logits' })).text)
    expectTokens(parsed(text))
  })

  it.each(['json', 'csv', 'parquet', 'arrow', 'arrows'] as const)('come out as lists in %s', async (to) => {
    for (const [from, name] of [
      ['ndjson', 'logits'],
      ['parquet', 'tokens'],
    ] as const) {
      const input = from === 'ndjson' ? LINES : bytesOf(FIXTURE.files['parquet list<list<double>>']!)
      const options: ScoreOptions = {
        from,
        logits: name,
        labels: classes.join(','),
        emit: ['label', ...EMIT],
        keep: false,
      }
      const lines = await run(input, { ...options, to: 'ndjson' })
      expect(await rowsOf((await run(input, { ...options, to })).bytes, to)).toEqual(parsed(lines.text))
      const labels = tokens.map(({ index }) => index.map((position) => classes[position]!))
      expect(parsed(lines.text).map(({ label }) => label)).toEqual(labels)
    }
  })

  it('give the same bytes on any number of threads and in chunks of any size', async () => {
    for (const to of ['ndjson', 'parquet', 'arrow', 'csv'] as const) {
      for (const input of [LINES, bytesOf(FIXTURE.files['arrow in small batches']!)]) {
        const from = typeof input === 'string' ? 'ndjson' : 'arrow'
        const options: ScoreOptions = { from, to, logits: from === 'ndjson' ? 'logits' : 'tokens', emit: [...EMIT] }
        const once = (await run(input, { ...options, jobs: 1 })).bytes
        for (const size of [7, 1000]) {
          const { bytes, error } = await run(input, { ...options, jobs: 2 }, size)
          expect(error).toBe(undefined)
          expect(bytes.equals(once)).toBe(true)
        }
      }
    }
  })

  it.each(['ndjson', 'parquet', 'arrow'] as const)('may be lists of one size, and deeper: %s', async (from) => {
    for (const { logits, probs, files } of [FIXTURE.fixed, FIXTURE.deep]) {
      const input = from === 'ndjson' ? linesOf(logits.map((x) => ({ x }))) : bytesOf(files[from])
      const { text } = await run(input, { from, logits: 'x', to: 'ndjson', emit: 'probs' })
      expect(parsed(text).map((row) => row.probs)).toEqual(near(probs))
    }
  })

  it('have the bits that an array of numpy of the same numbers has', async () => {
    const { logits, npy } = FIXTURE.fixed
    const { text } = await run(linesOf(logits.map((x) => ({ x }))), { from: 'ndjson', logits: 'x', emit: 'probs' })
    const array = await run(bytesOf(npy), { to: 'ndjson', emit: 'probs' })
    const places = (logits as Nested[][]).flatMap((rows, i0) => rows.map((_, i1) => ({ i0, i1 })))
    const rows = parsed(array.text)
    expect(rows.map(({ i0, i1 }) => ({ i0, i1 }))).toEqual(places)
    expect(parsed(text).flatMap(({ probs }) => probs)).toEqual(rows.map(({ probs }) => probs))
  })

  it('give log-probabilities, the most probable classes, and what the sigmoid says of each', async () => {
    const scored = async (options: ScoreOptions) =>
      parsed((await run(LINES, { from: 'ndjson', logits: 'logits', keep: false, ...options })).text)
    expect((await scored({ op: 'log-softmax', emit: 'probs=logprobs' })).map(({ logprobs }) => logprobs)).toEqual(
      nearLog(tokens.map(({ logprobs }) => logprobs)),
    )
    const top = await scored({ topK: 1, emit: 'probs' })
    expect(top.map(({ p_1 }) => p_1)).toEqual(near(tokens.map(({ confidence }) => confidence)))
    expect(top.map(({ label_1 }) => label_1)).toEqual(tokens.map(({ index }) => index.map(String)))
    const positive = tokens.map(({ logits }) =>
      logits.map((row) => row.flatMap((logit, index) => (logit >= 0 ? [classes[index]!] : []))),
    )
    const labels = await scored({ op: 'sigmoid', emit: 'labels', labels: classes.join(',') })
    expect(labels.map((row) => row.labels)).toEqual(positive)
  })

  it.each<ScoreOptions>([
    { emit: 'probs,label,index,confidence,margin,entropy,logsumexp' },
    { op: 'log-softmax', temperature: 1.7, precision: 5 },
    { op: 'log-sigmoid', emit: 'probs,labels,label', threshold: 0.3 },
    { emit: 'probs', float32: true },
    { minConfidence: 0.8, emit: 'label,confidence' },
    { topK: 3 },
    { truth: 'labels', emit: 'loss,rank,correct,label' },
    { labels: 'a,b,c,d,e', emit: 'label=predicted,probs=q' },
  ])('give what each list gives by itself: %j', async (options) => {
    const asked: ScoreOptions = { ...options, from: 'ndjson', logits: 'logits', keep: false }
    const flat = parsed((await run(ITEMS, asked)).text)
    const nested = parsed((await run(LINES, asked)).text)
    for (const key of Object.keys(flat[0])) {
      expect(nested.flatMap((row) => row[key])).toEqual(flat.map((row) => row[key]))
    }
    expect(Object.keys(nested[0])).toEqual(Object.keys(flat[0]))
  })

  it('may be of one logit, of two classes', async () => {
    const options: ScoreOptions = { from: 'ndjson', logits: 'x', binary: 'no,yes', keep: false }
    const { text } = await run('{"x":[[1.5],[-2]]}\n', options)
    // From scipy.special.expit.
    expect(parsed(text)).toEqual([
      {
        probs: near([
          [0.18242552380635635, 0.8175744761936437],
          [0.8807970779778823, 0.11920292202211755],
        ]),
        label: ['yes', 'no'],
      },
    ])
  })

  it('keep the types of their columns in Parquet and Arrow, and leave out none', async () => {
    const input = bytesOf(FIXTURE.files['arrow list<list<float>>']!)
    const { bytes } = await run(input, { from: 'arrow', logits: 'tokens', to: 'arrow', emit: 'label,probs,index' })
    const fields = tableFromIPC(bytes).schema.fields.map(({ name, type }) => `${name}: ${type}`)
    expect(fields).toEqual([
      'id: Int32',
      'labels: List<Int64>',
      'label: List<Utf8>',
      'probs: List<List<Float64>>',
      'index: List<Uint32>',
    ])
  })

  it('may all be empty', async () => {
    const { text, error } = await run('{"id":1,"x":[]}\n{"id":2,"x":[[1,2]]}\n', { from: 'ndjson', logits: 'x' })
    expect(error).toBe(undefined)
    expect(parsed(text).map(({ probs }) => probs.length)).toEqual([0, 1])
  })
})

describe('a bad row of nested logits', () => {
  it.each(['ndjson', 'parquet', 'arrow'] as const)('is left out whole: %s', async (from) => {
    const { lists, files } = FIXTURE.bad
    const input = from === 'ndjson' ? linesOf(lists.map((x) => ({ x }))) : bytesOf(files[from])
    const errors: [number, string, string | undefined][] = []
    const onReject: ScoreOptions['onReject'] = ({ row, code, column }) => void errors.push([row, code, column])
    const { stats, text } = await run(input, { from, logits: 'x', to: 'ndjson', onError: 'skip', onReject })
    expect(stats).toMatchObject({ read: 7, written: 3, rejected: { E_MISSING: 3, E_WIDTH: 1 } })
    expect(parsed(text).map(({ probs }) => probs.length)).toEqual([1, 0, 2])
    expect(errors.map(([row, code]) => [row, code])).toEqual([
      [2, 'E_MISSING'],
      [3, 'E_MISSING'],
      [4, 'E_MISSING'],
      [5, 'E_WIDTH'],
    ])
    // A number in a list is named by its index path.
    expect(errors[2]![2]).toBe('0.1')
  })

  it.each([
    ['[[1,2],[3,"x"]]', 'E_CELL', /column 1\.1 \(row 2, .*"x" is not a number/],
    ['[[1,2],[3,1e400]]', 'E_OVERFLOW', /column 1\.1 \(row 2/],
    ['[[1,2],[3]]', 'E_WIDTH', /list 1 has 1 logit where 2 are expected/],
    ['[[1,2],[3,4,5]]', 'E_WIDTH', /list 1 has 3 logits where 2 are expected/],
    ['[[1,2],[[3,4]]]', 'E_WIDTH', /list 1 has 1 logit/],
    ['[[[1,2]]]', 'E_WIDTH', /list 0 has 1 logit/],
    ['[1,2]', 'E_ROW', /"x\.0" is a number, not a list of numbers/],
    ['{"a":1}', 'E_ROW', /"x" is an object, not a list of lists of numbers/],
    ['null', 'E_MISSING', /row 2/],
    ['[[1,2],["NaN",1]]', 'E_NONFINITE', /column 1\.0 \(row 2, byte 14\): a logit is NaN/],
    ['[[1,2],["-inf","-inf"]]', 'E_NONFINITE', /row 2, byte 14: in list 1, all logits are -inf/],
  ])('says where: %s', async (lists, code, says) => {
    const input = `{"x":[[1,2]]}\n{"x":${lists}}\n{"x":[[2,1],[0,0]]}\n`
    const { error, text } = await run(input, { from: 'ndjson', logits: 'x', emit: 'index' })
    expect(error).toMatchObject({ code, info: { row: 2, line: 2 } })
    expect(error!.message).toMatch(says)
    expect(parsed(text)).toHaveLength(1)
    const skipped = await run(input, { from: 'ndjson', logits: 'x', emit: 'index', onError: 'skip' })
    expect(parsed(skipped.text).map(({ index }) => index)).toEqual([[1], [0, 0]])
    expect(rejected(skipped)).toBe(1)
  })

  it.each([
    ['[[[1,2]],[[1,2],[0,"inf"]]]', '1.1.1', undefined],
    ['[[],[[1,2]],[["-inf","-inf"]]]', undefined, 'list 2.0'],
  ])('has the index path of a logit without a softmax, or of its list: %s', async (lists, column, of) => {
    const input = `{"x":[[[1,2]]]}\n{"x":${lists}}\n`
    const { error } = await run(input, { from: 'ndjson', logits: 'x' })
    expect(error!.info).toMatchObject({ row: 2, ...(column && { column }), ...(of && { of }) })
    const cells = `x\n"[[[1,2]]]"\n"${lists.replaceAll('"', '')}"\n`
    const { error: inCell } = await run(cells, { logits: 'x' })
    expect(inCell!.info).toMatchObject({ row: 2, column: column ? `x.${column}` : 'x', ...(of && { of }) })
  })

  it('goes to a file of rejects as it stands', () => {
    const rows = ['{"x":[[1,2]]}', '{"x":[[1,2],[3]]}', '{"x":[]}']
    const cwd = folder({ 'in.ndjson': `${rows.join('\n')}\n` })
    const { status, stdout } = command(['in.ndjson', '--logits', 'x', '--rejects', 'bad.ndjson'], { cwd })
    expect(status).toBe(0)
    expect(parsed(stdout).map(({ probs }) => probs.length)).toEqual([1, 0])
    const [{ raw, row, code, byteStart }] = parsed(readFileSync(join(cwd, 'bad.ndjson'), 'utf8'))
    expect({ raw, row, code, byteStart }).toEqual({ raw: rows[1], row: 2, code: 'E_WIDTH', byteStart: 14 })
  })
})

describe('true classes of nested logits', () => {
  it.each(['ndjson', 'parquet', 'arrow'] as const)('are lists beside them, in which -100 is none: %s', async (from) => {
    const input = from === 'ndjson' ? LINES : bytesOf(FIXTURE.files[`${from} list<list<double>>`]!)
    const cwd = folder({ input })
    const args = [
      'evaluate',
      'input',
      '-f',
      from,
      '--logits',
      from === 'ndjson' ? 'logits' : 'tokens',
      '--truth',
      'labels',
    ]
    const { stdout, status } = command([...args, '--json'], { cwd })
    expect(status).toBe(0)
    const { rows, unlabelled, confusion, accuracy, log_loss } = JSON.parse(stdout)
    const expected = FIXTURE.metrics as Record<string, number>
    expect({ rows, unlabelled, confusion }).toEqual({
      rows: expected.rows,
      unlabelled: expected.unlabelled,
      confusion: FIXTURE.metrics.confusion,
    })
    expect([accuracy, log_loss]).toEqual(near([expected.accuracy!, expected.log_loss!]))
  })

  it('give a loss, a rank and whether it is right for each', async () => {
    const options: ScoreOptions = { from: 'ndjson', logits: 'logits', truth: 'labels', emit: 'loss,rank,correct' }
    const rows = parsed((await run(LINES, options)).text)
    for (const [row, { labels, logits, logprobs, index }] of tokens.entries()) {
      const { loss, rank, correct } = rows[row]
      expect(loss).toEqual(nearLog(labels.map((truth, at) => (truth < 0 ? null : -logprobs[at]![truth]!))))
      const before = (at: number, truth: number) =>
        logits[at]!.filter(
          (logit, other) => logit > logits[at]![truth]! || (logit === logits[at]![truth] && other < truth),
        )
      expect(rank).toEqual(labels.map((truth, at) => (truth < 0 ? null : 1 + before(at, truth).length)))
      expect(correct).toEqual(labels.map((truth, at) => (truth < 0 ? null : truth === index[at])))
    }
  })

  it.each([
    ['[0]', /is not a list of 2 true classes/],
    ['3', /"3" is not a list of 2 true classes/],
    ['[0,"c"]', /"c"/],
    ['[0,[1]]', /"\[1\]"/],
  ])('that do not go with the lists make a bad row: %s', async (truth, says) => {
    const input = `{"x":[[1,2],[2,1]],"y":${truth}}\n`
    const options: ScoreOptions = { from: 'ndjson', logits: 'x', truth: 'y', labels: 'a,b', emit: 'loss' }
    const { error } = await run(input, options)
    expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 1 } })
    expect(error!.message).toMatch(says)
  })

  it('may be null, as a list or in it, or names of classes', async () => {
    const input = linesOf([
      {
        x: [
          [1, 2],
          [2, 1],
        ],
        y: null,
      },
      {
        x: [
          [1, 2],
          [2, 1],
        ],
        y: ['b', null],
      },
    ])
    const options: ScoreOptions = { from: 'ndjson', logits: 'x', truth: 'y', labels: 'a,b', emit: 'correct' }
    expect(parsed((await run(input, options)).text).map(({ correct }) => correct)).toEqual([
      [null, null],
      [true, null],
    ])
  })

  it('calibrate as the rows of their lists do', async () => {
    const options = { from: 'ndjson', logits: 'logits', truth: 'labels', coverage: 0.9 } as const
    const calibrated = (lines: string) => calibrate([Readable.from([Buffer.from(lines)])], options)
    const calibration = await calibrated(LINES)
    expect(calibration).toEqual(await calibrated(ITEMS))
    const scoring: ScoreOptions = { from: 'ndjson', logits: 'logits', calibration, emit: 'set,set_size', keep: false }
    const [nested, flat] = [await run(LINES, scoring), await run(ITEMS, scoring)].map(({ text }) => parsed(text))
    expect(nested!.flatMap(({ set }) => set)).toEqual(flat!.map(({ set }) => set))
    expect(nested!.flatMap(({ set_size: size }) => size)).toEqual(flat!.map(({ set_size: size }) => size))
  })

  it('of several labels a row are refused', async () => {
    const { error } = await run(LINES, { from: 'ndjson', logits: 'logits', truth: 'labels', op: 'sigmoid' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
  })
})

describe('lists of more levels than a stack holds', () => {
  const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`
  const good = '{"x":[[1,2]],"y":[0]}'

  it.each([
    ['logits', `{"x":${deep},"y":[0]}`, 'E_WIDTH'],
    ['true classes', `{"x":[[1,2]],"y":${deep}}`, 'E_TRUTH'],
    ['a true class', `{"x":[[1,2]],"y":[${deep}]}`, 'E_TRUTH'],
  ])('in place of %s make a bad row', async (_, row, code) => {
    const options: ScoreOptions = {
      from: 'ndjson',
      logits: 'x',
      truth: 'y',
      emit: 'correct',
      keep: false,
      onError: 'skip',
    }
    const { text, stats } = await run(`${good}\n${row}\n${good}\n`, options)
    expect(text).toBe('{"correct":[false]}\n'.repeat(2))
    expect(stats.rejected).toEqual({ [code]: 1 })
  })

  it('are no logits of a first row', async () => {
    const { error } = await run(`{"x":${deep}}\n`, { from: 'ndjson', logits: 'x' })
    expect(error).toMatchObject({ code: 'E_CELL' })
  })
})

describe('objects in objects, of which each may be a tensor', () => {
  it('are searched in a time that grows with their size, not exponentially', async () => {
    const tensors = `${'{"data":'.repeat(100)}1${'}'.repeat(100)}`
    const { text } = await run(`{"logits":[2,1],"x":${tensors}}\n`, { from: 'ndjson', keep: false, emit: 'index' })
    expect(text).toBe('{"index":0}\n')
  })

  it('may be tens of thousands, from which a selector takes logits', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, { a: at }]))
    const options: ScoreOptions = { from: 'ndjson', logits: 'm.k1*.a', labels: 'x' }
    const { error } = await run(`${JSON.stringify({ m: many })}\n`, options)
    expect(error).toMatchObject({ code: 'E_LABELS' })
  })
})

describe('a response of an inference server', () => {
  it.each(FIXTURE.tensors.map(({ response, probs }) => [JSON.stringify(response), probs] as const))(
    'has its numbers in one list, beside their shape: %s',
    async (response, probs) => {
      const { text } = await run(response, { from: 'json', to: 'ndjson', logits: 'outputs.0.data', emit: 'probs' })
      expect(parsed(text)[0].probs).toEqual(near(probs))
    },
  )

  it('has several outputs, of which a position names one', async () => {
    const outputs = [
      { name: 'hidden', shape: [1, 1], data: [5] },
      { name: 'logits', shape: [2, 2], data: [2, 1, 1, 2] },
    ]
    const { text } = await run(linesOf([{ outputs }]), { from: 'ndjson', logits: 'outputs.1.data', emit: 'index' })
    expect(parsed(text)).toEqual([{ outputs, index: [0, 1] }])
  })

  it.each([
    ['logits', ['ids', 'logits'], ['INT64', 'FP32'], 1],
    ['floats', ['ids', 'scores'], ['INT64', 'FP32'], 1],
    ['floats of no type', ['ids', 'scores'], [undefined, undefined], 1],
    ['the only numbers', ['words', 'scores'], ['BYTES', 'INT8'], 1],
    ['the first', ['a', 'b'], ['FP32', 'FP32'], 0],
  ] as const)('has several outputs, of which those of %s are proposed', async (_, names, types, place) => {
    const data = { INT64: [101, 5, 7, 9], FP32: [0.5, 1.5, 2.5, -1], BYTES: ['a', 'b', 'c', 'd'], INT8: [1, 2, 4, 3] }
    const outputs = names.map((name, index) => {
      const datatype = types[index]
      return { name, datatype, shape: [2, 2], data: data[datatype ?? (index === 0 ? 'INT64' : 'FP32')] }
    })
    const { error } = await run(linesOf([{ outputs }]), { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_ROW', message: expect.stringContaining(`jq -c '.outputs[${place}] |`) })
    expect(error!.message).toContain(`logits: 'outputs.${place}.data' reads it as one row`)
    expect(error!.message).toContain(`its outputs are 0 "${names[0]}", 1 "${names[1]}"`)
    const logits = `outputs.${place}.data`
    expect((await run(linesOf([{ outputs }]), { from: 'ndjson', logits })).error).toBe(undefined)
  })

  it('of a whole array is refused with the command that keeps its shape', () => {
    const batch = [
      [
        [2, 1],
        [0, 3],
      ],
      [
        [1, 2],
        [3, 0],
      ],
    ]
    const cwd = folder({ 'a.json': JSON.stringify(batch) })
    const { status, stderr } = command(['a.json'], { cwd })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(`run jq -c '.[] | {logits: .}' FILE | softmax --logits logits`),
    })
    // What jq prints.
    const stdin = linesOf(batch.map((logits) => ({ logits })))
    const { stdout } = command(['-f', 'ndjson', '--logits', 'logits', '--no-keep', '--emit', 'index'], { stdin })
    expect(stdout).toBe('{"index":[0,1]}\n{"index":[1,0]}\n')
  })

  it('of rows that are objects is refused with what selects the logits in them', async () => {
    const row = { classes: [0, 1], scores: [0.5, 1.5] }
    const cwd = folder({ 'a.json': JSON.stringify({ predictions: [row, row] }), 'rows.ndjson': linesOf([row, row]) })
    for (const args of [[], ['--logits', 'predictions']]) {
      const { status, stderr } = command(['a.json', ...args], { cwd })
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining('jq -c ".predictions[]" FILE | softmax --logits scores'),
      })
    }
    expect(command(['rows.ndjson', '--logits', 'scores'], { cwd })).toMatchObject({ status: 0 })
  })

  it.each([
    [[2, 3], /its shape \[2,3\] does not match its list of 4/],
    [[2, -2], /does not match/],
    [['2', 2], /does not match/],
    [[], /does not match/],
  ])('whose shape is not that of its numbers is a bad row: %j', async (shape, says) => {
    const good = { outputs: [{ shape: [1, 2], data: [2, 1] }] }
    const bad = { outputs: [{ shape, data: [2, 1, 1, 2] }] }
    for (const rows of [[bad], [good, bad]]) {
      const { error } = await run(linesOf(rows), { from: 'ndjson', logits: 'outputs.0.data' })
      expect(error).toMatchObject({ code: 'E_ROW', info: { row: rows.length } })
      expect(error!.message).toMatch(says)
    }
  })

  it('may hold lists of lists, as those of TensorFlow do', async () => {
    const { text } = await run('{"predictions": [[2, 1], [1, 2]]}\n', {
      from: 'ndjson',
      logits: 'predictions',
      emit: 'index',
    })
    expect(text).toBe('{"predictions": [[2, 1], [1, 2]],"index":[0,1]}\n')
  })
})

describe('nested logits', () => {
  it('that are not selected stop the run with what selects them', async () => {
    for (const [from, input, logits] of [
      ['ndjson', LINES, 'logits'],
      ['parquet', bytesOf(FIXTURE.files['parquet list<list<double>>']!), 'tokens'],
      ['arrow', bytesOf(FIXTURE.files['arrow list<list<double>>']!), 'tokens'],
    ] as const) {
      const { error, bytes } = await run(input, { from })
      expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
      expect(bytes).toHaveLength(0)
    }
  })

  it('in a nested object are named by a path', async () => {
    const input = '{"id":1,"model":{"out":[[2,1],[1,2]],"y":[0,0]}}\n'
    const options: ScoreOptions = { from: 'ndjson', logits: 'model.out', truth: 'model.y', emit: 'index,correct' }
    expect((await run(input, options)).text).toBe(
      `${input.trimEnd().slice(0, -1)},"index":[0,1],"correct":[true,false]}\n`,
    )
  })

  it('are no array of numpy', async () => {
    const { error } = await run(LINES, { from: 'ndjson', logits: 'logits', to: 'npy', emit: 'probs' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    expect(error!.message).toContain('write ndjson, parquet or arrow')
  })

  it('are refused by the fast lane', async () => {
    const { error } = await run(LINES, { from: 'ndjson', logits: 'logits', lane: 'fast' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    expect(error!.message).toContain('nested logits')
  })
})

it.each([
  [[400_000_000, 0], 'rows of no classes'],
  [[...Array(20_000).fill(1), 0], 'more axes than any model has'],
])('a shape of any size is a bad row: %#', async (shape) => {
  const rows = `{"data":[1,2],"shape":[1,2]}\n${JSON.stringify({ data: [], shape })}\n`
  const { error } = await run(rows, { from: 'ndjson', logits: 'data' })
  expect(error).toMatchObject({ code: 'E_ROW', info: { row: 2 } })
  const { stats } = await run(rows, { from: 'ndjson', logits: 'data', onError: 'skip' })
  expect(stats).toMatchObject({ read: 2, written: 1 })
})

describe('a flat list next to its shape', () => {
  const P123 = [0.09003057317038046, 0.24472847105479764, 0.6652409557748219]
  const P321 = P123.toReversed()
  const FLAT = [1, 2, 3, 3, 2, 1]

  it.each([
    ['logits', 'shape'],
    ['scores', 'dims'],
    ['data', 'dims'],
  ])('has nested logits, whatever its key is: %s, %s', async (name, key) => {
    const input = linesOf([{ id: 1, [key]: [2, 3], [name]: FLAT, y: [2, 1] }].flatMap((row) => Array(2000).fill(row)))
    for (const [jobs, size] of [
      [1, 1 << 16],
      [2, 1000],
      [4, 1e9],
    ] as const) {
      const options: ScoreOptions = { from: 'ndjson', logits: name, emit: 'probs', keep: false, jobs }
      const { text, warnings } = await run(input, options, size)
      expect(warnings).toEqual([])
      expect(text).toBe(`${JSON.stringify({ probs: [P123, P321] })}\n`.repeat(2000))
    }
    const metrics = await evaluate(Readable.from([input]), { from: 'ndjson', logits: name, truth: 'y' })
    expect(metrics).toMatchObject({ rows: 4000, accuracy: 0.5 })
  })

  it('is not guessed to be one row of logits', async () => {
    const { error } = await run(linesOf([{ shape: [2, 3], logits: FLAT }]), { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'logits' } })
  })

  it.each([1, 2])('that the first row does not have makes a bad row of a later one, on %i threads', async (jobs) => {
    const good = linesOf([{ logits: FLAT }]).repeat(20_000)
    const input = `${good}${linesOf([{ logits: FLAT, shape: [2, 3] }])}${good}`
    for (const lane of ['auto', 'general'] as const) {
      const { error, text } = await run(input, { from: 'ndjson', emit: 'index', lane, jobs }, 100_000)
      expect(error).toMatchObject({ code: 'E_ROW', info: { row: 20_001 } })
      expect(error!.message).toContain('its shape [2,3] does not match its list of 6, or differs from the first row')
      expect(text).toBe(good.replaceAll('}', ',"index":2}'))
    }
    const { error, stats } = await run(input, { from: 'ndjson', emit: 'index', onError: 'skip', jobs })
    expect([error, stats.rejected]).toEqual([undefined, { E_ROW: 1 }])
  })

  it('which is that of something else is ignored with a warning', async () => {
    const row = { shape: [28, 28], logits: [1, 2, 3] }
    const { text, warnings } = await run(linesOf([row, row]), { from: 'ndjson', emit: 'index' })
    expect(parsed(text)).toEqual([
      { ...row, index: 2 },
      { ...row, index: 2 },
    ])
    expect(warnings).toEqual([
      '"logits": its shape [28,28] does not match its list of 3, so it is ignored: each list is one row of logits',
    ])
  })

  it.each(['round', ['a', 'b'], [3], null, { x: 1 }])('which is no shape is kept like any key: %j', async (shape) => {
    const { text, warnings } = await run(linesOf([{ shape, logits: [1, 2, 3] }]), { from: 'ndjson', emit: 'index' })
    expect([parsed(text), warnings]).toEqual([[{ shape, logits: [1, 2, 3], index: 2 }], []])
  })

  it.each([[[2, 3]], [[4]], [['3']]])(
    'must match if the list is that of a tensor, in the first row, too: %j',
    async (shape) => {
      const [bad, good] = [{ data: [1, 2, 3], shape }, { data: [1, 2, 3] }]
      for (const rows of [[bad], [good, bad]]) {
        const { error } = await run(linesOf(rows), { from: 'ndjson', logits: 'data' })
        expect(error).toMatchObject({ code: 'E_ROW', info: { row: rows.length } })
      }
      const { stats } = await run(linesOf([bad, good, bad]), { from: 'ndjson', logits: 'data', onError: 'skip' })
      expect(stats).toMatchObject({ read: 3, written: 1 })
    },
  )
})

describe('a list of lists after lists of numbers', () => {
  const lines = (...lists: string[]) => lists.map((list, id) => `{"id":${id},"out":{"l":${list}}}\n`).join('')

  it.each(['csv', 'ndjson', 'arrow', 'parquet'] as const)('is a bad row, and the others are not, in %s', async (to) => {
    const options = { from: 'ndjson', logits: 'out.l', onError: 'skip', keep: 'id', to } as const
    const { stats, error } = await run(lines('[1,2]', '[2,1]', '[[1,2],3]', '[2,1]'), options)
    expect(error).toBeUndefined()
    expect(stats).toMatchObject({ read: 4, written: 3, rejected: { E_CELL: 1 } })
  })

  it.each(['[null,1]', '[null]'])('after %s is an error of the first row, or defines the rows', async (list) => {
    for (const to of ['csv', 'ndjson', 'arrow'] as const) {
      const { error } = await run(lines(list, '[[1,2],[3,4]]'), { from: 'ndjson', logits: 'out.l', to })
      expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 1 } })
    }
  })
})
