import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SoftmaxError, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21 } from './streams.js'
import { command, folder } from './support.js'

const rows = (...ids: (number | string)[]) => `id,logit_a,logit_b\n${ids.map((id) => `${id},2,1\n`).join('')}`
const scored = (...ids: (number | string)[]) => `id,p_a,p_b,label\n${ids.map((id) => `${id},${P21},a\n`).join('')}`

/** A folder with a directory `in` that contains some files. */
function directory(files: Record<string, string | Buffer>): string {
  const cwd = folder()
  mkdirSync(join(cwd, 'in'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, 'in', name), content)
  return cwd
}

/** The output of the stream for a directory. */
async function scoredBy(path: string): Promise<string> {
  const bytes = await scoreFiles([path]).toArray()
  return Buffer.concat(bytes).toString()
}

describe('a directory as an input', () => {
  it('is its parts, as one output with one header', async () => {
    const cwd = directory({ 'part-1.csv': rows(1, 2), 'part-0.csv': rows(0), 'part-2.csv': rows(3) })
    const expected = scored(0, 1, 2, 3)
    expect(await scoredBy(join(cwd, 'in'))).toBe(expected)
    expect(command(['in'], { cwd })).toEqual({ status: 0, stdout: expected, stderr: '' })
    expect(command(['in/', '-o', 'out.csv'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(expected)
  })

  it('has them in the order of the bytes of their names', async () => {
    // In UTF-16 order the last two would be swapped.
    const names = ['B.csv', 'a-10.csv', 'a-9.csv', 'part-1', 'é.csv', '\u{ff21}.csv', '\u{1f600}.csv']
    const files = Object.fromEntries(names.map((name, index) => [name, rows(index)] as const).reverse())
    const expected = scored(...names.keys())
    const cwd = directory(files)
    expect(await scoredBy(join(cwd, 'in'))).toBe(expected)
  })

  it('has files called part-*, and files of known formats, compressed or not', async () => {
    const files = {
      'part-00000': rows(0),
      'part-00001.gz': gzipSync(rows(1)),
      'part-00002-c000.csv': rows(2),
      'x.csv.gz': gzipSync(rows(3)),
      'y.CSV': rows(4),
      'z.ndjson': '{"id": 5, "logit_a": 2, "logit_b": 1}\n',
    }
    expect(await scoredBy(join(directory(files), 'in'))).toBe(scored(0, 1, 2, 3, 4, 5))
  })

  it('leaves out names that begin with a point or _, other files, and directories', async () => {
    const files = {
      'part-0.csv': rows(0),
      '.part-0.csv.crc': 'crc',
      '.hidden.csv': rows(7),
      _SUCCESS: '',
      '_temporary.csv': rows(7),
      'notes.txt': rows(7),
      'partial.txt': rows(7),
    }
    const cwd = directory(files)
    mkdirSync(join(cwd, 'in', 'part-1.csv'))
    expect(await scoredBy(join(cwd, 'in'))).toBe(scored(0))
  })

  it.each([
    [
      'lists or objects',
      '{"id":1,"tags":["x"],"logits":[2,1]}\n',
      'parquet',
      ['the column "tags" has lists or objects, and is written as JSON text'],
    ],
    ['a name twice', 'id,id,logit_a,logit_b\n1,1,2,1\n', 'csv', ['two columns are named "id"']],
    [
      'text, into arrays',
      'id,logit_a,logit_b\n1,2,1\n',
      'npz',
      ['npz stores only arrays of numbers without nulls; "id" is left out'],
    ],
  ])('has one warning about columns that all parts have: %s', (_, part, to, warnings) => {
    const cwd = directory({ 'part-0': part, 'part-1': part, 'part-2': part })
    const { status, stderr } = command(['in', '-t', to, '-o', `out.${to}`], { cwd })
    expect(stderr).toBe(warnings.map((text) => `softmax: warning: in/part-0: ${text}\n`).join(''))
    expect(status).toBe(0)
    const parts = command(['in', '-t', to, '-o', 'out/'], { cwd })
    expect(parts.stderr.split('\n').filter((line) => line.includes('warning'))).toHaveLength(1)
  })

  it('stands among other inputs', () => {
    const cwd = directory({ 'part-0.csv': rows(1), 'part-1.csv': rows(2) })
    writeFileSync(join(cwd, 'last.csv'), rows(3))
    expect(command(['-', 'in', 'last.csv'], { cwd, stdin: rows(0) }).stdout).toBe(scored(0, 1, 2, 3))
  })

  it('may be called by a symbolic link, and its parts may be links', async () => {
    const cwd = directory({ 'part-0.csv': rows(0) })
    writeFileSync(join(cwd, 'elsewhere'), rows(1))
    symlinkSync('../elsewhere', join(cwd, 'in', 'part-1.csv'))
    symlinkSync('in', join(cwd, 'link'))
    expect(await scoredBy(join(cwd, 'link'))).toBe(scored(0, 1))
  })

  it('gives the number of rows of .npy in front of them, of all parts', () => {
    const cwd = directory({ 'part-0.csv': rows(1), 'part-1.csv': rows(2) })
    expect(command(['in', '-q', '-e', 'probs', '-o', 'out.npy'], { cwd })).toMatchObject({ status: 0 })
    expect(readFileSync(join(cwd, 'out.npy'), 'latin1')).toContain("'shape': (2, 2)")
  })

  it('names in an error the part that it is of', () => {
    const cwd = directory({ 'part-0.csv': rows(1), 'part-1.csv': 'id,logit_a,logit_b\n2,x,1\n' })
    const { status, stderr } = command(['in'], { cwd })
    expect(stderr).toMatch(/^softmax: in\/part-1\.csv:2: column logit_a \(row 1, byte 21\): "x" is not a number/)
    expect(status).toBe(1)
  })

  it('must have the same columns in all parts', () => {
    const cwd = directory({ 'part-0.csv': rows(1), 'part-1.csv': 'id,logit_a,logit_c\n2,2,1\n' })
    const { status, stderr } = command(['in', '-o', 'out.csv'], { cwd })
    expect(stderr).toMatch(/^softmax: in\/part-1\.csv: .*"in\/part-0\.csv".* \[E_SCHEMA\]\n$/)
    expect(status).toBe(1)
    expect(readdirSync(cwd)).toEqual(['in'])
  })

  it.each([
    ['nothing', {}],
    ['nothing that is a part', { _SUCCESS: '', 'notes.txt': rows(1) }],
  ])('that holds %s is an error that says so', async (_, files) => {
    const cwd = directory(files)
    const { status, stdout, stderr } = command(['in', '--stats', 'stats.json'], { cwd })
    expect(stderr).toMatch(/^softmax: in: cannot read: it is a folder without parts.* \[E_INPUT\]\n$/)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))).toMatchObject({ read: 0, error: 'E_INPUT' })
    const error = await scoredBy(join(cwd, 'in')).catch((error: unknown) => error)
    expect(SoftmaxError.is(error, 'E_INPUT') && error.info.reason).toMatch(/^it is a folder without parts/)
  })

  it.each([
    ['output', '-o'],
    ['rejects file', '--rejects'],
    ['stats file', '--stats'],
  ])('has no part that is the %s, under whatever name', (file, flag) => {
    const cwd = directory({ 'part-0.csv': rows(1), 'part-1.csv': rows(2) })
    linkSync(join(cwd, 'in', 'part-1.csv'), join(cwd, 'other'))
    for (const name of ['in/part-1.csv', 'other']) {
      const { status, stderr } = command(['in', flag, name], { cwd })
      expect(stderr).toMatch(`softmax: the ${file} "${name}" is an input; write to another file [E_SAME_FILE]`)
      expect(status).toBe(2)
    }
    expect(readFileSync(join(cwd, 'other'), 'utf8')).toBe(rows(2))
  })

  it.each([
    ['beside parts', { 'part-0.csv': rows(1), 'dt=1/part-0.csv': rows(2) }, 'in/dt=1', 'in/*/'],
    ['and no others', { 'y=1/m=2/part-0.csv': rows(2) }, 'in/y=1/m=2', 'in/*/*/'],
  ])(
    'that has folders with parts in them, %s, is an error that says so: they would be left out',
    (_, files, inside, globs) => {
      const cwd = directory({})
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(cwd, 'in', path)), { recursive: true })
        writeFileSync(join(cwd, 'in', path), content)
      }
      const single = 'to write one output, name each folder as an input; to score each part separately, use --output '
      for (const [remedy, ...args] of [
        [`${single}out/`, 'in'],
        [`${single}scored_new/`, 'in', '-o', 'scored_new', '--emit', 'label'],
        [`${single}to/scored/`, 'in', '-o', 'to/scored'],
        [`${single}to/scored/ --to parquet`, 'in', '-o', 'to/scored.parquet'],
        [`${single}scored/ --to csv`, 'in', '-o', 'scored.csv.gz'],
        [`name each folder as an input: softmax evaluate ${globs}`, 'evaluate', 'in', '--truth', 'y'],
        [`name each folder as an input: softmax calibrate ${globs}`, 'calibrate', 'in/', '--truth', 'y'],
      ] as const) {
        const { status, stderr, stdout } = command(args, { cwd })
        expect(stderr).toMatch(/^softmax: in\/?: there are parts in /)
        expect(stderr).toContain(`there are parts in "${inside}"; ${remedy} [E_PARTS]\n`)
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      }
      expect(command([inside, '-q'], { cwd }).stdout).toBe(scored(2))
      expect(command(['in', '-o', 'out/', '-q'], { cwd }).status).toBe(0)
    },
  )

  it('with a link to a part that is gone is an error that names the link', () => {
    const cwd = directory({ 'part-0.csv': rows(1) })
    symlinkSync('gone.csv', join(cwd, 'in', 'part-1.csv'))
    const { status, stderr } = command(['in', '-o', 'out.csv', '-q'], { cwd })
    expect(stderr).toMatch(/in\/part-1\.csv.*no such file/)
    expect({ status, left: readdirSync(cwd) }).toEqual({ status: 3, left: ['in'] })
  })

  it('may hold the output, which is no part of this run', () => {
    const cwd = directory({ 'part-0.csv': rows(1) })
    expect(command(['in', '-o', 'in/scored.csv'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(cwd, 'in', 'scored.csv'), 'utf8')).toBe(scored(1))
  })

  it('has the progress of all its bytes', () => {
    const many = rows(...Array.from({ length: 50_000 }, (_, id) => id))
    const cwd = directory({ 'part-0.csv': many, 'part-1.csv': many, 'part-2.csv': many })
    const { stderr } = command(['in', '-o', 'out.csv', '--progress', '--lane', 'general'], { cwd, terminal: 'stderr' })
    const shares = Array.from(stderr.matchAll(/\r(\d+)%/g), ([, share]) => Number(share))
    expect(shares.length).toBeGreaterThan(0)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
  })
})
