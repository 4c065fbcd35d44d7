import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import {
  evaluate,
  logSoftmax,
  type ScoreOptions,
  type SoftmaxOptions,
  softmax,
  softmaxMatrix,
  write,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder, predict, thrown } from './support.js'

const NULL: ScoreOptions = { nonfinite: 'null' }
const LANES = ['fast', 'general'] as const

/** Rows with and without a softmax: two equal logits have probabilities of 0.5, an entropy of ln 2 and a margin of 0. */
const CSV = 'id,logit_a,logit_b\n1,0,0\n2,nan,1\n3,inf,1\n4,-inf,-inf\n5,7,7\n'
const ALL = { ...NULL, emit: 'probs,label,index,confidence,margin,entropy' } satisfies ScoreOptions
const HALVES = { p_a: 0.5, p_b: 0.5, label: 'a', index: 0, confidence: 0.5, margin: 0, entropy: Math.LN2 }
const NULLS = { p_a: null, p_b: null, label: null, index: null, confidence: null, margin: null, entropy: null }
const WRITTEN = [HALVES, NULLS, NULLS, NULLS, HALVES].map((results, at) => ({ id: String(at + 1), ...results }))

/** The rows of Parquet. */
async function parquetRows({ buffer, byteOffset, length }: Buffer): Promise<Record<string, unknown>[]> {
  return plain(await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer }))
}

/** The rows of Arrow. */
function arrowRows(bytes: Buffer): Record<string, unknown>[] {
  return plain(tableFromIPC(bytes).toArray())
}

/** With lists as arrays and integers as numbers; hyparquet reads a null list as undefined. */
function plain(rows: unknown): Record<string, unknown>[] {
  const plainOf = (value: unknown) => {
    if (typeof value === 'bigint') return Number(value)
    const isVector = typeof value === 'object' && value !== null && 'toArray' in value && 'nullCount' in value
    return isVector ? Array.from(value as unknown as Iterable<unknown>) : (value ?? null)
  }
  return JSON.parse(JSON.stringify(rows, (_, value) => plainOf(value)))
}

/** Whether the columns of Parquet are nullable, by name; those inside of lists by the name of the list. */
function nullableIn({ buffer, byteOffset, length }: Buffer): Record<string, boolean> {
  const { schema } = parquetMetadata(buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer)
  return Object.fromEntries(schema.slice(1).map(({ name, repetition_type }) => [name, repetition_type === 'OPTIONAL']))
}

function parquetOf(columns: Record<string, readonly (number | null)[]>): Buffer {
  const columnData = Object.entries(columns).map(([name, data]) => ({
    name,
    data: [...data],
    type: 'DOUBLE' as const,
    nullable: true,
  }))
  return Buffer.from(parquetWriteBuffer({ columnData }))
}

const LOGITS = { id: [1, 2, 3, 4], logit_a: [0, Number.NaN, null, 3], logit_b: [0, 1, 1, 3] }

describe('nonfinite null writes null for every result of a row without a softmax', () => {
  it.each(LANES)('as empty cells, \\N or null in text, in the %s lane', async (lane) => {
    const halves = `0.5,0.5,a,0,0.5,0,${Math.LN2}`
    const csv = `id,p_a,p_b,label,index,confidence,margin,entropy\n1,${halves}\n2,,,,,,,\n3,,,,,,,\n4,,,,,,,\n5,${halves}\n`
    expect((await run(CSV, { ...ALL, lane })).text).toBe(csv)
    expect((await run(CSV, { ...ALL, lane, to: 'tsv' })).text).toBe(csv.replaceAll(',', '\t'))
    const rows = csv.slice(csv.indexOf('\n') + 1).replaceAll(',', '\t')
    expect((await run(CSV, { ...ALL, lane, to: 'copy' })).text).toBe(rows.replace(/\t(?=[\t\n])/g, '\t\\N'))
    const { text } = await run(CSV, { ...ALL, lane, to: 'ndjson' })
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(WRITTEN)
    const semicolons = await run(CSV, { ...NULL, lane, outputDelimiter: ';', outputDecimal: ',' })
    expect(semicolons.text).toBe('id;p_a;p_b;label\n1;0,5;0,5;a\n2;;;\n3;;;\n4;;;\n5;0,5;0,5;a\n')
    // A row of one empty cell would be a blank line.
    const one = { ...NULL, emit: 'index', keep: false } as const
    expect((await run(CSV, { ...one, lane })).text).toBe('index\n0\n""\n""\n""\n0\n')
  })

  it.each(LANES)('as null in nullable columns of Parquet and Arrow, in the %s lane', async (lane) => {
    const parquet = await run(CSV, { ...ALL, lane, to: 'parquet' })
    expect(await parquetRows(parquet.bytes)).toEqual(WRITTEN)
    const names = ['id', ...Object.keys(NULLS)]
    expect(nullableIn(parquet.bytes)).toEqual(Object.fromEntries(names.map((name) => [name, true])))
    for (const to of ['arrow', 'arrows'] as const) {
      const { bytes } = await run(CSV, { ...ALL, lane, to })
      expect(arrowRows(bytes)).toEqual(WRITTEN)
      const { fields } = tableFromIPC(bytes).schema
      expect(fields.map(({ name, nullable }) => [name, nullable])).toEqual(names.map((name) => [name, true]))
      expect(tableFromIPC(bytes).getChild('p_a')!.nullCount).toBe(3)
    }
    const float = await run(CSV, { ...ALL, lane, to: 'parquet', float32: true, precision: 3 })
    expect((await parquetRows(float.bytes))[2]).toEqual({ id: '3', ...NULLS })
  })

  it('and leaves the columns as they are where rows have none', async () => {
    const good = 'id,logit_a,logit_b\n1,2,1\n2,0,0\n'
    for (const to of ['csv', 'tsv', 'ndjson', 'copy'] as const) {
      const emit = 'probs,label,index,entropy'
      expect((await run(good, { ...NULL, to, emit })).text).toBe((await run(good, { to, emit })).text)
    }
    for (const nonfinite of ['error', 'propagate'] as const) {
      const { bytes } = await run(good, { nonfinite, to: 'parquet', emit: 'probs,index' })
      expect(nullableIn(bytes)).toEqual({ id: true, p_a: false, p_b: false, index: false })
    }
    const { bytes } = await run(good, { ...NULL, to: 'parquet', emit: 'probs,index' })
    expect(nullableIn(bytes)).toEqual({ id: true, p_a: true, p_b: true, index: true })
    expect(await parquetRows(bytes)).toMatchObject([{ index: 0 }, { p_a: 0.5, p_b: 0.5, index: 0 }])
  })

  it('from Parquet and Arrow, where --missing nan reads a null logit', async () => {
    const inputs = [
      { from: 'parquet', bytes: parquetOf(LOGITS) },
      { from: 'arrow', bytes: Buffer.from(tableToIPC(tableFromArrays(LOGITS), 'file')) },
    ] as const
    for (const { from, bytes } of inputs) {
      const options: ScoreOptions = { ...NULL, from, missing: 'nan', emit: 'probs,label,index' }
      const csv = 'id,p_a,p_b,label,index\n1,0.5,0.5,a,0\n2,,,,\n3,,,,\n4,0.5,0.5,a,0\n'
      expect((await run(bytes, { ...options, to: 'csv' })).text).toBe(csv)
      const halves = { p_a: 0.5, p_b: 0.5, label: 'a', index: 0 }
      const nulls = { p_a: null, p_b: null, label: null, index: null }
      const rows = [halves, nulls, nulls, halves].map((results, at) => ({ id: at + 1, ...results }))
      const { text } = await run(bytes, { ...options, to: 'ndjson' })
      expect(
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual(rows)
      // In a JSON file without probabilities, too, which no NaN shows to have such rows.
      const labels = await run(bytes, { ...options, to: 'ndjson', emit: 'index,label', keep: false })
      expect(labels.text.split('\n')[1]).toBe('{"index":null,"label":null}')
      expect(await parquetRows((await run(bytes, { ...options, to: 'parquet' })).bytes)).toEqual(rows)
      expect(arrowRows((await run(bytes, { ...options, to: 'arrows' })).bytes)).toEqual(rows)
    }
  })

  it('from JSON, where probabilities are a list: the list is null', async () => {
    const lines = '{"id":1,"logits":[0,0]}\n{"id":2,"logits":[null,1]}\n{"id":3,"logits":[5,5]}\n'
    const options: ScoreOptions = { ...NULL, from: 'ndjson', missing: 'nan', emit: 'probs,index' }
    for (const lane of LANES) {
      expect((await run(lines, { ...options, lane })).text).toBe(
        '{"id":1,"logits":[0,0],"probs":[0.5,0.5],"index":0}\n{"id":2,"logits":[null,1],"probs":null,"index":null}\n{"id":3,"logits":[5,5],"probs":[0.5,0.5],"index":0}\n',
      )
      const rows = [1, 2, 3].map((id) =>
        id === 2 ? { id, probs: null, index: null } : { id, probs: [0.5, 0.5], index: 0 },
      )
      const arrow = await run(lines, { ...options, lane, to: 'arrow' })
      expect(arrowRows(arrow.bytes)).toEqual(rows)
      const parquet = await run(lines, { ...options, lane, to: 'parquet' })
      expect(await parquetRows(parquet.bytes)).toEqual(rows)
      expect(nullableIn(parquet.bytes)).toMatchObject({ probs: true, element: false })
    }
    // An object of logits has an object of probabilities.
    const records = '{"logits":{"a":0,"b":0}}\n{"logits":{"a":null,"b":1}}\n'
    expect((await run(records, { ...options, keep: false })).text).toBe(
      '{"probs":{"a":0.5,"b":0.5},"index":0}\n{"probs":null,"index":null}\n',
    )
  })

  it('in place of the results of a list, where logits are nested in lists', async () => {
    const lines = '{"id":7,"tokens":[[0,0],[null,3]]}\n'
    const options = { ...NULL, from: 'ndjson', logits: 'tokens', labels: 'O,PER', missing: 'nan' } as const
    const emit = 'probs,label,index'
    const written = { id: 7, probs: [[0.5, 0.5], null], label: ['O', null], index: [0, null] }
    const { text } = await run(lines, { ...options, emit, keep: 'id' })
    expect(JSON.parse(text)).toEqual(written)
    const { bytes } = await run(lines, { ...options, emit, to: 'parquet', keep: 'id' })
    expect(await parquetRows(bytes)).toEqual([written])
    expect(arrowRows((await run(lines, { ...options, emit, to: 'arrow', keep: 'id' })).bytes)).toEqual([written])
    const csv = await run(lines, { ...options, to: 'csv', emit: 'index', keep: 'id' })
    expect(csv.text).toBe('id,index\n7,"[0,null]"\n')
  })

  it.each(LANES)(
    'with the most probable classes, lists of labels and columns of the true class, in the %s lane',
    async (lane) => {
      const top = await run(CSV, { ...NULL, lane, topK: 1, emit: 'probs,index' })
      expect(top.text).toBe('id,label_1,p_1,index\n1,a,0.5,0\n2,,,\n3,,,\n4,,,\n5,a,0.5,0\n')
      const columns = await run(CSV, { ...NULL, lane, topK: 1, emit: 'probs', to: 'arrow', keep: false })
      const [half, none] = [
        { label_1: 'a', p_1: 0.5 },
        { label_1: null, p_1: null },
      ]
      expect(arrowRows(columns.bytes)).toEqual([half, none, none, none, half])
      // With the sigmoid, only NaN is not finite; the class that has a probability is null, too.
      const multi = { ...NULL, lane, op: 'sigmoid', emit: 'labels,probs', keep: false } as const
      expect((await run(CSV, multi)).text).toBe(
        'labels,p_a,p_b\na|b,0.5,0.5\n,,\na|b,1,0.7310585786300049\n,0,0\na|b,0.9990889488055994,0.9990889488055994\n',
      )
      const lists = await run(CSV, { ...multi, to: 'ndjson' })
      expect(lists.text.split('\n')[1]).toBe('{"labels":null,"p_a":null,"p_b":null}')
      expect(lists.text.split('\n')[3]).toBe('{"labels":[],"p_a":0,"p_b":0}')
      const copied = await run(CSV, { ...multi, to: 'copy' })
      expect(copied.text.split('\n').slice(1, 4)).toEqual(['\\N\t\\N\t\\N', 'a|b\t1\t0.7310585786300049', '\t0\t0'])
      for (const to of ['parquet', 'arrow'] as const) {
        const { bytes } = await run(CSV, { ...multi, to, emit: 'labels' })
        const rows = to === 'parquet' ? await parquetRows(bytes) : arrowRows(bytes)
        expect(rows.map(({ labels }) => labels)).toEqual([['a', 'b'], null, ['a', 'b'], [], ['a', 'b']])
      }
    },
  )

  it('in the columns of the true class, where a row without one has null as well', async () => {
    const input = 'logit_a,logit_b,y\n0,0,a\nnan,1,a\n0,0,\n'
    const options = { ...NULL, truth: 'y', emit: 'loss,rank,correct', keep: false } as const
    for (const lane of LANES) {
      expect((await run(input, { ...options, lane })).text).toBe(`loss,rank,correct\n${Math.LN2},1,true\n,,\n,,\n`)
    }
    const rows = [
      { loss: Math.LN2, rank: 1, correct: true },
      { loss: null, rank: null, correct: null },
      { loss: null, rank: null, correct: null },
    ]
    expect(await parquetRows((await run(input, { ...options, to: 'parquet' })).bytes)).toEqual(rows)
    expect(arrowRows((await run(input, { ...options, to: 'arrow' })).bytes)).toEqual(rows)
  })

  it('with more classes than have columns of their own in memory, or than are scored together', async () => {
    for (const classes of [129, 5000]) {
      const names = Array.from({ length: classes }, (_, at) => at)
      const rowOf = (first: string) => `${first}${',0'.repeat(classes - 1)}\n`
      const text = `${names.map((at) => `logit_${at}`).join()}\n${['0', 'nan', 'inf', '0'].map(rowOf).join('')}`
      const row = names.map(() => 1 / classes)
      const none = names.map(() => null)
      for (const lane of LANES) {
        const csv = await run(text, { ...NULL, lane, emit: 'probs' })
        expect(csv.text.split('\n')[2]).toBe(','.repeat(classes - 1))
        // A column for each of so many classes takes the readers long.
        for (const to of classes < 1000 ? (['parquet', 'arrow'] as const) : []) {
          const { bytes } = await run(text, { ...NULL, lane, to, emit: 'probs' })
          const rows = to === 'parquet' ? await parquetRows(bytes) : arrowRows(bytes)
          expect(rows.map((one) => Object.values(one))).toEqual([row, none, none, row])
        }
      }
    }
  })

  it('also if a row has no label because of its confidence', async () => {
    const input = 'logit_a,logit_b\n0,0\nnan,1\n9,0\n'
    const { text, stats } = await run(input, { ...NULL, minConfidence: 0.9, emit: 'label,index' })
    expect(text).toBe('label,index\n,0\n,\na,0\n')
    expect(stats).toMatchObject({ written: 3, abstained: 2, nan: 1 })
  })

  it('where bad rows are left out as well', async () => {
    const input = 'id,logit_a,logit_b\n1,0,0\n2,nan,1\n3,x,1\n4,0\n5,1,nan\n6,2,2\n'
    for (const lane of LANES) {
      const { text, stats } = await run(input, { ...NULL, lane, onError: 'skip' })
      expect(text).toBe('id,p_a,p_b,label\n1,0.5,0.5,a\n2,,,\n5,,,\n6,0.5,0.5,a\n')
      expect(stats).toMatchObject({ read: 6, written: 4, nan: 2, rejected: { E_CELL: 1, E_WIDTH: 1 } })
    }
  })
})

describe('rows with null results', () => {
  it('are counted as rows of NaN are', async () => {
    for (const lane of LANES) {
      const { stats } = await run(CSV, { ...NULL, lane })
      expect(stats).toMatchObject({ read: 5, written: 5, abstained: 3, nan: 3, rejected: {} })
    }
    const cwd = folder({ 'in.csv': CSV })
    const args = ['in.csv', '--nonfinite', 'null', '-o', 'out.csv', '--stats', 'stats.json']
    expect(command(args, { cwd })).toMatchObject({ status: 0, stderr: 'softmax: 3 of 5 rows written as null\n' })
    expect(JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))).toMatchObject({ written: 5, nan: 3 })
  })

  it('are the same on any number of threads', { timeout: 120_000 }, async () => {
    // More logits than one thread scores; rows without a softmax are in some batches only.
    const count = 70_000
    const isNull = (row: number) => row % 30_000 < 3 || row === count - 1
    const numbers = (of: (row: number) => number) => Array.from({ length: count }, (_, row) => of(row))
    const logit_a = numbers((row) => (isNull(row) ? Number.NaN : 0))
    const logit_b = numbers(() => 0)
    const bytes = parquetOf({ id: numbers((row) => row), logit_a, logit_b })
    const cwd = folder({ 'in.parquet': bytes })
    const outputOf = (to: string, jobs: string) => {
      const args = ['in.parquet', '-q', '--nonfinite', 'null', '--jobs', jobs, '-o', `${jobs}.${to}`]
      expect(command(args, { cwd })).toMatchObject({ status: 0, stderr: '' })
      return readFileSync(join(cwd, `${jobs}.${to}`))
    }
    const lines = numbers((row) => row).map((row) => (isNull(row) ? `${row},,,\n` : `${row},0.5,0.5,a\n`))
    for (const jobs of ['1', '3'])
      expect(outputOf('csv', jobs).equals(Buffer.from(`id,p_a,p_b,label\n${lines.join('')}`))).toBe(true)
    expect(outputOf('parquet', '3').equals(outputOf('parquet', '1'))).toBe(true)
  })

  it('are refused by formats of numbers, which have no null', async () => {
    const reason = (to: string) =>
      `nonfinite: 'null' works only with formats that have null, and ${to} stores only numbers; nonfinite: 'propagate' writes NaN`
    for (const to of ['npy', 'npz', 'safetensors'] as const) {
      const { error } = await run(CSV, { ...NULL, to })
      expect(error).toMatchObject({ code: 'E_CONFLICT', info: { reason: reason(to) } })
      const written = Readable.from([[1, 2]])
        .compose(softmax(NULL as SoftmaxOptions))
        .compose(write(to))
      await expect(written.toArray()).rejects.toMatchObject({ code: 'E_CONFLICT', info: { reason: reason(to) } })
    }
    const { error } = await run(await npy(), NULL)
    expect(error).toMatchObject({ code: 'E_CONFLICT', info: { reason: reason('npy') } })
    expect(thrown(() => softmaxMatrix([1, 2], 1, 2, { nonfinite: 'null' }))).toMatchObject({
      code: 'E_CONFLICT',
      message:
        "nonfinite: 'null' works only with rows, and typed arrays have no null; nonfinite: 'propagate' gives NaN [E_CONFLICT]",
    })
  })

  it('cannot be evaluated', async () => {
    const reason =
      "rows with NaN cannot be evaluated; replace nonfinite: 'null' with onError: 'skip', which leaves them out and counts them"
    const rejection = expect(evaluate([Readable.from([CSV])], { truth: 'id', nonfinite: 'null' })).rejects
    await rejection.toMatchObject({ code: 'E_CONFLICT', info: { reason } })
    const args = ['--truth', 'y', '--metrics', 'm.json', '--nonfinite', 'null']
    const { status, stderr } = command(args, { stdin: 'logit_a,logit_b,y\n1,2,a\n', cwd: folder() })
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('--nonfinite null') })
  })
})

/** An .npy of two rows. */
async function npy(): Promise<Buffer> {
  return (await run('logit_a,logit_b\n1,2\n3,4\n', { to: 'npy' })).bytes
}

describe('predictions with null results', () => {
  it('have null in every property of emit', async () => {
    for (const row of [
      [Number.NaN, 1],
      [Number.POSITIVE_INFINITY, 1],
      ['-inf', '-inf'],
    ]) {
      const { predictions } = await predict([row], { nonfinite: 'null' })
      expect(predictions).toEqual([{ probabilities: null, index: null, label: null }])
    }
    const rows = [
      { id: 1, logits: [Number.NaN, 1] },
      { id: 2, logits: [2, 1] },
    ]
    const emit = 'probs,label,confidence'
    const top = await Readable.from(rows)
      .compose(logSoftmax({ nonfinite: 'null', topK: 1, emit }))
      .toArray()
    const [first, second] = top
    expect(first).toEqual({ id: 1, top: null, label: null, confidence: null })
    expect(second).toMatchObject({ id: 2, top: [{ label: '0', index: 0 }], label: '0' })
    const stream = softmax({ nonfinite: 'null' })
    await Readable.from(rows).compose(stream).toArray()
    expect(stream.stats).toMatchObject({ read: 2, written: 2, abstained: 1, nan: 1 })
  })

  const rows = [
    { id: 1, logit_a: Number.NaN, logit_b: 1 },
    { id: 2, logit_a: 2, logit_b: 1 },
  ]

  it('are written as score writes them, also as the first row', async () => {
    const written = async (to: 'csv' | 'ndjson' | 'copy' | 'parquet' | 'arrow', options: SoftmaxOptions = {}) => {
      const predictions = Readable.from(rows).compose(softmax({ nonfinite: 'null', ...options }))
      return Buffer.concat(await predictions.compose(write(to)).toArray())
    }
    expect(String(await written('csv'))).toBe(`id,p_a,p_b,label\n1,,,\n2,${P21},a\n`)
    expect(String(await written('copy'))).toBe(`1\t\\N\t\\N\t\\N\n2\t${P21.replace(',', '\t')}\ta\n`)
    expect(String(await written('csv', { topK: 1 }))).toBe(`id,label_1,p_1,label\n1,,,\n2,a,${P21.split(',')[0]},a\n`)
    expect(String(await written('ndjson'))).toBe(
      `{"id":1,"p_a":null,"p_b":null,"label":null}\n{"id":2,"p_a":${P21.replace(',', ',"p_b":')},"label":"a"}\n`,
    )
    const [p_a, p_b] = P21.split(',').map(Number)
    const table = [
      { id: 1, p_a: null, p_b: null, label: null },
      { id: 2, p_a, p_b, label: 'a' },
    ]
    expect(await parquetRows(await written('parquet'))).toEqual(table)
    expect(arrowRows(await written('arrow'))).toEqual(table)
    const lists = Readable.from([
      [Number.NaN, 1],
      [1, 1],
    ]).compose(softmax({ nonfinite: 'null', emit: 'probs' }))
    const bytes = Buffer.concat(await lists.compose(write('arrow')).toArray())
    expect(arrowRows(bytes)).toEqual([{ probs: null }, { probs: [0.5, 0.5] }])
  })

  it('are written as copies, too, which show their classes if one of the first has results', async () => {
    const copies = (all: unknown[]) =>
      Readable.from(all)
        .compose(softmax({ nonfinite: 'null' }))
        .map((prediction) => ({ ...(prediction as object), region: 'eu' }))
    const output = await copies(rows).compose(write('arrow')).toArray()
    const [p_a, p_b] = P21.split(',').map(Number)
    expect(arrowRows(Buffer.concat(output))).toEqual([
      { id: 1, region: 'eu', p_a: null, p_b: null, label: null },
      { id: 2, region: 'eu', p_a, p_b, label: 'a' },
    ])
    await expect(copies(rows.slice(0, 1)).compose(write('csv')).toArray()).rejects.toMatchObject({
      code: 'E_RECORD',
      message:
        'row 1: it is a copy of a prediction whose results are null, which does not show the classes; write the prediction itself [E_RECORD]',
    })
  })
})
