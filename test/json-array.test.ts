import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { type FormatName, read, type ScoreOptions, score, scoreFiles, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { chunksOf, run } from './streams.js'
import { command, folder, ROOT } from './support.js'

const FIXTURES = join(ROOT, 'fixtures')

/** The rows of lines of JSON. */
const rowsOf = (lines: string) => lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))

/** The output in both formats. */
async function both(input: Buffer | string, options: ScoreOptions = {}, size?: number) {
  const [array, lines] = [
    await run(input, { ...options, to: 'json' }, size),
    await run(input, { ...options, to: 'ndjson' }, size),
  ]
  expect(array.stats).toEqual(lines.stats)
  return { array, lines }
}

const CSV = 'id,logit_a,logit_b\n1,2,3\n"2\n",2,1\n3,-inf,"1"\n'

describe('an array of JSON', () => {
  it.each([
    'digits-logits.csv',
    'digits.parquet',
    'digits.arrow',
    'digits.arrows',
    'digits-list.parquet',
    'digits.npy',
  ])('has the rows that lines have: %s', async (name) => {
    const options: ScoreOptions = name.endsWith('.csv') ? { logits: 'logit*' } : {}
    const { array, lines } = await both(readFileSync(join(FIXTURES, name)), options)
    expect(JSON.parse(array.text)).toEqual(rowsOf(lines.text))
    expect(JSON.parse(array.text)).toHaveLength(899)
  })

  it.each([1, 3, 64, 1e9])('is the same in chunks of %i, in both lanes and on any number of threads', async (size) => {
    const csv = Buffer.from(
      `id,logit_a,logit_b\n${Array.from({ length: 400 }, (_, id) => `${id},${id % 7},3\n`).join('')}`,
    )
    const texts = new Set<string>()
    for (const options of [{}, { lane: 'general' }, { lane: 'fast', jobs: 1 }, { lane: 'fast', jobs: 2 }] as const) {
      texts.add((await run(csv, { ...options, to: 'json' }, size)).text)
    }
    expect(texts.size).toBe(1)
    expect(JSON.parse([...texts][0]!)).toHaveLength(400)
  })

  it('has a row a line, between brackets in lines of their own', async () => {
    const { array, lines } = await both(CSV)
    expect(array.text).toBe(`[\n${lines.text.trimEnd().replaceAll('}\n', '},\n')}\n]\n`)
  })

  it.each(['', 'logit_a,logit_b\n', '[]', '[\n]\n'])('is empty where there are no rows: %j', async (input) => {
    const from: FormatName = input.startsWith('[') ? 'json' : 'csv'
    expect((await run(input, { from, to: 'json' })).text).toBe('[]\n')
  })

  it('is read again, as one in a file of any name', async () => {
    const { array } = await both(CSV)
    for (const options of [{ from: 'json' }, { from: 'ndjson' }, {}] as const) {
      const again = await run(array.text, { ...options, to: 'ndjson', logits: 'p_*', emit: 'index' })
      expect(rowsOf(again.text).map(({ index }) => index)).toEqual([1, 0, 1])
    }
  })

  it('of large inputs is of all blocks of all threads', async () => {
    const rows = 60_000
    const csv = `id,logit_a,logit_b\n${Array.from({ length: rows }, (_, id) => `${id},${id % 11},${id % 13}\n`).join('')}`
    const { array, lines } = await both(csv)
    expect(array.text === `[\n${lines.text.trimEnd().replaceAll('}\n', '},\n')}\n]\n`).toBe(true)
    expect(JSON.parse(array.text)).toHaveLength(rows)
  })

  it('is not closed where a row is bad, and has the rows before it', async () => {
    const { text, error } = await run('logit_a,logit_b\n1,1\n2,x\n', { to: 'json' })
    expect(error).toMatchObject({ code: 'E_CELL' })
    expect(JSON.parse(`${text}]`)).toEqual([{ p_a: 0.5, p_b: 0.5, label: 'a' }])
    const skipped = await run('logit_a,logit_b\nx,1\n2,2\n3,x\n', { to: 'json', onError: 'skip' })
    expect(JSON.parse(skipped.text)).toEqual([{ p_a: 0.5, p_b: 0.5, label: 'a' }])
  })
})

describe('the format json', () => {
  it('is that of an output called .json, compressed or not', () => {
    const cwd = folder({ 'in.csv': CSV })
    for (const output of ['out.json', 'out.json.gz']) {
      expect(command(['in.csv', '-o', output], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
      const bytes = readFileSync(join(cwd, output))
      expect(JSON.parse((output.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())).toHaveLength(3)
    }
  })

  it('is that of an output where it is asked for, of the input too', () => {
    const [array, lines] = ['[{"logits":[1,1]}]', '{"logits":[1,1]}\n']
    const scored = { logits: [1, 1], probs: [0.5, 0.5], label: '0' }
    for (const stdin of [array, lines]) {
      for (const args of [
        ['-f', 'json'],
        ['-t', 'json'],
        ['-f', 'ndjson', '-t', 'json'],
      ]) {
        expect(JSON.parse(command(args, { stdin }).stdout)).toEqual([scored])
      }
    }
  })

  it('is not that of an output because an input is called .json', () => {
    const cwd = folder({ 'in.json': '[{"logits":[1,1]}]' })
    expect(command(['in.json'], { cwd }).stdout).toBe('{"logits":[1,1],"probs":[0.5,0.5],"label":"0"}\n')
    expect(command(['-f', 'json', 'in.json', '-t', 'ndjson'], { cwd }).stdout).toMatch(/^\{.*\}\n$/)
  })

  it('is shown by a dry run, and evaluated', () => {
    const cwd = folder({ 'in.csv': CSV })
    const { stdout } = command(['in.csv', '-t', 'json', '--dry-run'], { cwd })
    expect(stdout).toContain('output:  standard output (json)')
    expect(JSON.parse(stdout.slice(stdout.indexOf('rows:\n') + 6))).toHaveLength(3)
    const stdin = '[{"logits":[2,1],"y":0}]'
    expect(JSON.parse(command(['evaluate', '-f', 'json', '--truth', 'y', '--json'], { stdin }).stdout)).toMatchObject({
      rows: 1,
      accuracy: 1,
    })
  })

  it('is written by scoreFiles and score, of several inputs', async () => {
    const cwd = folder({ 'a.csv': CSV, 'b.csv': CSV })
    const inputs = ['a.csv', 'b.csv'].map((name) => join(cwd, name))
    expect(JSON.parse(await text(scoreFiles(inputs, { to: 'json' })))).toHaveLength(6)
    const stream = Readable.from(chunksOf(CSV, 5)).compose(score({ to: 'json' }))
    expect(JSON.parse((await buffer(stream)).toString())).toHaveLength(3)
  })

  it('is written by write() and read by read()', async () => {
    const rows = [
      { id: 1, logits: [1, 1] },
      { id: 2, logits: [3, 3] },
    ]
    const written = await text(Readable.from(rows).compose(softmax()).compose(write('json')))
    expect(JSON.parse(written)).toEqual(rows.map(({ id }) => ({ id, probs: [0.5, 0.5], label: '0' })))
    expect(
      await Readable.from([Buffer.from(written)])
        .compose(read('json'))
        .toArray(),
    ).toEqual(JSON.parse(written))
    expect(await text(Readable.from([]).compose(write('json')))).toBe('[]\n')
  })
})
