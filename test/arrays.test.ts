import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { parse } from 'csv-parse/sync'
import { parquetReadObjects } from 'hyparquet'
import {
  type Reject,
  read,
  type ScoreOptions,
  scoreFiles,
  sigmoid,
  softmax,
  softmaxMatrix,
  write,
} from 'softmax-stream'
import { describe, expect, it, vi } from 'vitest'
import yauzl from 'yauzl'
import { ZipFrame } from '../dist/formats/npz/zip-frame.js'
import { type Numbers, npyFile, npyOf, npzOf, safetensorsOf } from './npy.js'
import { P21, run } from './streams.js'
import { calibrationOf, command, folder, ROOT } from './support.js'

vi.setConfig({ testTimeout: 60_000 })

/** A small file, and what numpy and scipy read from it: see `fixtures/arrays.py`. */
interface Case {
  name: string
  bytes: string
  options: ScoreOptions
  /** The error code, for a file that is refused. */
  code?: string
  shape: number[]
  /** The logits of each row, and its position along the other axes: null if the array has at most two. */
  rows: (number | string)[][]
  index: number[][] | null
  /** The array of probabilities. */
  probs: number[]
}

function casesOf(name: string): Case[] {
  const lines = readFileSync(join(ROOT, 'fixtures', name), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Case)
}

/** The expected result of a case: softmax of each row. */
function expected({ rows }: Case): number[][] {
  const logits = rows.map((row) => row.map(Number))
  const classes = logits[0]?.length ?? 0
  const { values } = softmaxMatrix(logits.flat(), logits.length, classes)
  return logits.map((_, row) => Array.from(values.subarray(row * classes, (row + 1) * classes)))
}

/** The rows of an array along an axis. */
function rowsAlong({ shape, values }: Numbers, axis = -1): number[][] {
  const at = axis < 0 ? shape.length + axis : axis
  const inner = shape.slice(at + 1).reduce((all, one) => all * one, 1)
  const size = shape[at]!
  const rows = values.length / Math.max(1, size)
  const first = (row: number) => Math.floor(row / inner) * inner * size + (row % inner)
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: size }, (_, index) => values[first(row) + index * inner]!),
  )
}

const close = (found: number, value: number) => Math.abs(found - value) <= 1e-13 * Math.abs(value)

/** Builds a .npz file of doubles, one or several per row. */
function npzWith(arrays: Record<string, (number | number[])[]>): Buffer {
  const zip = new ZipFrame()
  const entries = Object.entries(arrays).flatMap(([name, rows]) => {
    const numbers = rows.flat()
    const shape = numbers.length === rows.length ? [rows.length] : [rows.length, numbers.length / rows.length]
    const file = npyFile('<f8', false, shape, new Uint8Array(new Float64Array(numbers).buffer))
    const lead = zip.before(`${name}.npy`, file.length)
    zip.see(file)
    return [lead, file, zip.after()]
  })
  return Buffer.concat([...entries, zip.end()])
}

/** The names of the columns or arrays of an output, in order. */
async function namesIn(bytes: Buffer, format: 'csv' | 'ndjson' | 'parquet' | 'npz'): Promise<string[]> {
  if (format === 'csv') return bytes.toString().split('\n')[0]!.split(',')
  if (format === 'ndjson') return Object.keys(JSON.parse(bytes.toString().split('\n')[0]!))
  if (format === 'npz') return Object.keys(await npzOf(bytes))
  const { buffer, byteOffset, byteLength } = bytes
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
  return Object.keys((await parquetReadObjects({ file }))[0]!)
}

/** A name for the only class of an array with one, whose softmax must be asked for. */
const oneClass = ({ rows }: Case): ScoreOptions => (rows[0]?.length === 1 ? { labels: '0' } : {})

async function scored(path: string, options: ScoreOptions) {
  const pieces: Buffer[] = []
  for await (const piece of scoreFiles([path], options)) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe.each([
  ['npy', 'arrays-npy.ndjson'],
  ['npz', 'arrays-npz.ndjson'],
  ['safetensors', 'arrays-safetensors.ndjson'],
] as const)('.%s', (format, fixture) => {
  const all = casesOf(fixture)
  const good = all.filter(({ code }) => !code).map((one) => [one.name, one] as const)
  const bad = all.filter(({ code }) => code).map((one) => [one.name, one] as const)

  it.each(good)('of %s comes out in its shape', async (_, one) => {
    const file = Buffer.from(one.bytes, 'base64')
    const options = { ...oneClass(one), ...one.options, to: 'npy', emit: 'probs' } as const
    const whole = await run(file, options)
    expect(whole.error).toBeUndefined()
    const found = npyOf(whole.bytes)
    expect(found.shape).toEqual(one.shape)
    expect(rowsAlong(found, one.options.axis)).toEqual(expected(one))
    expect(found.values.filter((value, at) => !close(value, one.probs[at]!))).toEqual([])
    for (const size of [1, 7, 100]) expect((await run(file, options, size)).bytes.equals(whole.bytes)).toBe(true)
    const path = join(folder({ [`in.${format}`]: file }), `in.${format}`)
    expect((await scored(path, options)).equals(whole.bytes)).toBe(true)
    expect((await scored(path, { ...options, lane: 'general', jobs: 1 })).equals(whole.bytes)).toBe(true)
  })

  it.each(good)('of %s is rows of text, with the position along each other axis', async (_, one) => {
    const { text, error, warnings } = await run(Buffer.from(one.bytes, 'base64'), {
      ...oneClass(one),
      ...one.options,
      to: 'csv',
    })
    expect(error).toBeUndefined()
    expect(warnings.filter((warning) => !/one dimension|only class|can be joined/.test(warning))).toEqual([])
    const [header, ...rows] = parse(text) as string[][]
    const width = one.index ? one.shape.length - 1 : 0
    // An array beside the logits.
    const mask = header!.indexOf('mask')
    if (mask >= 0) for (const row of [header!, ...rows]) row.splice(mask, 1)
    expect(header!.slice(0, width)).toEqual(Array.from({ length: width }, (_, axis) => `i${axis}`))
    expect(rows.map((row) => row.slice(0, width).map(Number))).toEqual(one.index ?? one.rows.map(() => []))
    expect(rows.map((row) => row.slice(width, -1).map(Number))).toEqual(expected(one))
  })

  it.each(good)('of %s is a stream of objects', async (_, one) => {
    const { axis, tensor } = one.options
    const path = join(folder({ in: Buffer.from(one.bytes, 'base64') }), 'in')
    const found: unknown[] = []
    for await (const { mask: _, ...row } of createReadStream(path).pipe(read(format, { axis, tensor }))) {
      found.push(row)
    }
    const positions = (row: number) => Object.fromEntries((one.index?.[row] ?? []).map((at, axis) => [`i${axis}`, at]))
    expect(found).toEqual(one.rows.map((row, index) => ({ ...positions(index), logits: row.map(Number) })))
  })

  it.each(bad)('of %s is refused, in a stream and in a file', async (_, { bytes, options, code }) => {
    const file = Buffer.from(bytes, 'base64')
    for (const to of ['npy', 'csv'] as const) {
      expect((await run(file, { ...options, to, from: format })).error?.code).toBe(code)
      expect((await run(file, { ...options, to, from: format }, 5)).error?.code).toBe(code)
    }
    const path = join(folder({ in: file }), 'in')
    await expect(scored(path, { ...options, to: 'csv', from: format })).rejects.toMatchObject({ code })
  })
})

describe('names of classes', () => {
  it('of which there are as many as another axis is long propose that one', async () => {
    const array = npyFile('<f8', false, [2, 3], new Uint8Array(48))
    const { error } = await run(array, { labels: 'no,yes' })
    const message = expect.stringContaining(
      'labels: 2 names for 3 classes; axis: 0 reads them from the axis that has 2',
    )
    expect(error).toMatchObject({ code: 'E_LABELS', message })
    expect((await run(array, { labels: 'no,yes', axis: 0, to: 'csv', emit: 'label' })).text).toBe('label\nno\nno\nno\n')
  })

  it('name columns of Parquet and Arrow, as of text; without names there is a list', async () => {
    const array = npyFile('<f8', false, [1, 2], new Uint8Array(16))
    const named = { p_no: 0.5, p_yes: 0.5, label: 'no' }
    const unnamed = { probs: [0.5, 0.5], label: '0' }
    for (const [options, row] of [
      [{ labels: 'no,yes' }, named],
      [{}, unnamed],
    ] as const) {
      const { buffer: file, byteOffset, length } = (await run(array, { ...options, to: 'parquet' })).bytes
      expect(await parquetReadObjects({ file: file.slice(byteOffset, byteOffset + length) as ArrayBuffer })).toEqual([
        row,
      ])
      const table = tableFromIPC((await run(array, { ...options, to: 'arrow' })).bytes)
      expect(table.schema.fields.map(({ name }) => name)).toEqual(Object.keys(row))
    }
  })
})

describe('an array of three axes', () => {
  const { bytes } = casesOf('arrays-npy.ndjson').find(({ name }) => name === '<f8 C, axis None')!
  const cube = Buffer.from(bytes, 'base64')

  it('has its positions as int64 in formats with types', async () => {
    const parquet = await run(cube, { to: 'parquet' })
    const { buffer, byteOffset, length } = parquet.bytes
    const rows = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer })
    expect(rows.map(({ i0, i1 }) => [i0, i1])).toEqual([0n, 1n].flatMap((i0) => [0n, 1n, 2n].map((i1) => [i0, i1])))
    const arrow = await run(cube, { to: 'arrow', emit: 'probs' })
    expect((await run(arrow.bytes, { to: 'csv', logits: 'probs', emit: 'index' })).text).toMatch(
      /^i0,i1,index\n0,0,1\n/,
    )
  })

  it('comes out without them where nothing is kept', async () => {
    const { text } = await run(cube, { to: 'csv', keep: false, emit: 'label' })
    expect(text.split('\n')[0]).toBe('label')
    const npy = await run(cube, { to: 'npy', keep: false, emit: 'probs' })
    expect(npyOf(npy.bytes).shape).toEqual([2, 3, 4])
    expect(npy.warnings).toEqual([])
  })

  it('has as many numbers along the classes as are asked for', async () => {
    for (const [axis, shape] of [
      [-1, [2, 3, 2]],
      [1, [2, 2, 4]],
      [0, [2, 3, 4]],
    ] as const) {
      const { bytes, error } = await run(cube, { to: 'npy', axis, emit: 'index,confidence' })
      expect(error).toBeUndefined()
      const found = npyOf(bytes)
      expect(found.shape).toEqual(shape)
      const text = (await run(cube, { to: 'csv', axis, emit: 'index,confidence', keep: false })).text
      const rows = (parse(text) as string[][]).slice(1).map((row) => row.map(Number))
      expect(rowsAlong(found, axis)).toEqual(rows)
    }
  })

  it.each([
    ['npy', async (bytes: Buffer) => npyOf(bytes)],
    ['npz', async (bytes: Buffer) => (await npzOf(bytes)).probs!],
    ['safetensors', async (bytes: Buffer) => safetensorsOf(bytes).probs!],
  ] as const)('keeps its shape in %s where bad rows are skipped, if there are none', async (to, arrayOf) => {
    const emit = to === 'npy' ? 'probs' : 'probs,index,confidence'
    const { bytes, warnings } = await run(cube, { to, emit, onError: 'skip' })
    expect(warnings).toEqual([])
    expect(bytes).toEqual((await run(cube, { to, emit })).bytes)
    expect((await arrayOf(bytes)).shape).toEqual([2, 3, 4])
    const bad = Buffer.from(cube)
    bad.writeDoubleLE(Number.NaN, bad.length - 8)
    const skipped = await run(bad, { to, emit, onError: 'skip' })
    expect(skipped.warnings).toEqual([
      "the output is flattened to rows x classes, without the input's shape, as 1 row is rejected",
    ])
    expect((await arrayOf(skipped.bytes)).shape).toEqual([5, 4])
    expect((await arrayOf(skipped.bytes)).values).toEqual((await arrayOf(bytes)).values.slice(0, 20))
  })

  it('is rows x classes where rows are in another order and may be left out, or of several files, with a warning', async () => {
    const skipped = await run(cube, { to: 'npy', axis: 1, onError: 'skip' })
    expect(npyOf(skipped.bytes).shape).toEqual([8, 3])
    expect(skipped.warnings).toEqual([expect.stringMatching(/flattened.*only if the classes are along the last axis$/)])
    const cwd = folder({ 'a.npy': cube, 'b.npy': cube })
    const { status, stderr } = command(['a.npy', 'b.npy', '-e', 'probs', '-o', 'out.npy'], { cwd })
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/a.npy: the output is flattened to rows x classes; .* only for a single input\n$/),
    })
    expect(npyOf(readFileSync(join(cwd, 'out.npy'))).shape).toEqual([12, 4])
  })

  it('has no shape where the first rows are asked for alone', async () => {
    expect(npyOf((await run(cube, { to: 'npy', head: 4 })).bytes).shape).toEqual([4, 4])
    expect(npyOf((await run(cube, { to: 'npy', head: 6 })).bytes).shape).toEqual([2, 3, 4])
  })

  it('has its bad rows by their number, in any order', async () => {
    const bad = Buffer.from(cube)
    bad.writeDoubleLE(Number.NaN, bad.length - 8)
    for (const [axis, row] of [
      [undefined, 6],
      [0, 12],
      [1, 8],
    ] as const) {
      const { error } = await run(bad, { to: 'csv', ...(axis !== undefined && { axis }) })
      expect(error).toMatchObject({ code: 'E_NONFINITE', info: { row } })
    }
  })

  it('has no logits along its positions', async () => {
    expect((await run(cube, { to: 'csv', logits: 'logits' })).error).toBeUndefined()
    for (const logits of ['i0', 'i0,i1', '2', '/./']) {
      expect((await run(cube, { to: 'csv', logits })).error).toMatchObject({ code: 'E_SELECTOR' })
    }
  })

  it('of one class or one row is read along any axis', async () => {
    const numbers = new Float64Array([2, 1])
    const pair = npyFile('<f8', false, [1, 2, 1], new Uint8Array(numbers.buffer))
    expect((await run(pair, { to: 'csv', axis: 1 })).text).toBe(`i0,i1,p_0,p_1,label\n0,0,${P21},0\n`)
    expect((await run(pair, { to: 'csv', axis: 2, labels: '0' })).text).toBe('i0,i1,p_0,label\n0,0,1,0\n0,1,1,0\n')
  })
})

describe.each([
  ['npz', npzOf],
  ['safetensors', safetensorsOf],
] as const)('%s that is written', (to, arraysOf) => {
  const { bytes, rows, probs } = casesOf('arrays-npy.ndjson').find(({ name }) => name === '<f8 C, axis None')!
  const cube = Buffer.from(bytes, 'base64')
  const cells = async (emit: ScoreOptions['emit'], axis: number) => {
    const { text } = await run(cube, { to: 'csv', axis, emit, keep: false })
    return (parse(text) as string[][]).slice(1).map((row) => row.map(Number))
  }

  it.each([-1, 0, 1])('has an array for each output column, in the shape of the input: axis %i', async (axis) => {
    const { bytes, error, warnings } = await run(cube, { to, axis, emit: 'index,probs,confidence' })
    expect({ error, warnings }).toEqual({ error: undefined, warnings: [] })
    const found = await arraysOf(bytes)
    const outer = [2, 3, 4].toSpliced(axis, 1)
    expect(Object.entries(found).map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['index', 'I8', outer],
      ['probs', 'F8', [2, 3, 4]],
      ['confidence', 'F8', outer],
    ])
    expect(rowsAlong(found.probs!, axis)).toEqual(await cells('probs', axis))
    for (const name of ['index', 'confidence'] as const) {
      expect(found[name]!.values).toEqual((await cells(name, axis)).flat())
    }
  })

  it('has the positions and the probabilities of the most probable classes, with topK', async () => {
    const { bytes, error, warnings } = await run(cube, { to, topK: 2 })
    expect({ error, warnings }).toEqual({ error: undefined, warnings: [] })
    const { top_index: index, top_probs: best, ...others } = await arraysOf(bytes)
    expect([index!.dtype, index!.shape, best!.dtype, best!.shape]).toEqual(['I8', [2, 3, 2], 'F8', [2, 3, 2]])
    expect(Object.keys(others)).toEqual(['index'])
    // The probabilities are those of scipy; the first of equal logits is the first class.
    const places = rows.map((row) =>
      [...row.keys()].sort((a, b) => Number(row[b]) - Number(row[a]) || a - b).slice(0, 2),
    )
    expect(index!.values).toEqual(places.flat())
    const values = places.flatMap((row, nth) => row.map((at) => probs[nth * rows[0]!.length + at]!))
    expect(best!.values.every((value, at) => close(value, values[at]!))).toBe(true)
  })

  it.each([0, 1])('has them along the axis %i, where rows are in no order of numbers', async (axis) => {
    const found = await arraysOf((await run(cube, { to, axis, topK: 2, emit: 'probs=best', op: 'log-softmax' })).bytes)
    const { text } = await run(cube, { to: 'csv', axis, topK: 2, emit: 'probs', op: 'log-softmax', keep: false })
    const expected = (parse(text) as string[][]).slice(1).map((row) => row.map(Number))
    expect(found.best!.shape).toEqual([2, 3, 4].with(axis, 2))
    expect(rowsAlong(found.top_index!, axis)).toEqual(expected.map(([a, , b]) => [a, b]))
    expect(rowsAlong(found.best!, axis)).toEqual(expected.map(([, a, , b]) => [a, b]))
  })

  it('has them from text, from columns and from objects, on any number of threads', async () => {
    const csv = 'top_1,logit_a,logit_b,logit_c\nx,1,3,3\ny,5,1,2\n'
    const all = await arraysOf((await run(csv, { to, topK: 2, emit: 'probs', precision: 1, keep: false })).bytes)
    // From scipy.special.softmax.
    expect(all).toEqual({
      top_index: { dtype: 'I8', shape: [2, 2], values: [1, 2, 0, 2] },
      top_probs: { dtype: 'F8', shape: [2, 2], values: [0.5, 0.5, 0.9, 0.05] },
    })
    const objects = Readable.from([
      [1, 3, 3],
      [5, 1, 2],
    ])
    const written = objects.compose(softmax({ topK: 2, emit: 'probs' })).compose(write(to, { precision: 1 }))
    expect(await arraysOf(await buffer(written))).toEqual(all)
    const options = { to, topK: 3, emit: 'probs', keep: false } as const
    const [text, ...others] = await Promise.all(
      ['digits-logits.csv', 'digits.parquet', 'digits.npy'].map((name) =>
        scored(join(ROOT, 'fixtures', name), { ...options, jobs: 2 }),
      ),
    )
    for (const other of others) expect(other.equals(text!)).toBe(true)
  })

  it('is rows x classes of text, or where rows are left out', async () => {
    const csv = 'id,logit_a,logit_b\n1,2,1\n2,x,1\n3,2,1\n'
    const { bytes, warnings } = await run(csv, { to, onError: 'skip', emit: 'probs=p,entropy=nats,index' })
    expect(warnings).toEqual([`${to} stores only arrays of numbers without nulls; "id" is left out`])
    const found = await arraysOf(bytes)
    expect(found.p).toEqual({ dtype: 'F8', shape: [2, 2], values: `${P21},${P21}`.split(',').map(Number) })
    expect(found.nats!.shape).toEqual([2])
    expect(found.index).toEqual({ dtype: 'I8', shape: [2], values: [0, 0] })
  })

  it('says that it holds no names of classes, where labels gives some', async () => {
    const csv = 'y,logit_a,logit_b\n1,2,1\n'
    const warningsOf = async (options: ScoreOptions) =>
      (await run(csv, { to, keep: false, labels: 'no,yes', ...options })).warnings
    const warning = `labels has no effect: ${to} stores only numbers, not class names`
    expect(await warningsOf({})).toEqual([warning])
    expect(await warningsOf({ to: 'npy' })).toEqual([warning.replace(to, 'npy')])
    expect(await warningsOf({ truth: 'y', emit: 'loss' })).toEqual([])
    const stream = write(to, { labels: 'no,yes' })
    const warnings: string[] = []
    stream.on('warning', (text: string) => warnings.push(text))
    await buffer(
      Readable.from([[2, 1]])
        .compose(softmax())
        .compose(stream),
    )
    expect(warnings).toEqual([warning])
  })

  it('has float32, logarithms and no rows where that is asked for', async () => {
    const found = await arraysOf((await run(cube, { to, float32: true, emit: 'probs,margin' })).bytes)
    expect([found.probs!.dtype, found.margin!.dtype]).toEqual(['F4', 'F4'])
    expect(found.probs!.values).toEqual((await cells('probs', -1)).flat().map(Math.fround))
    const log = await arraysOf((await run(cube, { to, op: 'log-softmax' })).bytes)
    expect(log.logprobs!.shape).toEqual([2, 3, 4])
    const none = await arraysOf((await run('logit_a,logit_b\n', { to })).bytes)
    expect(none.probs!.shape).toEqual([0, 2])
  })

  it('is what the command and other APIs write, and is read again', async () => {
    const cwd = folder({ 'in.npy': cube })
    const { status, stderr } = command(['in.npy', '-e', 'probs,index', '-o', `out.${to}`], { cwd })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const file = readFileSync(join(cwd, `out.${to}`))
    expect(file.equals((await run(cube, { to, emit: 'probs,index' })).bytes)).toBe(true)
    expect(file.equals(await scored(join(cwd, 'in.npy'), { to, emit: 'probs,index', jobs: 2 }))).toBe(true)
    const again = await run(file, { tensor: 'probs', to: 'csv', emit: 'index', keep: false })
    expect(again.text).toBe((await run(cube, { to: 'csv', emit: 'index', keep: false })).text)
    const dry = (emit: string) => command(['in.npy', '--sigmoid', '-e', emit, '-o', `out.${to}`, '--dry-run'], { cwd })
    for (const emit of ['index,probs', 'labels,probs']) {
      expect(dry(emit)).toMatchObject({ status: 0, stderr: '' })
      expect(dry(emit).stdout).toMatch(/rows:\n(\[[\d.,e-]+\]\n){3}$/)
    }
    expect(dry('labels').stdout).toMatch(new RegExp(`rows: +not shown: ${to} contains only booleans\n$`))
  })

  it('has the position of the class by default, and keeps true classes that are numbers', async () => {
    const input = npzWith({
      logits: [
        [2, 1],
        [1, 2],
        [3, 1],
      ],
      y: [0, 0, 1],
      w: [7, 8, 9, 10],
    })
    const { bytes, warnings } = await run(input, { to, tensor: 'logits', truth: 'y' })
    expect(warnings).toEqual([
      '"w" is not copied to the output; rows keep their order, so it can be joined by position (keep: \'y\' hides this warning)',
    ])
    const { y, probs, index, ...others } = await arraysOf(bytes)
    expect(y).toEqual({ dtype: 'F8', shape: [3], values: [0, 0, 1] })
    expect([probs!.shape, index!.values, others]).toEqual([[3, 2], [0, 1, 0], {}])
    const skipping = await run(input, { to, tensor: 'logits', truth: 'y', onError: 'skip' })
    expect(skipping.warnings).toEqual([
      '"w" is not copied to the output; bad rows are skipped, so delete the same rows from it before joining by position: the "row" of each reject, from 1 (keep: \'y\' hides this warning)',
    ])
    const keeping = async (keep: ScoreOptions['keep']) => {
      const quiet = await run(input, { to, tensor: 'logits', truth: 'y', keep })
      return [quiet.warnings, Object.keys(await arraysOf(quiet.bytes))]
    }
    expect(await keeping(false)).toEqual([[], ['probs', 'index']])
    expect(await keeping('y')).toEqual([[], ['y', 'probs', 'index']])
  })

  it('has the loss, the rank and whether the label is right of each row', async () => {
    const csv = 'y,logit_a,logit_b\na,2,1\nb,2,1\n'
    const { bytes, error } = await run(csv, { to, truth: 'y', keep: false, emit: 'correct,loss,rank' })
    expect(error).toBeUndefined()
    // log(1 + exp(-1)) and log(1 + e)
    expect(await arraysOf(bytes)).toEqual({
      correct: { dtype: 'F8', shape: [2], values: [1, 0] },
      loss: { dtype: 'F8', shape: [2], values: [0.3132616875182228, 1.3132616875182228] },
      rank: { dtype: 'I8', shape: [2], values: [1, 2] },
    })
  })

  it('has NaN for the loss of a row without a true class and for whether its label is right, and 0 for its rank', async () => {
    const csv = 'y,logit_a,logit_b\na,2,1\n,2,1\nb,2,1\n'
    const options = { to, truth: 'y', keep: false } as const
    const found = await arraysOf((await run(csv, { ...options, emit: 'loss,correct,rank' })).bytes)
    expect(found).toEqual({
      loss: { dtype: 'F8', shape: [3], values: [0.3132616875182228, Number.NaN, 1.3132616875182228] },
      correct: { dtype: 'F8', shape: [3], values: [1, Number.NaN, 0] },
      rank: { dtype: 'I8', shape: [3], values: [1, 0, 2] },
    })
    const small = await arraysOf((await run(csv, { ...options, emit: 'correct', float32: true })).bytes)
    expect(small.correct).toEqual({ ...found.correct, dtype: 'F4' })
    expect(npyOf((await run(csv, { ...options, to: 'npy', emit: 'rank' })).bytes)).toEqual(found.rank)
    expect(npyOf((await run(csv, { ...options, to: 'npy', emit: 'correct' })).bytes)).toEqual(found.correct)
  })

  it('has NaN for whether the labels of a row are right, if its true classes are not known or it has no label', async () => {
    const csv = 'y,logit_a,logit_b\na,2,-1\n,2,1\n[],2,1\n'
    const options = { to, truth: 'y', keep: false, emit: 'correct' } as const
    const several = await arraysOf((await run(csv, { ...options, op: 'sigmoid' })).bytes)
    expect(several.correct!.values).toEqual([1, Number.NaN, 0])
    const unsure = 'y,logit_a,logit_b\na,2,-1\na,2,1\nb,9,1\n'
    const one = await arraysOf((await run(unsure, { ...options, minConfidence: 0.9 })).bytes)
    expect(one.correct!.values).toEqual([1, Number.NaN, 0])
  })

  it.each([-1, 0, 1])('has a boolean for each class in the shape of the input for labels: axis %i', async (axis) => {
    const { bytes, error, warnings } = await run(cube, { to, axis, op: 'sigmoid', emit: 'labels' })
    expect({ error, warnings }).toEqual({ error: undefined, warnings: [] })
    // A probability is at least 0.5 if its logit is at least 0.
    const logits = npyOf(cube).values
    const labels = { dtype: 'BOOL', shape: [2, 3, 4], values: logits.map((logit) => Number(logit >= 0)) }
    expect(await arraysOf(bytes)).toEqual({ labels })
  })

  it('has the labels and prediction sets of text, columns and objects', async () => {
    const csv = 'logit_a,logit_b,logit_c\n1,-1,0\n-3,-2,-1\n-1,5,5\n'
    const labels = { dtype: 'BOOL', shape: [3, 3], values: [1, 0, 1, 0, 0, 0, 0, 1, 1] }
    const options = { op: 'sigmoid', emit: 'labels' } as const
    const objects = async (first: NodeJS.ReadableStream) => arraysOf(await buffer(first))
    for (const lane of ['fast', 'general'] as const) {
      expect(await arraysOf((await run(csv, { to, lane, ...options })).bytes)).toEqual({ labels })
    }
    const rows = Readable.from([csv]).compose(read('csv'))
    expect(
      await objects(rows.compose(sigmoid({ emit: 'probs,labels' })).compose(write(to, { emit: 'labels' }))),
    ).toEqual({
      labels,
    })
    const columns = tableFromArrays({ logit_a: [1, -3, -1], logit_b: [-1, -2, 5], logit_c: [0, -1, 5] })
    const arrow = Buffer.from(tableToIPC(columns, 'file'))
    expect(await arraysOf((await run(arrow, { to, ...options })).bytes)).toEqual({ labels })
    const calibration = calibrationOf({ classes: ['a', 'b', 'c'], coverage: 0.9, quantile: 0.7 })
    const sets = await arraysOf((await run(csv, { to, calibration, emit: 'set=in_set,set_size' })).bytes)
    // The classes with a probability of at least 0.3: of (0.67, 0.09, 0.24), (0.09, 0.24, 0.67) and (0.001, 0.5, 0.5).
    expect(sets.in_set).toEqual({ dtype: 'BOOL', shape: [3, 3], values: [1, 0, 0, 0, 0, 1, 0, 1, 1] })
    expect(sets.set_size!.values).toEqual([1, 1, 2])
  })

  it('has no place for a label of an object that is not a class', async () => {
    const row = { probabilities: [0.7, 0.2], labels: ['cat'] }
    const written = async (options: object) =>
      arraysOf(await buffer(Readable.from([row]).compose(write(to, { emit: 'labels', ...options }))))
    expect((await written({ labels: 'cat,dog' })).labels!.values).toEqual([1, 0])
    await expect(written({})).rejects.toMatchObject({
      code: 'E_RECORD',
      message: expect.stringContaining('"cat" in "labels" is not one of the classes "0", "1"; labels names them'),
    })
  })

  it('refuses what is no number', async () => {
    expect((await run(cube, { to, emit: 'label' })).error).toMatchObject({ code: 'E_CONFLICT' })
  })
})

describe('a bad logit of an array', () => {
  it('is a 64-bit integer above 2^53 - 1 in magnitude, which is shown with all digits', async () => {
    const message = async (...values: bigint[]) => {
      const data = new Uint8Array(BigInt64Array.from(values).buffer)
      return (await run(npyFile('<i8', false, [1, 2], data), { to: 'csv' })).error?.message
    }
    expect(await message(1n - 2n ** 53n, 2n ** 53n - 1n)).toBeUndefined()
    expect(await message(0n, 2n ** 53n)).toContain('the integer 9007199254740992, ')
    expect(await message(-(2n ** 60n), 0n)).toContain('the integer -1152921504606846976, rounded to a double, has a')
  })

  const cube = new Float64Array(3 * 4 * 5).map((_, at) => at % 7)
  cube[(2 * 4 + 1) * 5 + 3] = Number.NaN
  cube.fill(Number.NEGATIVE_INFINITY, (1 * 4 + 1) * 5, (1 * 4 + 1) * 5 + 5)
  const file = npyFile('<f8', false, [3, 4, 5], new Uint8Array(cube.buffer))

  it.each([
    [-1, 'class 3 (row 10, numpy index [2, 1, 3])'],
    [1, 'class 1 (row 14, numpy index [2, 1, 3])'],
    [0, 'class 2 (row 9, numpy index [2, 1, 3])'],
  ])('is named as numpy indexes it: axis %i', async (axis, place) => {
    for (const to of ['csv', 'parquet', 'npz'] as const) {
      const messages: string[] = []
      const onReject = ({ message }: Reject) => messages.push(message)
      await run(file, { to, axis, onReject })
      expect(messages.find((message) => message.includes('is NaN'))).toMatch(place)
    }
  })

  it('is all of its row where no softmax is of that', async () => {
    const { error } = await run(file, { to: 'csv' })
    expect(error?.message).toMatch('row 6, numpy index [1, 1, :]: all logits are -inf')
    expect(error?.info).toMatchObject({ row: 6, index: '[1, 1, :]' })
  })

  it('is one of the only axis there is, where a row has one', async () => {
    const flat = npyFile('<f8', false, [2], new Uint8Array(Float64Array.of(1, Number.NaN).buffer))
    const { error } = await run(flat, { to: 'csv', binary: 'no,yes' })
    expect(error?.message).toMatch('class 0 (row 2, numpy index [1])')
  })

  it('has the name of its class, if there are names', async () => {
    const rejects: Reject[] = []
    const onReject = (reject: Reject) => rejects.push(reject)
    const options = { to: 'csv', labels: 'ant,bee,cat,dog,elk', onReject } as const
    await run(file, options)
    expect(rejects[1]).toMatchObject({ column: 'dog', message: expect.stringMatching(/^class dog \(row 10, numpy/) })
    const lines = '{"logits":[1,2]}\n{"logits":[1,"x"]}\n{"logits":[NaN,1]}\n'
    const { error } = await run(lines, { from: 'ndjson', labels: 'cat,dog' })
    expect(error?.message).toMatch(/class dog \(row 2, byte \d+\): "x"/)
    const skipped = await run(lines, { from: 'ndjson', labels: 'cat,dog', maxErrors: 1 })
    expect(skipped.error?.message).toMatch(/class cat \(row 3, byte \d+\): more than 1 bad row/)
  })

  it('of a matrix has its class', () => {
    expect(() => softmaxMatrix([1, 2, 3, Number.NaN], 2, 2)).toThrow('class 1 (row 2): a logit is NaN')
    expect(() => softmaxMatrix([1, -Infinity, -Infinity, -Infinity], 2, 2)).toThrow(/^row 2: all logits/)
  })
})

describe('an array too large to be turned in memory', () => {
  /** Where the numbers of the rows along an axis are in an array. */
  const positionsOf = (shape: number[], fortran: boolean, axis: number) => {
    const strides = shape.map((_, index) =>
      (fortran ? shape.slice(0, index) : shape.slice(index + 1)).reduce((all, one) => all * one, 1),
    )
    const others = [...shape.keys()].filter((index) => index !== axis)
    const rows = others.reduce((all, index) => all * shape[index]!, 1)
    const positions = new Uint32Array(rows * shape[axis]!)
    for (let row = 0, to = 0; row < rows; row++) {
      let [rest, start] = [row, 0]
      for (const index of others.toReversed()) {
        start += (rest % shape[index]!) * strides[index]!
        rest = Math.floor(rest / shape[index]!)
      }
      for (let at = 0; at < shape[axis]!; at++) positions[to++] = start + at * strides[axis]!
    }
    return positions
  }

  /** Pseudorandom one-byte numbers, and the same as rows along an axis. */
  const make = (shape: number[], fortran: boolean, axis: number) => {
    const data = new Uint8Array(shape.reduce((all, one) => all * one, 1))
    for (let at = 0; at < data.length; at++) data[at] = (at * 2654435761) >>> 27
    const logits = new Float64Array(data.length)
    positionsOf(shape, fortran, axis).forEach((position, at) => {
      logits[at] = data[position]!
    })
    return { file: npyFile('|u1', fortran, shape, data), logits, rows: data.length / shape[axis]! }
  }

  it.each([
    [[3, 700, 900], false, 0],
    [[2, 1200, 900], false, 1],
    [[40, 300, 200], true, 2],
    [[1500, 1100], false, 0],
    [[1500, 1100], true, 1],
    [[3, 60_000, 7], true, 0],
    [[60_000, 3, 7], true, 2],
    [[2, 60_000, 3, 4], true, 1],
    [[2000, 1200], false, 0],
  ] as const)('of shape %j, in Fortran order: %s, along axis %i', async (sizes, fortran, axis) => {
    const shape = [...sizes]
    const { file, logits, rows } = make(shape, fortran, axis)
    const { values } = softmaxMatrix(logits, rows, shape[axis]!, { float32: true })
    const path = join(folder(), 'in.npy')
    writeFileSync(path, file)
    const options = { axis, to: 'npy', emit: 'probs', float32: true } as const
    const fromFile = await scored(path, options)
    expect(fromFile.toString('latin1', 10, 128)).toContain(`'shape': (${shape.join(', ')})`)
    const found = new Float32Array(new Uint8Array(fromFile.subarray(10 + fromFile.readUInt16LE(8))).buffer)
    expect(found.length).toBe(values.length)
    const positions = positionsOf(shape, false, axis)
    expect(positions.findIndex((position, at) => found[position] !== values[at])).toBe(-1)
    const piped = await run(createReadStream(path), options)
    expect(piped.error).toBeUndefined()
    expect(piped.bytes.equals(fromFile)).toBe(true)
    const cut = await run(file.subarray(0, -1), options)
    expect(cut.error).toMatchObject({ code: 'E_CORRUPT' })
  })
})

it('an archive of .npz has sizes and offsets of 64 bits where they are needed', async () => {
  const zip = new ZipFrame()
  const zeros = Buffer.alloc(1 << 26)
  const large = 2 ** 32 + zeros.length
  // Only the nonzero parts, as the archive would be too large for memory.
  const pieces: { at: number; bytes: Buffer }[] = []
  let end = 0
  const put = (bytes: Buffer) => {
    pieces.push({ at: end, bytes })
    end += bytes.length
  }
  for (const [name, size] of [
    ['large', large],
    ['small', zeros.length],
  ] as const) {
    put(zip.before(name, size))
    for (let at = 0; at < size; at += zeros.length) zip.see(zeros)
    end += size
    put(zip.after())
  }
  put(zip.end())
  class Reader extends yauzl.RandomAccessReader {
    override read(buffer: Buffer, _: number, length: number, position: number, done: (error: null) => void) {
      buffer.fill(0)
      for (const { at, bytes } of pieces) {
        const [from, to] = [Math.max(at, position), Math.min(at + bytes.length, position + length)]
        if (from < to) bytes.copy(buffer, from - position, from - at, to - at)
      }
      setImmediate(done, null)
    }
  }
  const file = await yauzl.fromRandomAccessReaderPromise(new Reader(), end, { autoClose: false })
  const found: unknown[] = []
  for await (const entry of file.eachEntry()) {
    const { fileDataStart } = await file.readLocalFileHeaderPromise(entry)
    found.push([entry.fileName, entry.uncompressedSize, entry.compressedSize, fileDataStart])
  }
  const first = pieces[0]!.bytes.length
  const second = pieces[2]!.at + pieces[2]!.bytes.length
  expect(found).toEqual([
    ['large', large, large, first],
    ['small', zeros.length, zeros.length, second],
  ])
})

it('several arrays are one input after the other, whatever their shape', async () => {
  for (const shape of [[2, 3], [3], [2, 2], [1, 2, 3]]) {
    const file = npyFile(
      '|u1',
      false,
      shape,
      Uint8Array.of(3, 1, 4, 1, 5, 9).subarray(
        0,
        shape.reduce((a, b) => a * b),
      ),
    )
    const cwd = folder({ 'a.npy': file, 'b.npy': file })
    const rows = (names: string[]) => command([...names, '-t', 'csv', '--no-output-header', '-q'], { cwd }).stdout
    expect(rows(['a.npy', 'b.npy'])).toBe(rows(['a.npy']).repeat(2))
    expect(rows(['a.npy'])).not.toBe('')
  }
})

describe('true classes beside an array', () => {
  /** Builds a safetensors file of 64-bit floats, bytes and booleans. */
  function tensors(
    arrays: Record<string, [dtype: 'F64' | 'I8' | 'U8' | 'BOOL', shape: number[], values: number[]]>,
  ): Buffer {
    let end = 0
    const data: Buffer[] = []
    const entries = Object.entries(arrays).map(([name, [dtype, shape, values]]) => {
      const bytes = dtype === 'F64' ? Buffer.from(Float64Array.from(values).buffer) : Buffer.from(values)
      data.push(bytes)
      end += bytes.length
      return [name, { dtype, shape, data_offsets: [end - bytes.length, end] }]
    })
    const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
    const lead = Buffer.alloc(8)
    lead.writeBigUInt64LE(BigInt(header.length))
    return Buffer.concat([lead, header, ...data])
  }

  const logits = ['F64', [3, 2], [2, 1, 1, 2, 3, 0]] satisfies Parameters<typeof tensors>[0][string]
  const scored = (y: Parameters<typeof tensors>[0][string], options: ScoreOptions = {}) =>
    run(tensors({ logits, y }), { from: 'safetensors', to: 'csv', truth: 'y', emit: 'label,rank', ...options })

  it('are kept in their type, and evaluated: positions, floats, one in a row of its own, NaN for none', async () => {
    const bytes = await scored(['U8', [3], [0, 0, 1]])
    expect(bytes.text).toBe('y,label,rank\n0,0,1\n0,1,2\n1,0,2\n')
    expect((await scored(['F64', [3, 1], [0, Number.NaN, 1]])).text).toBe('y,label,rank\n0,0,1\nNaN,1,\n1,0,2\n')
    const refused = (error: unknown, index: string) =>
      expect(error).toMatchObject({
        code: 'E_TRUTH',
        message: expect.stringContaining(`column y (row 3, numpy index ${index}): "2" is not a class`),
        info: { row: 3, cell: '2', index },
      })
    refused((await scored(['U8', [3], [0, 0, 2]])).error, '[2]')
    refused((await scored(['U8', [3, 1], [0, 0, 2]])).error, '[2, 0]')
    const tokens = tensors({ logits: ['F64', [2, 2, 2], [1, 2, 1, 2, 1, 2, 1, 2]], y: ['U8', [2, 2], [0, 1, 2, 1]] })
    refused((await run(tokens, { from: 'safetensors', to: 'csv', truth: 'y', emit: 'rank' })).error, '[1, 0]')
  })

  it.each([
    [
      'of another number of rows',
      ['U8', [2], [0, 1]],
      {},
      /has the shape \(2,\), but the logits have rows of the shape \(3,\)/,
    ],
    [
      'of a number for each class, where one is true',
      ['U8', [3, 2], [0, 1, 1, 0, 1, 0]],
      {},
      /one number per class, which is for op: 'sigmoid'.*argmax\(1\)/,
    ],
    ['of another axis', ['U8', [1, 3], [0, 1, 1]], {}, /the shape \(1, 3\)/],
    [
      'that there is none of',
      ['U8', [3], [0, 1, 1]],
      { truth: 'z' },
      /there is no array "z"; besides the logits there are: "y"/,
    ],
  ] as const)('are refused: %s', async (_, y, options, text) => {
    const { error, bytes } = await scored(y as never, options)
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringMatching(text) })
    expect(bytes).toHaveLength(0)
  })

  it('of the rows along another axis name it, and of one dimension the option that reads each number as a row', async () => {
    const zeros = (length: number) => new Array<number>(length).fill(0)
    const image = tensors({ logits: ['F64', [2, 3, 4, 4], zeros(96)], y: ['U8', [2, 4, 4], zeros(32)] })
    const options = { from: 'safetensors', to: 'csv', truth: 'y', emit: 'loss' } as const
    const { error } = await run(image, options)
    expect(error!.message).toMatch(/rows of the shape \(2, 3, 4\); axis: 1 reads 3 classes along that axis/)
    expect((await run(image, { ...options, axis: 1 })).error).toBeUndefined()
    const flat = tensors({ logits: ['F64', [3], [1, 2, -1]], y: ['U8', [3], [0, 1, 1]] })
    expect((await run(flat, options)).error!.message).toMatch(/binary: 'no,yes' reads each number as a row/)
    const { text } = await run(flat, { ...options, binary: 'no,yes', emit: 'label', keep: false })
    expect(text).toBe('label\nyes\nyes\nno\n')
  })

  it('are 0 or 1 for each class by the sigmoid, kept as lists; NaN or -100 for none', async () => {
    const SIGMOID: ScoreOptions = { op: 'sigmoid', emit: 'labels,correct' }
    const expected = 'y,labels,correct\n"[1,1]",0|1,true\n"[0,1]",0|1,false\n"[1,0]",0|1,false\n'
    for (const dtype of ['U8', 'BOOL'] as const) {
      expect((await scored([dtype, [3, 2], [1, 1, 0, 1, 1, 0]], SIGMOID)).text).toBe(expected)
    }
    const floats = await scored(['F64', [3, 2], [1, 1, Number.NaN, Number.NaN, 1, 0]], SIGMOID)
    expect(floats.text.split('\n').slice(1, 3)).toEqual(['"[1,1]",0|1,true', '"[""NaN"",""NaN""]",0|1,'])
    // Padding, as in data sets of Hugging Face.
    const padded = await scored(['I8', [3, 2], [1, 1, -100, -100, 1, 0]], SIGMOID)
    expect(padded.text.split('\n').slice(1, 3)).toEqual(['"[1,1]",0|1,true', '"[-100,-100]",0|1,'])
    const partly = await scored(['I8', [3, 2], [1, 1, -100, 1, 1, 0]], SIGMOID)
    expect(partly.error).toMatchObject({
      code: 'E_TRUTH',
      info: { row: 2, column: 'y', cell: '-100', index: '[1, 0]' },
    })
    const other = await scored(['U8', [3, 2], [1, 1, 0, 2, 1, 0]], SIGMOID)
    expect(other.error).toMatchObject({ code: 'E_TRUTH', info: { row: 2, column: 'y', cell: '2', index: '[1, 1]' } })
    const { bytes } = await scored(['U8', [3, 2], [1, 1, 0, 1, 1, 0]], { ...SIGMOID, to: 'arrow' })
    expect(tableFromIPC(bytes).getChild('y')!.toArray().length).toBe(3)
  })

  it('may be bools; logits may not', async () => {
    const bools = ['BOOL', [3], [0, 0, 1]] satisfies Parameters<typeof scored>[0]
    expect((await scored(bools)).text).toBe('y,label,rank\nfalse,0,1\nfalse,1,2\ntrue,0,2\n')
    // Either of two names may be the true one.
    const { error } = await scored(bools, { labels: 'a,b' })
    expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 1, cell: 'false' } })
    expect((await scored(bools, { labels: 'true,false' })).text).toContain('label,rank\nfalse,true,2\n')
    const file = npyFile('|b1', false, [2, 2], Uint8Array.of(1, 1, 0, 1))
    expect((await run(file, { to: 'csv' })).error).toMatchObject({ code: 'E_TYPE' })
  })

  it('are one array: of several, the message says how several classes a row are written', async () => {
    const y = ['U8', [3], [0, 1, 1]] satisfies Parameters<typeof tensors>[0][string]
    const file = tensors({ logits, is_cat: y, is_dog: y })
    const options = { from: 'safetensors', truth: 'is_cat,is_dog', op: 'sigmoid', emit: 'labels', to: 'csv' } as const
    const { error } = await run(file, options)
    const message = expect.stringMatching(/names several arrays.*0 or 1 for each row and class/)
    expect(error).toMatchObject({ code: 'E_CONFLICT', message })
  })

  it('are no option of one array, whose message says where both go', async () => {
    const file = npyFile('|u1', false, [2, 2], Uint8Array.of(3, 1, 4, 1))
    const { error } = await run(file, { truth: 'y', emit: 'loss', to: 'csv' })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining('numpy.savez(') })
  })
})

describe('arrays of a number for each row, beside the logits', () => {
  const bytesOf = (values: { buffer: ArrayBufferLike }) => new Uint8Array(values.buffer as ArrayBuffer)
  const logits = ['<f8', [3, 2], bytesOf(Float64Array.of(2, 1, 1, 2, 3, 0))] as const
  const arrays = {
    id: ['<i8', [3], bytesOf(BigInt64Array.of(7n, -8n, 2n ** 60n + 1n))],
    big: ['<u8', [3], bytesOf(BigUint64Array.of(1n, 2n, 2n ** 64n - 1n))],
    day: ['>i2', [3], Uint8Array.of(1, 2, 0xff, 0xfe, 0, 3)],
    part: ['|u1', [3, 1], Uint8Array.of(9, 8, 255)],
    half: ['<f2', [3], bytesOf(Uint16Array.of(0x3c00, 0x7e00, 0xc200))],
    w: ['<f4', [3], bytesOf(Float32Array.of(0.1, 2, 3))],
    ok: ['|b1', [3], Uint8Array.of(1, 0, 1)],
  } as const
  const others = { short: ['|u1', [2], Uint8Array.of(1, 2)], wide: ['|u1', [3, 2], new Uint8Array(6)] } as const

  /** Builds a .npz file. */
  function npz(files: Record<string, readonly [string, readonly number[], Uint8Array]>): Buffer {
    const zip = new ZipFrame()
    const entries = Object.entries(files).flatMap(([name, [descr, shape, data]]) => {
      const file = npyFile(descr, false, [...shape], data)
      const lead = zip.before(`${name}.npy`, file.length)
      zip.see(file)
      return [lead, file, zip.after()]
    })
    return Buffer.concat([...entries, zip.end()])
  }

  const input = npz({ logits, ...arrays, ...others })
  const text = [
    'id,big,day,part,half,w,ok,index',
    '7,1,258,9,1,0.1,true,0',
    '-8,2,-2,8,NaN,2,false,1',
    '1152921504606846977,18446744073709551615,3,255,-3,3,true,0',
    '',
  ].join('\n')
  const options = { tensor: 'logits', emit: 'index', to: 'csv' } as const

  it('are kept with all digits, and others are named', async () => {
    const { text: found, warnings } = await run(input, options)
    expect(found).toBe(text)
    expect(warnings).toEqual([expect.stringContaining('"short", "wide" are not copied to the output')])
    expect((await run(input, { ...options, keep: false })).text).toBe('index\n0\n1\n0\n')
    for (const to of ['parquet', 'arrow', 'npz', 'safetensors'] as const) {
      const { bytes } = await run(input, { ...options, to, emit: 'probs' })
      const again = await run(bytes, {
        to: 'csv',
        emit: 'index',
        ...(to === 'npz' || to === 'safetensors' ? { tensor: 'probs' } : { logits: 'probs' }),
      })
      const inOrder = (csv: string) =>
        (parse(csv, { columns: true }) as Record<string, string>[]).map((row) => ({ ...row }))
      expect([to, inOrder(again.text)]).toEqual([to, inOrder(text)])
    }
  })

  it.each([
    ['npz', npzOf],
    ['safetensors', safetensorsOf],
  ] as const)('keep their types in %s, without the rows that are left out', async (to, arraysOf) => {
    const bad = ['<f8', [3, 2], bytesOf(Float64Array.of(2, 1, Number.NaN, 2, 3, 0))] as const
    const { id: _, half: __, big: ___, ...small } = arrays
    const { bytes } = await run(npz({ logits: bad, ...small }), { ...options, to, onError: 'skip' })
    expect(await arraysOf(bytes)).toEqual({
      day: { dtype: 'I2', shape: [2], values: [258, 3] },
      part: { dtype: 'U1', shape: [2], values: [9, 255] },
      w: { dtype: 'F4', shape: [2], values: [Math.fround(0.1), 3] },
      ok: { dtype: 'BOOL', shape: [2], values: [1, 1] },
      index: { dtype: 'I8', shape: [2], values: [0, 0] },
    })
    const { data_offsets: offsets } = JSON.parse(
      /"index":(\{[^}]*\})/.exec(bytes.toString('latin1'))?.[1] ?? '{"data_offsets":[0]}',
    )
    expect(offsets[0] % 8).toBe(0)
  })

  it('have the axes of the logits but that of the classes', async () => {
    const cube = npz({
      logits: ['|u1', [2, 1, 3], Uint8Array.of(3, 1, 4, 1, 5, 9)],
      mask: ['|b1', [2, 1], Uint8Array.of(1, 0)],
      flat: ['|b1', [2], Uint8Array.of(1, 0)],
    })
    const { text, warnings } = await run(cube, options)
    expect(text).toBe('i0,i1,mask,index\n0,0,true,2\n1,0,false,2\n')
    expect(warnings).toEqual([expect.stringContaining('"flat" is not copied')])
    expect((await npzOf((await run(cube, { ...options, to: 'npz' })).bytes)).mask).toEqual({
      dtype: 'BOOL',
      shape: [2, 1],
      values: [1, 0],
    })
  })

  it('are no logits, and corrupt ones are no rows', async () => {
    const { error } = await run(input, { ...options, logits: 'id' })
    expect(error).toMatchObject({ code: 'E_SELECTOR', message: expect.stringContaining("tensor: 'id'") })
    const broken = Buffer.from(input)
    broken[broken.indexOf(Buffer.from([9, 8, 255]))]! ^= 1
    expect((await run(broken, options)).error).toMatchObject({ code: 'E_CORRUPT' })
  })

  it.each(['csv', 'ndjson', 'parquet', 'npz'] as const)(
    'have the order of the file in %s, whichever of them is the true classes',
    async (to) => {
      for (const truth of [undefined, 'id', 'y', 'w']) {
        const { id, w } = arrays
        const y = ['|u1', [3], Uint8Array.of(1, 0, 1)] as const
        const file = npz({ id: truth === 'id' ? y : id, logits, y, w: truth === 'w' ? y : w })
        const { bytes } = await run(file, { to, emit: 'index', ...(truth && { truth }) })
        expect([truth, await namesIn(bytes, to)]).toEqual([truth, ['id', 'y', 'w', 'index']])
      }
    },
  )

  it('are the true classes of a sigmoid in their type', async () => {
    const y = ['|i1', [3, 2], Uint8Array.of(1, 0, 0, 0, 1, 1)] as const
    const { bytes } = await run(npz({ logits, y }), { ...options, to: 'npz', op: 'sigmoid', truth: 'y', emit: 'loss' })
    expect((await npzOf(bytes)).y).toEqual({ dtype: 'I1', shape: [3, 2], values: [1, 0, 0, 0, 1, 1] })
  })
})

it('more classes than rows have the names of their positions in text, and none if the label is empty', async () => {
  const classes = 40
  const rows = [3, 39, 0, 17].map((largest) =>
    Float64Array.from({ length: classes }, (_, at) => (at === largest ? 9 : 0)),
  )
  rows.push(new Float64Array(classes).fill(Number.NaN))
  const file = npyFile(
    '<f8',
    false,
    [rows.length, classes],
    Buffer.concat(rows.map(({ buffer }) => Buffer.from(buffer))),
  )
  const labels = Array.from({ length: classes }, (_, at) => `class ${at}`)
  const options = { labels, emit: 'label', nonfinite: 'null' } as const
  for (const [to, lines] of [
    ['csv', ['label', 'class 3', 'class 39', 'class 0', 'class 17', '""']],
    ['ndjson', ['class 3', 'class 39', 'class 0', 'class 17', null].map((label) => JSON.stringify({ label }))],
  ] as const) {
    const { text, error } = await run(file, { ...options, to })
    expect({ text, error }).toEqual({ text: lines.map((line) => `${line}\n`).join(''), error: undefined })
  }
})
