import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type InputInfo, score } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder, ROOT, shell } from './support.js'

const fixture = (name: string) => join(ROOT, 'fixtures', name)
const ROWS = 'image,logit_cat,logit_dog\n'
const rows = (count: number) => ROWS + Array.from({ length: count }, (_, id) => `${id}.png,2,1\n`).join('')
const scored = (count: number) => Array.from({ length: count }, (_, id) => `${id}.png,${P21},cat\n`).join('')

/** The report of a run as key-value pairs, and the rows below it. */
function report(args: string[], circumstances: Parameters<typeof command>[1] = {}) {
  const { status, stdout, stderr } = command(['--dry-run', ...args], circumstances)
  const [head = '', below] = stdout.split('rows:\n')
  const entries = head.split('\n').filter((line) => line !== '')
  return {
    status,
    stderr,
    below,
    ...Object.fromEntries(entries.map((line) => /^(\w+): +(.*)$/.exec(line)!.slice(1) as [string, string])),
  }
}

describe('--dry-run', () => {
  it('reports formats, columns, classes, lane and the first three rows', () => {
    const cwd = folder({ 'in.csv': rows(5) })
    expect(report(['in.csv'], { cwd })).toEqual({
      status: 0,
      stderr: '',
      input: "in.csv (csv, not compressed, utf-8, delimiter ',', quote '\"', header in line 1)",
      logits: '2 columns (logit_cat, logit_dog)',
      kept: 'image',
      classes: '2: cat, dog',
      output: "standard output (csv, delimiter ',', quote '\"')",
      columns: 'image: text; p_cat, p_dog: float64; label: text',
      lane: 'fast',
      below: `image,p_cat,p_dog,label\n${scored(3)}`,
    })
  })

  it('says that decimals have a comma in the input and the output', () => {
    const stdin = rows(2).replaceAll(',', ';').replaceAll(';1\n', ';1,0\n')
    expect(report(['-d', ';', '--decimal', ','], { stdin })).toMatchObject({
      input: "stdin (csv, not compressed, utf-8, delimiter ';', quote '\"', decimal ',', header in line 1)",
      output: "standard output (csv, delimiter ';', quote '\"', decimal ',')",
      below: scored(2)
        .replace(/^/, 'image,p_cat,p_dog,label\n')
        .replaceAll(',', ';')
        .replaceAll('0.', '0,')
        .replace(/^0,png/m, '0.png'),
    })
  })

  it('says what was found in the bytes, and what was asked for', () => {
    const cwd = folder({ 'in.gz': gzipSync(`\n${rows(5).replaceAll(',', ';')}`) })
    const options = [
      '-d',
      ';',
      '--comment',
      '#',
      '--encoding',
      'latin1',
      '-t',
      'tsv',
      '-o',
      'out.gz',
      '--lane',
      'general',
    ]
    expect(report(['in.gz', ...options], { cwd })).toMatchObject({
      input: "in.gz (csv, gzip, latin1, delimiter ';', quote '\"', comment '#', header in line 2)",
      output: "out.gz (tsv, gzip, delimiter '\\t', quote '\"')",
      lane: 'general',
    })
    expect(report(['--no-header', '-l', '2-', '-n', '1'], { stdin: 'a,2,1\nb,2,1\n' })).toMatchObject({
      input: "stdin (csv, not compressed, utf-8, delimiter ',', quote '\"', no header)",
      below: `a,${P21},0\n`,
    })
  })

  it('says that the columns are guessed, and that inputs come after the first', () => {
    const cwd = folder({ 'a.csv': 'cat,dog\n2,1\n', 'b.csv': 'cat,dog\n2,1\n' })
    expect(report(['a.csv', 'b.csv'], { cwd })).toMatchObject({
      input: expect.stringContaining('a.csv, the first of 2 files ('),
      logits: '2 columns (cat, dog), guessed',
      kept: 'none',
    })
  })

  it.each([
    ['digits.parquet', 'parquet', '{"image":766,"truth":"five","p_zero":0.055'],
    ['digits.arrow', 'arrow', '{"image":766,"truth":"five","probs":[0.055'],
    ['digits.arrows', 'arrows', '{"image":766,"truth":"five","probs":[0.055'],
    ['digits.ndjson.gz', 'parquet', '{"image":766,"truth":"five","probs":[0.055'],
    ['digits.npy', 'npy', '[0.055'],
    ['digits.npy', 'csv', 'p_0,p_1,p_2,p_3'],
  ])('shows the rows of %s as they would come out as %s', (name, to, begins) => {
    const { status, stderr, below, columns } = report([fixture(name), '-t', to]) as unknown as Record<string, string>
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(below!.startsWith(begins)).toBe(true)
    expect(below!.split('\n')).toHaveLength(to === 'csv' ? 5 : 4)
    expect(columns).toContain('float64')
  })

  it('has no types of columns that are members of JSON objects', () => {
    const stdin = '{"id":1,"model":{"v":2},"logits":[2,1]}\n'
    for (const [to, columns] of [
      ['ndjson', 'id, model, probs, label'],
      ['json', 'id, model, probs, label'],
      ['csv', 'id: int64; model: text; p_0, p_1: float64; label: text'],
    ]) {
      expect(report(['-f', 'ndjson', '-t', to!], { stdin })).toMatchObject({ status: 0, columns })
    }
  })

  it('says how many rows a file has that says it', () => {
    expect(report([fixture('digits.parquet')])).toMatchObject({ input: expect.stringContaining(', 899 rows)') })
    expect(report([fixture('digits.npy')])).toMatchObject({ input: expect.stringContaining(', 899 rows)') })
  })

  it('reads no more than it shows', () => {
    const line = "yes 2,1 | sed '1s/.*/logit_a,logit_b/' | softmax --dry-run"
    expect(shell(line, folder())).toMatchObject({ status: 0, stderr: '' })
  })

  it('writes nothing, whatever is to be written', () => {
    const cwd = folder({ 'in.csv': rows(5) })
    const args = ['in.csv', '-o', 'out.parquet', '--rejects', 'r.ndjson', '--stats', 's.json', '--max-errors', '1']
    expect(report(args, { cwd }).status).toBe(0)
    expect(readdirSync(cwd)).toEqual(['in.csv'])
  })

  it('fails as the run would, after what is known', () => {
    const stdin = `${rows(1)}x.png,y,1\n`
    const found = report([], { stdin })
    expect(found).toMatchObject({ status: 1, lane: 'fast', below: `image,p_cat,p_dog,label\n${scored(1)}` })
    expect(found.stderr).toMatch(/^softmax: stdin:3: column logit_cat .* \[E_CELL\]\n$/)
    expect(report(['--on-error', 'skip'], { stdin })).toMatchObject({ status: 0, stderr: '' })
    expect(command(['--dry-run'], { stdin: 'sample,cat\n1,2\n' })).toMatchObject({ status: 2, stdout: '' })
    expect(command(['--dry-run', 'missing.csv'])).toMatchObject({ status: 3, stdout: '' })
    const cwd = folder({ 'in.csv': rows(1) })
    expect(command(['--dry-run', 'in.csv', '-o', 'in.csv'], { cwd })).toMatchObject({ status: 2, stdout: '' })
  })

  it('warns as the run would', () => {
    const flags = ['--logits', 'logit']
    expect(report(flags, { stdin: 'id,logit\n1,2\n' }).stderr).toContain('"logit" is the only class')
    expect(report([...flags, '-q'], { stdin: 'id,logit\n1,2\n' }).stderr).toBe('')
  })

  it('has no control characters of data', () => {
    const { stdout } = command(['--dry-run', '-n', '0'], { stdin: '"a\u001b[31m","logit_\u202e",logit_b\n1,2,3\n' })
    expect(stdout.split('rows:')[0]).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  })
})

it('the input event of a stream of bytes tells the same', async () => {
  const stream = score({ source: 'in.csv', precision: 3 })
  const info = new Promise<InputInfo>((resolve) => stream.once('input', resolve))
  stream.end(rows(2))
  stream.resume()
  expect(await info).toMatchObject({
    format: 'csv',
    compression: 'none',
    encoding: 'utf-8',
    dialect: { delimiter: ',', quote: '"', newline: '\n' },
    headerLine: 1,
    lane: 'fast',
    output: { format: 'csv', columns: [{ name: 'image', type: 'utf8' }, { name: 'p_cat', type: 'float64' }, {}, {}] },
  })
  expect((await run(rows(2), { to: 'parquet' })).error).toBeUndefined()
})
