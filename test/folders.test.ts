/** From a directory to a directory, each part scored like a separate run. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import { scoreFiles } from 'softmax-stream'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { P21 } from './streams.js'
import { command, FAST_CLOCK, folder, MANIFEST, ROOT, start } from './support.js'

const rows = (...ids: (number | string)[]) => `id,logit_a,logit_b\n${ids.map((id) => `${id},2,1\n`).join('')}`
const scored = (...ids: (number | string)[]) => `id,p_a,p_b,label\n${ids.map((id) => `${id},${P21},a\n`).join('')}`
const BAD = 'id,logit_a,logit_b\n1,2,1\n2,x,1\n'

type Files = Record<string, string | Buffer>

/** Creates a directory with files, by path. */
function tree(files: Files): string {
  const cwd = folder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    writeFileSync(join(cwd, path), content)
  }
  return cwd
}

/** The contents of a directory, by path; for manifests, only their existence. */
function contentOf(cwd: string, name = 'out'): Record<string, string> {
  const paths = readdirSync(join(cwd, name), { recursive: true, encoding: 'utf8' }).sort()
  const files = paths.filter((path) => statSync(join(cwd, name, path)).isFile())
  return Object.fromEntries(
    files.map((path) => [path, path.startsWith('_manifest') ? '' : readFileSync(join(cwd, name, path), 'latin1')]),
  )
}

/** The lines of a manifest. */
function manifest(cwd: string, name = '_manifest.ndjson') {
  const lines = readFileSync(join(cwd, 'out', name), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

const DONE = { _SUCCESS: '', '_manifest.ndjson': '' }
const THREE = { 'in/a.csv': rows(1), 'in/b.csv': rows(2, 3), 'in/c.csv': rows(4) }
const THREE_SCORED = { ...DONE, 'a.csv': scored(1), 'b.csv': scored(2, 3), 'c.csv': scored(4) }

/** The command for a folder `in`. */
const run = (cwd: string, ...args: string[]) => command(['in/', '-o', 'out/', ...args], { cwd })

/** The directory THREE with its outputs, made by one run for many tests, each of which gets a copy. */
function treeDone(): string {
  const cwd = folder()
  execFileSync('cp', ['-a', `${done()}/.`, cwd])
  return cwd
}

let isDone: string | undefined

function done(): string {
  if (isDone !== undefined) return isDone
  const cwd = mkdtempSync(join(tmpdir(), 'softmax-test-'))
  cpSync(tree(THREE), cwd, { recursive: true })
  expect(run(cwd, '-q')).toEqual({ status: 0, stdout: '', stderr: '' })
  isDone = cwd
  return cwd
}

afterAll(() => {
  if (isDone !== undefined) rmSync(isDone, { recursive: true })
})

describe('a folder as the output', () => {
  it('has a part for each part of the input, the folders inside too, a manifest and _SUCCESS', () => {
    const cwd = tree({
      'in/part-0.csv': rows(0),
      'in/dt=2026-11-25/part-0.csv': rows(1),
      'in/dt=2026-11-26/hour=01/part-0.csv': rows(2, 3),
    })
    expect(run(cwd)).toEqual({ status: 0, stdout: '', stderr: 'softmax: out/: 3 of 3 parts done, 4 rows\n' })
    expect(contentOf(cwd)).toEqual({
      ...DONE,
      'part-0.csv': scored(0),
      'dt=2026-11-25/part-0.csv': scored(1),
      'dt=2026-11-26/hour=01/part-0.csv': scored(2, 3),
    })
  })

  it('is one that ends with a slash, or is there', () => {
    const cwd = tree(THREE)
    mkdirSync(join(cwd, 'there'))
    expect(command(['in', '-o', 'there', '-q'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(command(['in', '-o', 'new/folder/', '-q'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(contentOf(cwd, 'there')).toEqual(THREE_SCORED)
    expect(contentOf(cwd, 'new/folder')).toEqual(THREE_SCORED)
  })

  it('takes files, by their names alone', () => {
    const cwd = tree({ 'x/a.csv': rows(1), 'y/b.csv': rows(2) })
    expect(command(['x/a.csv', 'y/b.csv', '-q', '-o', 'out/'], { cwd }).status).toBe(0)
    expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': scored(1), 'b.csv': scored(2) })
  })

  it('has the extension of the format that is written, and no compression', () => {
    const cwd = tree({
      'in/a.csv.gz': gzipSync(rows(1)),
      'in/b.tab': rows(2).replaceAll(',', '\t'),
      'in/c.jsonl': '{"id": 3, "logit_a": 2, "logit_b": 1}\n',
      'in/part-00004': rows(4),
      'in/D.CSV': rows(5),
    })
    expect(run(cwd, '-q').status).toBe(0)
    const names = (out: string) => Object.keys(contentOf(cwd, out)).filter((name) => !name.startsWith('_'))
    expect(names('out')).toEqual(['D.CSV', 'a.csv', 'b.tab', 'c.jsonl', 'part-00004'])
    expect(contentOf(cwd)).toMatchObject({ 'a.csv': scored(1), 'b.tab': scored(2).replaceAll(',', '\t') })
    expect(command(['in', '-o', 'other/', '-t', 'ndjson', '-q'], { cwd }).status).toBe(0)
    expect(names('other')).toEqual(['D.ndjson', 'a.ndjson', 'b.ndjson', 'c.jsonl', 'part-00004.ndjson'])
  })

  const LEFTOVERS = [
    'part-0.csv.tmp',
    'part-0.csv~',
    'part-0.csv.inprogress',
    'part-0.csv.inprogress.8f2a',
    'part-0.csv.md5',
    'part-0.csv.sha256',
    'part-0.parquet.crc',
    'part-0.bak',
    'part-0.csv.swp',
    'part-0.csv.partial',
    'part-0.csv.part',
    'part-0.csv._COPYING_',
    'part-0.csv.crdownload',
  ]

  it.each(LEFTOVERS)('has no %s, with a warning', (name) => {
    const text = `"$${name}" is left out, as its name ends like that of a temporary file, a backup or a checksum; to read such a file, name it as an input\n`
    const cwd = tree({ 'in/part-0.csv': rows(1), 'in/deep/part-1.csv': rows(2), [`in/deep/${name}`]: rows(9) })
    expect(run(cwd).stderr).toBe(
      `softmax: warning: ${text.replace('$', 'in/deep/')}softmax: out/: 2 of 2 parts done, 2 rows\n`,
    )
    expect(contentOf(cwd)).toEqual({ ...DONE, 'part-0.csv': scored(1), 'deep/part-1.csv': scored(2) })
    const one = command(['in/deep'], { cwd })
    expect(one).toEqual({
      status: 0,
      stdout: scored(2),
      stderr: `softmax: warning: in/deep: ${text.replace('$', '')}`,
    })
    expect(command([`in/deep/${name}`, '--from', 'csv'], { cwd }).stdout).toBe(scored(9))
  })

  it('reports what it leaves out through the API', async () => {
    const cwd = tree({ 'in/part-0.csv': rows(1), 'in/part-0.csv.tmp': rows(9) })
    const stream = scoreFiles(join(cwd, 'in'))
    const warnings: unknown[] = []
    stream.on('warning', (...warning) => warnings.push(warning))
    expect(String(Buffer.concat(await stream.toArray()))).toBe(scored(1))
    expect(warnings).toEqual([[expect.stringContaining('"part-0.csv.tmp" is left out'), join(cwd, 'in')]])
  })

  it('counts what it leaves out, once, also in a dry run, and takes other names', () => {
    const files = Object.fromEntries(LEFTOVERS.map((name) => [`in/${name}`, rows(9)]))
    const cwd = tree({ 'in/part-0.csv': rows(1), 'in/part-00004': rows(2), 'in/part-temp': rows(3), ...files })
    const counted =
      '"part-0.bak" and 12 other files are left out, as their names end like that of a temporary file, a backup or a checksum'
    for (const args of [[], ['--dry-run'], ['--dry-run', '-o', 'dry/']]) {
      const { status, stderr } = command(['in', ...args], { cwd })
      expect(stderr.replace('in/', '')).toContain(counted)
      expect(stderr.match(/left out/g)).toHaveLength(1)
      expect(status).toBe(0)
    }
    expect(command(['in', '-q'], { cwd })).toEqual({ status: 0, stdout: scored(1, 2, 3), stderr: '' })
    const { stdout } = command(['in', '-q', '--dry-run'], { cwd })
    expect(stdout).toContain('in/part-0.csv, the first of 3 files (csv')
  })

  it('has a warning for each part that may be truncated', () => {
    const large = `id,logit_a,logit_b\n${'1,2,1\n'.repeat(200_000)}`
    const parts = { 'in/a.csv': large.trimEnd(), 'in/b.csv': large, 'in/c.csv': `${large}1,2` }
    const { stderr } = run(tree(parts), '--on-error', 'skip')
    const named = Array.from(stderr.matchAll(/warning: (.*): it ends without a newline/g), ([, name]) => name)
    expect(named.sort()).toEqual(['in/a.csv', 'in/c.csv'])
  })

  it('has of each part the bytes of a run of its own, whatever its format', () => {
    const fixtures = ['digits-logits.csv', 'digits.parquet', 'digits.arrow', 'digits.npy', 'digits.safetensors']
    const cwd = tree(
      Object.fromEntries(fixtures.map((name) => [`in/${name}`, readFileSync(join(ROOT, 'fixtures', name))])),
    )
    expect(run(cwd, '-q', '-e', 'probs', '--no-keep').status).toBe(0)
    for (const name of fixtures) {
      expect(
        command([`in/${name}`, '-q', '-e', 'probs', '--no-keep', '-o', 'alone', '-t', manifestFormat(name)], { cwd })
          .status,
      ).toBe(0)
      expect(readFileSync(join(cwd, 'out', name)).equals(readFileSync(join(cwd, 'alone')))).toBe(true)
    }
  })

  it('leaves out what begins with a point or _, and what is not called like a part', () => {
    const others = {
      'in/.a.csv.crc': 'x',
      'in/_SUCCESS': '',
      'in/_metadata/m.csv': 'x',
      'in/.git/a.csv': 'x',
      'in/n.txt': 'x',
    }
    const cwd = tree({ ...THREE, ...others })
    expect(run(cwd, '-q').status).toBe(0)
    expect(contentOf(cwd)).toEqual(THREE_SCORED)
  })

  it('follows links to files and folders, and not in a circle', () => {
    const cwd = tree({ 'elsewhere/x.csv': rows(1), 'in/a.csv': rows(2) })
    symlinkSync('../elsewhere', join(cwd, 'in/linked'))
    expect(run(cwd, '-q').status).toBe(0)
    expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': scored(2), 'linked/x.csv': scored(1) })
    symlinkSync('..', join(cwd, 'in/linked/in'))
    symlinkSync('../in', join(cwd, 'in/circle'))
    const { status, stderr } = command(['in', '-o', 'other/'], { cwd })
    expect(stderr).toMatch(/it is a link to a folder that contains it \[E_INPUT\]\n$/)
    expect(status).toBe(3)
  })

  it('has a folder once, whatever links lead to it, by its own name if it has one', () => {
    const cwd = tree({ 'elsewhere/x.csv': rows(1), 'in/z/a.csv': rows(2), 'in/a.csv': rows(3) })
    for (const name of ['one', 'two']) symlinkSync('../elsewhere', join(cwd, `in/${name}`))
    symlinkSync('z', join(cwd, 'in/latest'))
    expect(run(cwd, '-q').status).toBe(0)
    expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': scored(3), 'one/x.csv': scored(1), 'z/a.csv': scored(2) })
  })

  it('is of each folder once where as many paths lead there as no run could list', () => {
    const cwd = tree({ 'deep/30/x.csv': rows(1), 'in/a.csv': rows(2) })
    for (let level = 0; level < 30; level++) {
      mkdirSync(join(cwd, `deep/${level}`))
      for (const name of ['left', 'right']) symlinkSync(`../${level + 1}`, join(cwd, `deep/${level}/${name}`))
    }
    symlinkSync('../deep/0', join(cwd, 'in/deep'))
    expect(run(cwd)).toMatchObject({ status: 0, stderr: 'softmax: out/: 2 of 2 parts done, 2 rows\n' })
  })

  it('may be in the folder of inputs, but no other run may take it for one', () => {
    const cwd = tree(THREE)
    const into = (out: string) => command(['in', '-o', out, '-q'], { cwd })
    expect(into('in/sub/').status).toBe(0)
    for (const out of ['in/other/', 'out/']) {
      const { status, stderr } = into(out)
      expect(stderr).toContain('"in/sub" is the output of another run, according to its _manifest.ndjson')
      expect(status).toBe(2)
    }
    expect(command(['in/sub', '-o', 'again/', '-l', 'p_*', '-q', '-e', 'index'], { cwd }).status).toBe(0)
  })

  it('may be in the folder of inputs, whose part it never is', () => {
    const cwd = tree(THREE)
    for (const more of [[], ['--resume'], ['--resume']]) {
      const args = ['in', '-o', 'in/out/', '--rejects', 'in/bad/', '--stats', 'in/stats/', '-q', ...more]
      expect(command(args, { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(contentOf(cwd, 'in/out')).toEqual(THREE_SCORED)
    }
  })

  it.each([
    ['files', 'in/bad.ndjson', 'in/stats.json'],
    ['folders', 'in/bad/', 'in/stats/'],
    ['one folder', 'in/side/', 'in/side/'],
  ])('may have rejects and statistics in the folder of inputs, as %s, which later runs replace', (_, bad, stats) => {
    const cwd = tree({ 'in/a.csv': BAD, 'in/x/b.csv': rows(1) })
    for (const more of [[], ['--resume'], ['--resume']]) {
      expect(run(cwd, '--rejects', bad, '--stats', stats, ...more).stderr).toMatch(/: 2 of 2 parts done.*, 2 rows/)
    }
    expect(contentOf(cwd)).toMatchObject({ 'a.csv': scored(1), 'x/b.csv': scored(1) })
  })

  it('says in the manifest what was done with what', () => {
    const cwd = tree({ 'in/a.csv': BAD })
    utimesSync(join(cwd, 'in/a.csv'), 1_764_000_000, 1_764_000_000)
    expect(run(cwd, '-q', '--on-error', 'skip', '--log', '-p', '3').status).toBe(0)
    expect(manifest(cwd)).toEqual([
      {
        part: 'a.csv',
        input: { path: 'a.csv', bytes: 31, modified: '2025-11-24T16:00:00.000000000Z' },
        // By sha256sum, of `id,logp_a,logp_b,label\n1,-0.313,-1.31,a\n`.
        output: { bytes: 40, sha256: SHA },
        // By sha256sum, of `["a","b"]`.
        classes: {
          count: 2,
          names: ['a', 'b'],
          sha256: '0473ef2dc0d324ab659d3580c1134e9d812035905c4781fdd6d529b0c6860e13',
        },
        // By sha256sum, of `["id"]`.
        kept: { count: 1, names: ['id'], sha256: 'fc949a4dac6b077d1c847c8706688fbbd098682139e19ff26a436691c96c89f1' },
        read: 2,
        written: 1,
        abstained: 0,
        rejected: { E_CELL: 1 },
        lane: 'fast',
        seconds: expect.any(Number),
        made: { version: MANIFEST.version, options: { op: 'log-softmax', precision: 3 } },
      },
    ])
  })

  it('says a guess and a warning once', () => {
    const header = 'name,cat,dog\n'
    const cwd = tree({ 'in/a.csv': `${header}x,1.5,-2.5\n`, 'in/b.csv': `${header}y,-1.5,2.5\n` })
    const { status, stderr } = run(cwd)
    expect(stderr).toBe('softmax: logits: 2 columns (cat, dog); kept: name\nsoftmax: out/: 2 of 2 parts done, 2 rows\n')
    expect(status).toBe(0)
  })

  it('has a progress of all its bytes', () => {
    const many = rows(...Array.from({ length: 20_000 }, (_, id) => id))
    const cwd = tree({ 'in/a.csv': many, 'in/b.csv': many, 'in/c.csv': many })
    const args = ['in', '-o', 'out/', '--progress', '--lane', 'general']
    const { stderr } = command(args, { cwd, terminal: 'stderr', env: FAST_CLOCK })
    const shares = Array.from(stderr.matchAll(/\r(\d+)%/g), ([, share]) => Number(share))
    expect(shares.length).toBeGreaterThan(0)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(stderr).toMatch(/softmax: out\/: 3 of 3 parts done, 60,000 rows\n$/)
  })

  it('is shown by --dry-run, and not written', () => {
    const cwd = tree({ ...THREE, 'in/dt=1/d.csv.gz': gzipSync(rows(5)) })
    const { status, stdout, stderr } = run(cwd, '--dry-run', '-t', 'ndjson')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('in/a.csv -> out/a.ndjson\n')
    expect(stdout).toMatch(/^parts: {3}4, \d+ bytes\n/)
    expect(stdout).toContain('output:  out/a.ndjson (ndjson)\n')
    expect(readdirSync(cwd)).toEqual(['in'])
  })

  it('keeps the files of other programs out of it: with --no-clobber nothing that is there is replaced', () => {
    const cwd = tree({ ...THREE, 'out/b.csv': 'old' })
    const { status, stderr } = run(cwd, '--no-clobber')
    expect(stderr).toMatch(/softmax: cannot write "out\/b\.csv": it already exists.*\[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
    expect(contentOf(cwd)).toEqual({ 'b.csv': 'old' })
    expect(run(cwd, '-q').status).toBe(0)
    expect(contentOf(cwd)).toEqual(THREE_SCORED)
  })
})

/** The digest of an output, by sha256sum. */
const SHA = '184033361f592118e733556bd8b51d7aed5625c5272040df464347bfa0de91d8'

/** The format of a file, by its name. */
function manifestFormat(name: string): string {
  return name.split('.').at(-1)!
}

describe('a folder as the output is refused', () => {
  const mixed = { 'in/a.csv': rows(1), 'in/b.ndjson': '{"logits":[1,2]}\n' }
  const refusals: [string, Files, string[], RegExp, number][] = [
    [
      'an option of delimited text, if a part is written in another format',
      mixed,
      ['--output-delimiter', ';'],
      /^softmax: in\/b\.ndjson: --output-delimiter works only with delimited text, which the output is not.*\[E_CONFLICT\]/,
      2,
    ],
    [
      'an option of delimited text, if a part is read in another format',
      mixed,
      ['--delimiter', ';', '-t', 'csv'],
      /^softmax: in\/b\.ndjson: --delimiter works only with delimited text.*the input is ndjson.*\[E_CONFLICT\]/,
      2,
    ],
    [
      'a label, if a part is written as an array',
      { 'in/a.csv': rows(1), 'in/b.npy': readFileSync(join(ROOT, 'fixtures/digits.npy')) },
      ['--emit', 'probs,label'],
      /^softmax: in\/b\.npy: npy stores only numbers; label is the name of a class.*\[E_CONFLICT\]/,
      2,
    ],
    [
      'two parts that would be one',
      { 'in/a.csv': rows(1), 'in/a.csv.gz': gzipSync(rows(2)) },
      [],
      /"in\/a\.csv" and "in\/a\.csv\.gz" would both be "a\.csv" .*\[E_PARTS\]/,
      2,
    ],
    [
      'a part that would be a folder of another',
      { 'in/a.csv.gz': gzipSync(rows(1)), 'in/a.csv/b.csv': rows(2) },
      [],
      /would both be "a\.csv" in the output.*\[E_PARTS\]/,
      2,
    ],
    [
      'a part that is called as the manifest is',
      { 'in/a.csv': rows(1), '_manifest.ndjson': '{"logits":[1,2]}' },
      ['_manifest.ndjson'],
      /the name "_manifest\.ndjson" is reserved.*\[E_PARTS\]/,
      2,
    ],
    [
      'no part',
      { 'in/notes.txt': 'x' },
      [],
      /^softmax: in\/: cannot read: it is a folder without parts.*\[E_INPUT\]/,
      3,
    ],
    [
      'a part that is not there',
      { 'in/a.csv': rows(1) },
      ['missing.csv'],
      /^softmax: missing\.csv: cannot read: no such file.*\[E_INPUT\]/,
      3,
    ],
    [
      'a compressed Parquet file, which DuckDB and pyarrow cannot read',
      { 'in/a.csv': rows(1) },
      ['--compress', 'gzip', '-t', 'parquet'],
      /^softmax: --compress gzip would make "a\.parquet\.gz", .*; leave out --compress \[E_CONFLICT\]\n$/,
      2,
    ],
    [
      'a compressed Arrow file',
      { 'in/a.csv': rows(1) },
      ['--compress', 'gzip', '-t', 'arrow'],
      /"a\.arrow\.gz", .* --to arrows writes streams, .*\[E_CONFLICT\]/,
      2,
    ],
    [
      'a compressed .npz',
      { 'in/a.csv': rows(1) },
      ['--compress', 'gzip', '-t', 'npz'],
      /"a\.npz\.gz", which other programs cannot read: it is a zip archive; .*\[E_CONFLICT\]/,
      2,
    ],
    ['standard input', { 'in/a.csv': rows(1) }, ['-'], /standard input cannot be a part.*\[E_CONFLICT\]/, 2],
    [
      'metrics',
      { 'in/a.csv': rows(1) },
      ['--truth', 'id', '--metrics', 'm.json'],
      /--metrics works only with one output.*\[E_CONFLICT\]/,
      2,
    ],
    [
      '--types infer',
      { 'in/a.csv': rows(1) },
      ['--types', 'infer'],
      /--types infer could give each part different types; .*\[E_CONFLICT\]/,
      2,
    ],
    [
      '--resume with --no-clobber',
      { 'in/a.csv': rows(1) },
      ['--resume', '--no-clobber'],
      /leave out --no-clobber \[E_CONFLICT\]/,
      2,
    ],
    [
      'a file of rejects for several processes',
      { 'in/a.csv': rows(1) },
      ['--part', '1/2', '--rejects', 'r'],
      /--rejects r\/ ?.*\[E_CONFLICT\]|--rejects 'r\/' \[E_CONFLICT\]/,
      2,
    ],
    [
      'a file of statistics for several processes',
      { 'in/a.csv': rows(1) },
      ['--part', '1/2', '--stats', 'stats-2.json'],
      /the number of the share in the name, such as --stats '?stats-2-1\.json'?, or name a folder, --stats '?stats-2\.json\/'? \[E_CONFLICT\]/,
      2,
    ],
    [
      'a file in the place of the folder',
      { 'in/a.csv': rows(1), out: 'x' },
      [],
      /cannot write "out\/?": .*\[E_OUTPUT\]/,
      3,
    ],
    [
      'what is there of others',
      { 'in/a.csv': rows(1), 'out/x/other.csv': 'x' },
      [],
      /contains "x\/other\.csv", which none of these inputs produces.*\[E_RESUME\]/,
      2,
    ],
    [
      'what another program has completed',
      { 'in/a.csv': rows(1), 'out/_SUCCESS': '' },
      ['--resume'],
      /contains a _SUCCESS of another program; .*\[E_RESUME\]/,
      2,
    ],
    [
      'a manifest of a run before',
      { 'in/a.csv': rows(1), 'out/_manifest.ndjson': '' },
      [],
      /contains the output of another run; continue it with --resume.*\[E_RESUME\]/,
      2,
    ],
  ]

  it.each(refusals)('for %s, before anything is written', (_, files, args, message, status) => {
    const cwd = tree(files)
    const before = contentOf(cwd, '.')
    const result = run(cwd, ...args)
    expect(result.stderr).toMatch(message)
    expect(result.status).toBe(status)
    expect(contentOf(cwd, '.')).toEqual(before)
  })

  it.each([
    ['is that of the inputs', ['in', '-o', 'in/']],
    ['has an input where an output would be', ['in', '-o', 'out/']],
    ['has an input where an output would be, by a link', ['in', '-o', 'hard/']],
  ])('where it %s', (_, args) => {
    const cwd = tree({ 'in/a.csv': rows(1) })
    mkdirSync(join(cwd, 'hard'))
    linkSync(join(cwd, 'in/a.csv'), join(cwd, 'hard/a.csv'))
    symlinkSync('in', join(cwd, 'out'))
    const { status, stderr } = command(args, { cwd })
    expect(stderr).toMatch(/^softmax: the output ".*" is an input; .*\[E_SAME_FILE\]\n$/)
    expect(status).toBe(2)
    expect(readFileSync(join(cwd, 'in/a.csv'), 'utf8')).toBe(rows(1))
  })

  const PART = '{"read":1,"logits":[2,1]}\n'
  const OF_INPUTS = { 'in/a.csv': rows(1), 'in/b.ndjson': PART, 'in/x/c.csv': rows(3), 'in/x/c.csv.ndjson': PART }

  it.each([
    ['a part', 'in/a.csv', 'file "in/a.csv" is an input; write to another file'],
    ['a part by another name', './in/x/../a.csv', 'file "./in/x/../a.csv" is an input; write to another file'],
    ['a part in a folder inside', 'in/x/c.csv', 'file "in/x/c.csv" is an input; write to another file'],
    ['a part by a link', 'link.json', 'file "link.json" is an input; write to another file'],
    ['a part by a hard link', 'hard.json', 'file "hard.json" is an input; write to another file'],
    ['a part that begins as statistics do', 'in/b.ndjson', 'file "in/b.ndjson" is an input; write to another file'],
    ['the folder of inputs', 'in/', 'folder "in/" is an input; write to another folder'],
    [
      'a folder with parts',
      'in/x/',
      'folder "in/x/" is a folder of inputs, such as "in/x/c.csv"; write to another folder',
    ],
  ])('where a file besides the outputs is %s, which would be replaced or left out', (_, path, says) => {
    const cwd = tree(OF_INPUTS)
    symlinkSync('in/a.csv', join(cwd, 'link.json'))
    linkSync(join(cwd, 'in/a.csv'), join(cwd, 'hard.json'))
    const before = contentOf(cwd, '.')
    for (const kind of ['rejects', 'stats']) {
      const { status, stderr } = run(cwd, '--on-error', 'skip', `--${kind}`, path)
      expect({ status, stderr }).toEqual({ status: 2, stderr: `softmax: the ${kind} ${says} [E_SAME_FILE]\n` })
    }
    expect(contentOf(cwd, '.')).toEqual(before)
  })

  it('where the rejects of a part would replace an input', () => {
    const cwd = tree(OF_INPUTS)
    const { status, stderr } = command(['in/x/c.csv', 'in/x/c.csv.ndjson', '-o', 'out/', '--rejects', 'in/x/'], { cwd })
    expect(stderr).toBe(
      'softmax: the rejects file "in/x/c.csv.ndjson" is an input; write to another file [E_SAME_FILE]\n',
    )
    expect(status).toBe(2)
    expect(contentOf(cwd, 'in/x')).toEqual({ 'c.csv': rows(3), 'c.csv.ndjson': PART })
  })

  it.each(['_SUCCESS', '_manifest.ndjson', '_manifest-1-of-2.ndjson', '_rejects/a.csv.ndjson'])(
    'where a file besides the outputs is called as one that the run writes: %s',
    (name) => {
      const cwd = tree({ 'in/a.csv': BAD })
      for (const kind of ['rejects', 'stats']) {
        const { status, stderr } = run(cwd, '--on-error', 'skip', `--${kind}`, `out/${name}`)
        expect(stderr).toBe(
          `softmax: --${kind} 'out/${name}' is a name that the run itself uses; use --${kind} 'out/_all-${kind}.ndjson' [E_CONFLICT]\n`,
        )
        expect(status).toBe(2)
      }
      expect(existsSync(join(cwd, 'out'))).toBe(false)
    },
  )

  it.each(['--resume', '--part=1/2'])('for %s where there is none', (flag) => {
    const { status, stderr } = command([flag, '-o', 'out.csv'], { stdin: rows(1), cwd: folder() })
    expect(stderr).toMatch(/works only with outputs in a folder; name one with -o FOLDER\/ \[E_CONFLICT\]\n$/)
    expect(status).toBe(2)
  })
})

describe('parts of other classes than the first', () => {
  const MIXED = { 'in/a.csv': rows(1), 'in/b.csv': rows(2), 'in/c.csv': 'id,logit_x,logit_y\n1,2,1\n' }
  const DIFFERENCE = '"c.csv" lacks the classes "a", "b" of "a.csv", and has "x", "y" instead'

  it('are scored with their own, and a warning names one of each, also where they were done before', () => {
    const cwd = tree(MIXED)
    for (const more of [[], ['--resume']]) {
      const { status, stderr } = run(cwd, ...more)
      expect(status).toBe(0)
      expect(stderr).toContain(`softmax: warning: ${DIFFERENCE}; each part was scored with its own\n`)
    }
    expect(contentOf(cwd)['c.csv']).toBe(`id,p_x,p_y,label\n1,${P21},x\n`)
    expect(run(cwd, '--resume', '--quiet').stderr).toBe('')
  })

  it('have that warning, and those of unusual parts, where a later part ends the run, too', () => {
    const files = { 'in/d.csv': 'id,logit_a,logit_b\n', 'in/e.csv': 'id,logit_a,logit_b\n1,2,x\n' }
    const cwd = tree({ ...MIXED, ...files })
    const { status, stderr } = run(cwd)
    const [empty, difference, done, error] = stderr.split('\n')
    expect(empty).toBe('softmax: warning: "in/d.csv" has no rows')
    expect(difference).toBe(`softmax: warning: ${DIFFERENCE}; each part was scored with its own`)
    expect(done).toContain('softmax: 4 of 5 parts are done: 3 rows written; ')
    expect(error).toContain('softmax: in/e.csv:2: column logit_b (row 1, byte 23): "x" is not a number')
    expect(status).toBe(1)
    expect(run(cwd, '--resume', '--quiet').stderr.split('\n')).toHaveLength(2)
    const refused = run(tree(MIXED), '--no-output-header')
    expect(refused.stderr).toContain('[E_PARTS]')
    expect(refused.stderr).not.toContain('warning')
  })

  // By hand: of five parts, one has the same classes in another order, and two lack a class.
  const ABC = 'id,logit_a,logit_b,logit_c\n1,1,2,3\n'
  const CBA = 'id,logit_c,logit_b,logit_a\n1,3,2,1\n'
  const AB = 'id,logit_a,logit_b\n1,1,2\n'
  const FEWER = '"c.$" lacks the class "c" of "a.$" (1 more part differs); each part was scored with its own'
  const MOVED =
    '"b.$" has the classes of "a.$" in another order (class 1 is "c", not "a"); each output has the order of its part'
  const FIVE = { 'in/a.csv': ABC, 'in/b.csv': CBA, 'in/c.csv': AB, 'in/d.csv': AB, 'in/e.csv': ABC }

  it.each([
    ['parquet', [], [FEWER]],
    ['ndjson', [], [FEWER]],
    ['csv', [], [FEWER, MOVED]],
    ['csv', ['--emit', 'label'], [FEWER]],
    ['csv', ['--top-k', '2'], [FEWER]],
    ['parquet', ['--emit', 'label,index'], [FEWER, MOVED]],
    ['npz', ['--no-keep'], [FEWER, MOVED]],
    ['npz', ['--no-keep', '--emit', 'confidence'], [FEWER]],
    ['npy', ['--no-keep', '--emit', 'probs'], [FEWER, MOVED]],
  ])('are told from the same ones in another order, which has a warning where it matters: %s %j', (to, args, says) => {
    const cwd = tree(FIVE)
    for (const more of [[], ['--resume']]) {
      const { status, stderr } = run(cwd, '-t', to, ...args, ...more)
      const warnings = stderr.split('\n').filter((line) => line.includes('warning'))
      expect(warnings).toEqual(says.map((text) => `softmax: warning: ${text.replaceAll('$', to)}`))
      expect(status).toBe(0)
    }
  })

  it('are told from another order also behind the names that are held, and among parts that lack classes', () => {
    const wide = (...names: string[]) => `${names.map((name) => `logit_${name}`)}\n${names.map((_, nth) => nth)}\n`
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const moved = [...names.slice(0, 5), 'g', 'f']
    const cwd = tree({ 'in/a.csv': wide('x', 'y'), 'in/b.csv': wide(...names), 'in/c.csv': wide(...moved) })
    expect(run(cwd).stderr.split('\n').slice(0, 2)).toEqual([
      'softmax: warning: "b.csv" lacks the classes "x", "y" of "a.csv", and has "a", "b", "c", "d", "e", "f", "g" instead (1 more part differs); each part was scored with its own',
      'softmax: warning: "c.csv" has the classes of "b.csv" in another order (class 6 is "g", not "f"); each output has the order of its part',
    ])
  })

  // By hand.
  it.each([
    ['one more', 'refund,shipping,billing,login,bug,other,spam', 'has the class "spam", which "a.csv" lacks'],
    ['one less', 'refund,shipping,billing,login,bug', 'lacks the class "other" of "a.csv"'],
    ['one less in front', 'shipping,billing,login,bug,other', 'lacks the class "refund" of "a.csv"'],
    ['another', 'refund,shipping,billing,login,bug,misc', 'lacks the class "other" of "a.csv", and has "misc" instead'],
  ])('are named, and only those, behind the same ones: %s', (_, names, says) => {
    const part = (list: string) => {
      const classes = list.split(',')
      return `${classes.map((name) => `logit_${name}`)}\n${classes.map((_, nth) => nth)}\n`
    }
    const cwd = tree({ 'in/a.csv': part('refund,shipping,billing,login,bug,other'), 'in/b.csv': part(names) })
    for (const more of [[], ['--resume']]) {
      const [warning] = run(cwd, ...more).stderr.split('\n')
      expect(warning).toBe(`softmax: warning: "b.csv" ${says}; each part was scored with its own`)
    }
  })

  it('are counted where they have no names, or more than the manifest lists', () => {
    const list = (count: number) => `{"logits": [${Array.from({ length: count }, (_, nth) => nth)}]}\n`
    const lists = run(tree({ 'in/a.ndjson': list(6), 'in/b.ndjson': list(7) }))
    expect(lists.stderr).toContain(': warning: "b.ndjson" has 7 classes, but "a.ndjson" has 6; each part')
    const wide = (count: number, last: string) => {
      const names = Array.from({ length: count }, (_, nth) => `logit_${'n'.repeat(90)}${100 + nth}`).with(-1, last)
      return `${names}\n${names.map((_, nth) => nth)}\n`
    }
    const a = wide(200, 'logit_a')
    const counted = run(tree({ 'in/a.csv': a, 'in/b.csv': wide(201, 'logit_a') }))
    expect(counted.stderr).toContain(': warning: "b.csv" has 201 classes, but "a.csv" has 200; each part')
    const behind = run(tree({ 'in/a.csv': a, 'in/b.csv': wide(200, 'logit_b') }))
    expect(behind.stderr).toMatch(/: warning: "b.csv" has other classes than "a.csv" after the first 1\d\d; each part/)
  })

  it('are no warning where all have them', () => {
    expect(run(tree(THREE)).stderr).toBe('softmax: out/: 3 of 3 parts done, 4 rows\n')
    const labelled = run(tree(MIXED), '--labels', 'no,yes')
    expect(labelled).toEqual({ status: 0, stdout: '', stderr: 'softmax: out/: 3 of 3 parts done, 3 rows\n' })
  })

  it('have statistics in one file, which counts rows', () => {
    const cwd = tree(MIXED)
    for (const before of [0, 3]) {
      const { status, stderr } = run(cwd, '--stats', 's.json', ...(before > 0 ? ['--resume'] : []))
      expect(stderr).toContain(DIFFERENCE)
      expect(status).toBe(0)
      const parts = { all: 3, done: 3, before, failed: [] }
      expect(JSON.parse(readFileSync(join(cwd, 's.json'), 'utf8'))).toMatchObject({ read: 3, written: 3, parts })
    }
  })
})

describe('a temporary file that a killed share has left', () => {
  const LEFT = '.softmax-0123456789ab.tmp'

  it('is gone when all parts are done, whichever share ends last, and stays while others may be at work', () => {
    const cwd = tree({ ...THREE, [`out/${LEFT}`]: 'half a part', 'out/.softmax-notes.tmp': '' })
    utimesSync(join(cwd, 'out', LEFT), 1_764_000_000, 1_764_000_000)
    const hidden = () => readdirSync(join(cwd, 'out')).filter((name) => name.startsWith('.'))
    expect(run(cwd, '--part', '1/2').status).toBe(0)
    expect(hidden()).toEqual([LEFT, '.softmax-notes.tmp'])
    expect(run(cwd, '--part', '2/2').status).toBe(0)
    expect(hidden()).toEqual(['.softmax-notes.tmp'])
  })

  it('is none that is newer than the process that ends', () => {
    const cwd = tree({ ...THREE, [`out/${LEFT}`]: 'a part' })
    utimesSync(join(cwd, 'out', LEFT), 4_000_000_000, 4_000_000_000)
    expect(run(cwd).status).toBe(0)
    expect(readdirSync(join(cwd, 'out'))).toContain(LEFT)
  })
})

describe('a folder for a file next to one output', () => {
  it.each([
    [
      '--rejects',
      'there/',
      '"there/" is a folder, which works only if the outputs are in a folder, too (-o FOLDER/); name a file, such as --rejects \'there/rejects.ndjson\'',
    ],
    [
      '--rejects',
      'there',
      '"there" is a folder, which works only if the outputs are in a folder, too (-o FOLDER/); name a file, such as --rejects \'there/rejects.ndjson\'',
    ],
    [
      '--stats',
      'new/',
      '"new/" is a folder, which works only if the outputs are in a folder, too (-o FOLDER/); name a file, such as --stats \'new/stats.json\'',
    ],
    ['--metrics', 'there/', '"there/" is a folder; name a file, such as --metrics \'there/metrics.json\''],
  ])('is a usage error: %s %s', (option, path, message) => {
    const cwd = tree({ 'in.csv': BAD, 'there/x': '' })
    const truth = option === '--metrics' ? ['--truth', 'id'] : []
    for (const output of [[], ['-o', 'out.csv'], ['--dry-run']]) {
      expect(command(['in.csv', option, path, ...truth, ...output], { cwd })).toEqual({
        status: 2,
        stdout: '',
        stderr: `softmax: ${message} [E_CONFLICT]\n`,
      })
    }
    expect(readdirSync(cwd)).toEqual(['in.csv', 'there'])
  })

  it('is one of softmax evaluate, too', () => {
    const cwd = tree({ 'in.csv': BAD, 'there/x': '' })
    for (const option of ['--rejects', '--report']) {
      const { status, stderr } = command(['evaluate', 'in.csv', '--truth', 'id', option, 'there'], { cwd })
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('name a file, such as') })
    }
  })
})

describe('parts that keep other columns than the first', () => {
  const one = 'id,date,logit_a,logit_b\n1,x,2,1\n'
  const wide = (last: string) => `${'c1,c2,c3,c4,c5,'}${last},logit_a,logit_b\n1,2,3,4,5,6,2,1\n`

  it.each([
    [
      'of another name',
      one,
      one.replace('date', 'day'),
      'lacks the kept column "date" of "a.csv", and has "day" instead',
    ],
    ['fewer', one, 'id,logit_a,logit_b\n1,2,1\n', 'lacks the kept column "date" of "a.csv"'],
    ['none', one, 'logit_a,logit_b\n2,1\n', 'lacks the kept columns "id", "date" of "a.csv"'],
    ['more', 'logit_a,logit_b\n2,1\n', one, 'has the kept columns "id", "date", which "a.csv" lacks'],
    ['behind the same ones', wide('c6'), wide('x'), 'lacks the kept column "c6" of "a.csv", and has "x" instead'],
  ])('are scored with a warning that names what differs: %s', (_, a, b, difference) => {
    const cwd = tree({ 'in/a.csv': a, 'in/b.csv': a, 'in/c.csv': b })
    for (const more of [[], ['--resume']]) {
      const { status, stderr } = run(cwd, ...more)
      const says = `"c.csv" ${difference}; each output has the columns of its part`
      expect(stderr.split('\n')[0]).toBe(`softmax: warning: ${says}`)
      expect(status).toBe(0)
    }
    expect(run(cwd, '--resume', '--quiet').stderr).toBe('')
  })

  it('are counted where a name is there more than once', () => {
    const twice = one.replace('date', 'id')
    const { stderr } = run(tree({ 'in/a.csv': twice, 'in/b.csv': 'id,id,id,logit_a,logit_b\n1,1,1,2,1\n' }))
    expect(stderr).toContain(': warning: "b.csv" has 3 kept columns, but "a.csv" has 2; each output')
  })

  describe('with other types', () => {
    const part = (v: string, more = '') => `{"id":1,"v":${v}${more},"logits":[2,1]}\n`
    const warning = (text: string) => `softmax: warning: ${text}\n`
    const JSON_PARTS = { 'in/a.ndjson': part('1'), 'in/b.ndjson': part('2'), 'in/c.ndjson': part('1.5') }

    it.each(['parquet', 'arrow', 'arrows'])('are scored to %s with a warning that has the option', (to) => {
      const cwd = tree(JSON_PARTS)
      for (const more of [[], ['--resume']]) {
        const { status, stderr } = run(cwd, '-t', to, ...more)
        expect(stderr.split('\n')[0]).toBe(
          `softmax: warning: "c.${to}" has the kept column "v" as float64, "a.${to}" as int64; each output has the types of its part; --types v=float64 gives all parts one type`,
        )
        expect(status).toBe(0)
      }
      const three = run(tree({ ...JSON_PARTS, 'in/d.ndjson': part('"x"') }), '-t', to)
      expect(three.stderr).toContain(
        '; --types v=float64 gives all parts one type, or --types v=text if some values are text\n',
      )
      const typed = run(tree(JSON_PARTS), '-t', to, '--types', 'v=float64')
      expect(typed.stderr).toBe('softmax: out/: 3 of 3 parts done, 3 rows\n')
    })

    it.each([
      [
        '1',
        '"x"',
        'text',
        'int64',
        '--types v=int64 gives all parts one type, or --types v=text if some values are text',
      ],
      [
        '"x"',
        'true',
        'bool',
        'text',
        '--types v=bool gives all parts one type, or --types v=text if some values are text',
      ],
      [
        '1',
        'null',
        'text',
        'int64',
        '--types v=int64 gives all parts one type, or --types v=text if some values are text',
      ],
      ['1.5', 'true', 'bool', 'float64', '--types v=text gives all parts one type'],
    ])('propose a type for %s and %s', (one, other, type, first, remedy) => {
      const { stderr } = run(tree({ 'in/a.ndjson': part(one), 'in/b.ndjson': part(other) }), '-t', 'parquet')
      expect(stderr).toContain(
        warning(
          `"b.parquet" has the kept column "v" as ${type}, "a.parquet" as ${first}; each output has the types of its part; ${remedy}`,
        ),
      )
    })

    it('are compared by name, also next to other columns and in several formats, and counted', () => {
      const other = '{"w":1,"v":1.5,"u":[1],"logits":[2,1]}\n'
      const cwd = tree({ 'in/a.csv': 'v,w,logit_0,logit_1\n1,x,2,1\n', 'in/b.ndjson': other })
      const { stderr } = run(cwd, '-t', 'parquet', '--types', 'v=float64')
      expect(stderr).toContain(
        '"b.parquet" has the kept column "w" as int64, "a.parquet" as text; each output has the types of its part; --types v=float64,w=int64 gives',
      )
      const both = run(tree({ 'in/a.ndjson': '{"v":1,"w":1,"logits":[2,1]}\n', 'in/b.ndjson': other }), '-t', 'parquet')
      expect(both.stderr).toContain('"b.parquet" has the kept column "v" as float64')
      const three = { 'in/a.ndjson': part('1', ',"w":1'), 'in/b.ndjson': part('1.5', ',"w":"x"') }
      expect(run(tree(three), '-t', 'parquet').stderr).toContain(
        '"b.parquet" has the kept column "v" as float64, "a.parquet" as int64, and 1 more column has several types; each output',
      )
    })

    it('are those of the parts where these have types, without an option', () => {
      const cwd = tree(JSON_PARTS)
      expect(run(cwd, '-t', 'parquet').status).toBe(0)
      const { stderr } = command(['out/', '--logits', 'probs', '--keep', 'id,v', '-o', 'again/'], { cwd })
      expect(stderr).toContain(
        warning(
          '"c.parquet" has the kept column "v" as float64, "a.parquet" as int64; each output has the types of its part',
        ),
      )
    })

    it('have no warning in text, which has no types, nor if the column is left out', () => {
      for (const args of [
        ['-t', 'csv'],
        ['-t', 'ndjson'],
        ['-t', 'parquet', '--keep', 'id'],
        ['-t', 'parquet', '--no-keep'],
      ]) {
        expect(run(tree(JSON_PARTS), ...args).stderr).toBe('softmax: out/: 3 of 3 parts done, 3 rows\n')
      }
    })
  })

  it('in another order have a warning in text, whose columns have positions, but do not hide missing ones', () => {
    const cwd = tree({
      'in/a.csv': one,
      'in/b.csv': one.replace('id,date', 'date,id'),
      'in/c.csv': 'id,logit_a,logit_b\n1,2,1\n',
    })
    const fewer = (to: string) =>
      `softmax: warning: "c.${to}" lacks the kept column "date" of "a.${to}"; each output has the columns of its part\n`
    expect(run(cwd, '-t', 'csv').stderr).toBe(
      `${fewer('csv')}softmax: warning: "b.csv" has the kept columns of "a.csv" in another order (kept column 1 is "date", not "id"); each output has the order of its part\nsoftmax: out/: 3 of 3 parts done, 3 rows\n`,
    )
    const named = command(['in/', '-o', 'named/', '-t', 'parquet'], { cwd })
    expect(named.stderr).toBe(`${fewer('parquet')}softmax: named/: 3 of 3 parts done, 3 rows\n`)
  })

  it.each([['--to', 'copy'], ['--no-output-header']])('are an error if the outputs have no header: %s', (...flags) => {
    const cwd = tree({ 'in/a.csv': one, 'in/b.csv': one.replace('id,date', 'date,id') })
    const { status, stderr } = run(cwd, ...flags, '--quiet')
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /has the kept columns of "[ab]\..*" in another order \(.*\); outputs without a header need the same .* \[E_PARTS\]\n$/,
    )
    expect(readdirSync(join(cwd, 'out'))).not.toContain('_SUCCESS')
  })

  it('are no warning where each row of JSON keeps its own keys, but where these become columns', () => {
    const cwd = tree({
      'in/a.ndjson': '{"id":1,"note":"x","logits":[2,1]}\n',
      'in/b.ndjson': '{"id":2,"logits":[2,1]}\n',
    })
    expect(run(cwd).stderr).toBe('softmax: out/: 2 of 2 parts done, 2 rows\n')
    const listed = command(['in', '-o', 'json/', '-t', 'json', '--keep', '*'], { cwd })
    expect(listed.stderr).toBe('softmax: json/: 2 of 2 parts done, 2 rows\n')
    const table = command(['in', '-o', 'table/', '-t', 'csv'], { cwd })
    expect(table.stderr).toContain(': warning: "b.csv" lacks the kept column "note" of "a.csv"; each output')
  })

  it('are no warning where the logits stand elsewhere among the same ones, or none are kept', () => {
    const moved = tree({ 'in/a.csv': one, 'in/b.csv': 'logit_a,id,logit_b,date\n2,1,1,x\n' })
    expect(run(moved).stderr).toBe('softmax: out/: 2 of 2 parts done, 2 rows\n')
    const none = tree({ 'in/a.csv': one, 'in/b.csv': 'logit_a,logit_b\n2,1\n' })
    expect(run(none, '--no-keep').stderr).toBe('softmax: out/: 2 of 2 parts done, 2 rows\n')
  })
})

describe('a part that cannot be read', () => {
  const whole = gzipSync('id,logit_a,logit_b\n7,x,1\n'.repeat(9))
  const ONE = 'id,logit_a,logit_b\n1,2,1\n'
  const broken = { 'in/b.csv.gz': whole.subarray(0, 40), 'in/d.csv.gz': whole.subarray(0, 41) }

  it('is left out, without rejects, and is the error at the end of the run', () => {
    const cwd = tree({ 'in/a.csv': ONE, ...broken, 'in/c.csv': BAD })
    const { status, stderr } = run(cwd, '--rejects', 'rejects/')
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^softmax: in\/d\.csv\.gz: the gzip data is corrupt or truncated.*\[E_CORRUPT\]$/),
      'softmax: 2 of 4 parts are done: 2 rows written, 1 rejected (1 E_CELL); this run wrote no row of the other 2 parts; replace or remove the parts with errors, and continue with --resume',
      expect.stringMatching(/^softmax: in\/b\.csv\.gz: the gzip data is corrupt or truncated.*\[E_CORRUPT\]$/),
    ])
    expect(status).toBe(3)
    expect(Object.keys(contentOf(cwd)).sort()).toEqual(['_manifest.ndjson', 'a.csv', 'c.csv'])
    expect(readdirSync(join(cwd, 'rejects'))).toEqual(['c.csv.ndjson'])
    for (const name of ['b', 'd']) rmSync(join(cwd, `in/${name}.csv.gz`))
    expect(run(cwd, '--rejects', 'rejects/', '--resume').stderr).toContain('2 of 2 parts done (2 by earlier runs)')
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
  })

  it('has no rejects that a message could name, also of the bad rows before its end', () => {
    const bad = gzipSync(`${BAD}${Array.from({ length: 200_000 }, (_, id) => `${id * 7919},2,1\n`).join('')}`)
    for (const to of ['rejects/', 'rejects.ndjson']) {
      const cwd = tree({ 'in/a.csv': ONE, 'in/b.csv.gz': bad.subarray(0, bad.length / 2), 'in/c.csv': BAD })
      const { stderr } = run(cwd, '--rejects', to)
      expect(stderr).toMatch(/: unexpected end of file \[E_CORRUPT\]\n$/)
      expect(existsSync(join(cwd, 'rejects/b.csv.ndjson'))).toBe(false)
    }
  })

  it('may be of another kind, and does not keep others from being scored', () => {
    const cwd = tree({ 'in/a.parquet': '', 'in/b.csv': '<!DOCTYPE html><p>Bad gateway', 'in/c.csv': ONE })
    const { status, stderr } = run(cwd, '-t', 'parquet')
    expect(stderr.match(/\[E_\w+\]/g)).toEqual(['[E_UNSUPPORTED]', '[E_CORRUPT]'])
    expect(stderr).toMatch(/1 of 3 parts is done: 1 row written; .*; replace or remove the parts with errors/)
    expect([status, Object.keys(contentOf(cwd)).sort()]).toEqual([3, ['_manifest.ndjson', 'c.parquet']])
  })

  it('leaves a folder to begin with, where no other is done', () => {
    const cwd = tree({ 'in/a.csv': ONE })
    expect(run(cwd, '--types', 'id=int64').stderr).toMatch(/^softmax: in\/a\.csv: [^\n]*\[E_CONFLICT\]\n$/)
    expect(run(cwd).stderr).toBe('softmax: out/: 1 of 1 part done, 1 row\n')
  })
})

describe('a part with other columns', () => {
  const OTHER = 'id,first,second\n1,2,1\n'
  const PARTS = { 'in/a.csv': rows(1), 'in/b.csv': OTHER, 'in/c.csv': BAD, 'in/d.csv': OTHER, 'in/e.csv': rows(5) }
  const DONE_BEFORE =
    '3 of 5 parts are done: 3 rows written, 1 rejected (1 E_CELL); this run wrote no row of the other 2 parts'
  const remedy =
    'correct or remove the parts with errors and continue with --resume, or score them into another folder with other options'
  const missing = (part: string) =>
    `softmax: in/${part}: --logits "logit_a" is not one of "id", "first", "second" [E_SELECTOR]`

  it.each([
    ['--on-error', 'skip'],
    ['--rejects', 'rejects/'],
    ['--max-errors', '1'],
  ])(
    'is left out with %s, and is the error at the end, after those that it does not keep from being scored',
    (...skip) => {
      const cwd = tree(PARTS)
      const { status, stderr } = run(cwd, '--logits', 'logit_a,logit_b', ...skip)
      expect(stderr.trimEnd().split('\n')).toEqual([
        missing('d.csv'),
        `softmax: ${DONE_BEFORE}; ${remedy}`,
        missing('b.csv'),
      ])
      expect(status).toBe(2)
      expect(contentOf(cwd)).toEqual({
        '_manifest.ndjson': '',
        'a.csv': scored(1),
        'c.csv': scored(1),
        'e.csv': scored(5),
      })
    },
  )

  it('can be corrected or removed, and the run goes on', () => {
    const cwd = tree(PARTS)
    const skipping = ['--logits', 'logit_a,logit_b', '--on-error', 'skip', '--resume']
    expect(run(cwd, ...skipping).status).toBe(2)
    expect(run(cwd, ...skipping).stderr).toContain(`${DONE_BEFORE}; `)
    writeFileSync(join(cwd, 'in/b.csv'), rows(2))
    rmSync(join(cwd, 'in/d.csv'))
    expect(run(cwd, ...skipping)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('out/: 4 of 4 parts done (3 by earlier runs), 4 rows in all\n'),
    })
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
  })

  it('ends the run if bad rows do, which says how to go on with the others', () => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': OTHER, 'in/c.csv': rows(3) })
    const { status, stderr } = run(cwd, '--logits', 'logit_a,logit_b')
    expect(stderr).toContain('; --resume --on-error skip scores the parts without such errors, or correct the input')
    expect([status, stderr.endsWith(`${missing('b.csv')}\n`)]).toEqual([2, true])
    const others = run(cwd, '--logits', 'logit_a,logit_b', '--resume', '--on-error', 'skip')
    expect([others.status, others.stderr]).toEqual([
      2,
      expect.stringContaining('2 of 3 parts are done: 2 rows written'),
    ])
  })

  it.each<[string, string, string, ...string[]]>([
    ['in which none are called logits', OTHER, 'E_COLUMNS'],
    ['that has fewer classes than names', 'id,logit_a\n1,2\n', 'E_LABELS', '--labels', 'x,y'],
    ['that has another delimiter', 'id;logit_a;logit_b\n1;2;1\n', 'E_DELIMITER'],
    ['in another encoding', 'id,logit_caf\xe9,logit_b\n1,2,1\n', 'E_ENCODING'],
    ['that has the name of a new one', 'label,logit_a,logit_b\nx,2,1\n', 'E_NAME'],
    ['without a header', '1.5,2,1\n2.5,1,1\n', 'E_HEADER'],
  ])('is one %s', (_, text, code, ...options) => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': Buffer.from(text, 'latin1'), 'in/c.csv': rows(3) })
    const { status, stderr } = run(cwd, '--on-error', 'skip', ...options)
    expect(stderr).toMatch(
      new RegExp(
        `2 of 3 parts are done: 2 rows written; this run wrote no row of the other part; .*\nsoftmax: in/b\\.csv.* \\[${code}\\]\n$`,
      ),
    )
    expect([status === 0, Object.keys(contentOf(cwd)).sort()]).toEqual([false, ['_manifest.ndjson', 'a.csv', 'c.csv']])
  })

  it('may have them below a second header, and then has no rejects', () => {
    const joined = `${BAD}id,logit_x,logit_y\n1,2,1\n`
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': joined, 'in/c.csv': BAD })
    const { status, stderr } = run(cwd, '--rejects', 'rejects/')
    expect(stderr).toMatch(
      /: 2 of 3 parts are done: 2 rows written, 1 rejected .*\nsoftmax: in\/b\.csv:4: .* \[E_SCHEMA\]\n$/,
    )
    expect([status, readdirSync(join(cwd, 'rejects'))]).toEqual([1, ['c.csv.ndjson']])
  })

  it('may be each of them: then there is no output', () => {
    const cwd = tree({ 'in/a.csv': OTHER, 'in/b.csv': OTHER })
    const { status, stderr } = run(cwd, '--logits', 'logit_a,logit_b', '--on-error', 'skip')
    expect([status, stderr]).toEqual([2, `${missing('b.csv')}\n${missing('a.csv')}\n`])
    expect(contentOf(cwd)).toEqual({})
  })
})

describe('a part without rows', () => {
  const features = readFileSync(join(ROOT, 'fixtures/features.ndjson'), 'utf8').trimEnd().split('\n')
  /** An Arrow stream written by pyarrow, of lists of logits. */
  const stream = (name: string) =>
    Buffer.from(features.map((line) => JSON.parse(line)).find((one) => one.name === name).bytes, 'base64')
  const LISTS = { 'in/a.arrows': stream('lists without rows'), 'in/b.arrows': stream('a list') }
  const typeOf = (cwd: string, name: string) => String(tableFromIPC(readFileSync(join(cwd, 'out', name))).schema)

  it('has the columns of the others, in every format, and a warning', () => {
    for (const args of [[], ['--no-clobber'], ['-j', '1']]) {
      const cwd = tree(LISTS)
      const { status, stderr } = run(cwd, '-t', 'arrow', ...args)
      expect([status, stderr]).toEqual([
        0,
        'softmax: warning: "in/a.arrows" has no rows\nsoftmax: out/: 2 of 2 parts done, 1 row\n',
      ])
      expect(typeOf(cwd, 'a.arrow')).toBe(
        'Schema<{ 0: id: Int32, 1: probs: FixedSizeList[2]<Float64>, 2: label: Utf8 }>',
      )
      expect(typeOf(cwd, 'b.arrow')).toBe(typeOf(cwd, 'a.arrow'))
    }
    const cwd = tree(LISTS)
    expect(run(cwd, '-t', 'csv', '-q').status).toBe(0)
    expect(contentOf(cwd)).toEqual({
      ...DONE,
      'a.csv': 'id,p_0,p_1,label\n',
      'b.csv': `id,p_0,p_1,label\n0,${P21},0\n`,
    })
    expect(run(cwd, '-t', 'csv', '--resume').stderr).toContain('2 of 2 parts done (2 by earlier runs), 1 row in all\n')
    const arrays = tree(LISTS)
    expect(run(arrays, '-t', 'npy', '--no-keep').stderr).toBe(
      'softmax: warning: "in/a.arrows" has no rows\nsoftmax: out/: 2 of 2 parts done, 1 row\n',
    )
    expect(contentOf(arrays)['a.npy']).toContain("'shape': (0, 2)")
  })

  it('has lists of any length if no other part shows how many classes there are', () => {
    const cwd = tree({ 'in/a.arrows': LISTS['in/a.arrows'], 'in/b.arrows': LISTS['in/a.arrows'] })
    const { status, stderr } = run(cwd, '-t', 'arrow')
    expect([status, stderr]).toEqual([
      0,
      'softmax: warning: "in/a.arrows" and 1 other part have no rows\nsoftmax: out/: 2 of 2 parts done, 0 rows\n',
    ])
    expect(typeOf(cwd, 'a.arrow')).toContain('probs: List<Float64>')
    const labelled = tree({ 'in/a.arrows': LISTS['in/a.arrows'] })
    expect(run(labelled, '-t', 'arrow', '--labels', 'cat,dog').status).toBe(0)
    expect(typeOf(labelled, 'a.arrow')).toContain('probs: FixedSizeList[2]<Float64>')
  })

  it('of text has the classes of lists in other parts, or the labels', () => {
    for (const [labels, names] of [
      [[], '0,1'],
      [['--labels', 'x,y'], 'x,y'],
    ] as const) {
      const cwd = tree({ 'in/a.csv': 'id,logits\n', 'in/b.csv': 'id,logits\n0,"[2,1]"\n' })
      const { status, stderr } = run(cwd, ...labels)
      expect([status, stderr.includes('warning: "in/a.csv" has no rows\n')]).toEqual([0, true])
      const [first, second] = names.split(',')
      const header = `id,p_${first},p_${second},label\n`
      expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': header, 'b.csv': `${header}0,${P21},${first}\n` })
    }
  })

  it('of text has a header like the others, or is empty like its input, which a warning says', () => {
    const cwd = tree({ 'in/a.csv': '', 'in/b.csv': rows(), 'in/c.csv': rows(3), 'in/d.csv': '' })
    const { status, stderr } = run(cwd)
    expect([status, stderr.split('\n').slice(0, -2)]).toEqual([
      0,
      [
        'softmax: warning: "in/b.csv" has no rows',
        'softmax: warning: "in/a.csv" and 1 other part have no rows, and their outputs are empty',
      ],
    ])
    expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': '', 'b.csv': scored(), 'c.csv': scored(3), 'd.csv': '' })
  })

  it.each([
    ['parquet', ''],
    ['arrow', ''],
    ['npy', ''],
    ['parquet', '\n\n'],
  ])('of text and without a header has no output where the format needs columns: %s %j', (to, content) => {
    const cwd = tree({ 'in/a.csv': content, 'in/b.csv': rows(1), 'in/c.ndjson': '', 'in/d.csv.gz': gzipSync('') })
    const args = ['-t', to, '--no-keep', '-e', 'probs', '--rejects', 'bad/', '--stats', 's.json']
    for (const [more, before] of [
      [[], ''],
      [['--resume'], ' (4 by earlier runs)'],
    ] as const) {
      expect(run(cwd, ...args, ...more)).toEqual({
        status: 0,
        stdout: '',
        stderr: `softmax: warning: "in/a.csv" and 2 other parts are empty, and have no outputs\nsoftmax: out/: 4 of 4 parts done${before}, 1 row${before && ' in all'}\n`,
      })
      expect(Object.keys(contentOf(cwd))).toEqual(['_SUCCESS', '_manifest.ndjson', `b.${to}`])
      expect(manifest(cwd).map(({ output }) => output === null)).toEqual([true, false, true, true])
      expect(JSON.parse(readFileSync(join(cwd, 's.json'), 'utf8')).parts).toMatchObject({ all: 4, done: 4, failed: [] })
    }
    expect(readdirSync(join(cwd, 'bad'))).toEqual([])
  })

  it('that becomes empty loses its output, rejects and statistics, and gets them back with its rows', () => {
    const cwd = tree({ 'in/a.csv': BAD, 'in/b.csv': rows(1) })
    const args = ['-t', 'parquet', '--rejects', 'bad/', '--stats', 's/', '--resume']
    const statsOf = () => JSON.parse(readFileSync(join(cwd, 's/a.parquet.json'), 'utf8'))
    for (const isEmpty of [false, true, false]) {
      writeFileSync(join(cwd, 'in/a.csv'), isEmpty ? '' : BAD)
      const { status, stderr } = run(cwd, ...args)
      expect([status, stderr.includes('warning: "in/a.csv" is empty, and has no output\n')]).toEqual([0, isEmpty])
      expect(existsSync(join(cwd, 'out/a.parquet'))).toBe(!isEmpty)
      expect(readdirSync(join(cwd, 'bad'))).toEqual(isEmpty ? [] : ['a.parquet.ndjson'])
      expect([statsOf().read, statsOf().error, existsSync(join(cwd, 'out/_SUCCESS'))]).toEqual([
        isEmpty ? 0 : 2,
        undefined,
        true,
      ])
    }
    // An output that no longer should be there is not proved to be absent.
    writeFileSync(join(cwd, 'in/a.csv'), '')
    expect(run(cwd, ...args, '-q').status).toBe(0)
    writeFileSync(join(cwd, 'out/a.parquet'), 'of another program')
    expect(run(cwd, ...args).stderr).toContain('2 of 2 parts done (1 by earlier runs)')
    expect(existsSync(join(cwd, 'out/a.parquet'))).toBe(false)
  })

  it('is a warning where all are empty, which is an error with --require-rows, and shows no columns in a dry run', () => {
    const cwd = tree({ 'in/a.csv': '', 'in/b.csv': '' })
    const shown = run(cwd, '-t', 'parquet', '--dry-run')
    expect([shown.status, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toContain('in/a.csv -> out/a.parquet\n')
    expect(run(cwd, '-t', 'parquet').stderr).toBe(
      'softmax: warning: "in/a.csv" and 1 other part are empty, and have no outputs\nsoftmax: out/: 2 of 2 parts done, 0 rows\n',
    )
    const required = run(cwd, '-t', 'parquet', '--require-rows', '--resume')
    expect([required.status, existsSync(join(cwd, 'out/_SUCCESS'))]).toEqual([1, false])
    expect(required.stderr).toContain('[E_EMPTY]')
    writeFileSync(join(cwd, 'in/b.csv'), rows(1))
    expect(run(cwd, '-t', 'parquet', '--dry-run', '--resume').stdout).toContain('p_a')
  })

  it('is an error with --require-rows only if no part has any', () => {
    const cwd = tree({ 'in/a.csv': rows(), 'in/b.csv': rows(1) })
    expect(run(cwd, '--require-rows').status).toBe(0)
    expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': scored(), 'b.csv': scored(1) })
    const none = run(tree({ 'in/a.csv': rows(), 'in/b.csv': rows() }), '--require-rows')
    expect([none.status, none.stderr.trimEnd().split('\n').at(-1)]).toEqual([
      1,
      'softmax: the input has no rows, and --require-rows is set [E_EMPTY]',
    ])
  })

  it('that is the only input has a warning if its number of classes is unknown', () => {
    const cwd = tree(LISTS)
    const alone = (...args: string[]) => command(['in/a.arrows', '-t', 'csv', ...args], { cwd })
    expect(alone()).toEqual({
      status: 0,
      stdout: 'id,label\n',
      stderr:
        'softmax: warning: in/a.arrows: it has no rows, so the number of classes is unknown; --labels names them\n',
    })
    expect(alone('--labels', 'cat,dog')).toEqual({ status: 0, stdout: 'id,p_cat,p_dog,label\n', stderr: '' })
  })
})

describe('a part that fails', () => {
  const FAILING = { ...THREE, 'in/b.csv': BAD }

  it('ends the run: what is done stays, and the manifest has it', () => {
    const cwd = tree(FAILING)
    const { status, stderr } = run(cwd, '--stats', 'stats.json')
    const [where, error] = stderr.trimEnd().split('\n')
    expect(error).toMatch(/^softmax: in\/b\.csv:3: column logit_a \(row 2, byte 27\): "x" is not a number.*\[E_CELL\]$/)
    expect(status).toBe(1)
    const done = manifest(cwd).map(({ part }) => part)
    const others = done.length === 2 ? 'the other part' : 'the other 2 parts'
    const rows = done.length === 2 ? '2 rows' : '1 row'
    expect(where).toBe(
      `softmax: ${done.length} of 3 parts ${done.length === 1 ? 'is' : 'are'} done: ${rows} written; this run wrote no row of ${others}; correct the row or add --rejects FILE, and continue with --resume`,
    )
    // Small parts are scored concurrently.
    expect(contentOf(cwd)).toEqual({
      '_manifest.ndjson': '',
      'a.csv': scored(1),
      ...(done.length > 1 && { 'c.csv': scored(4) }),
    })
    expect(JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))).toMatchObject({
      read: done.length,
      written: done.length,
      error: 'E_CELL',
      parts: { all: 3, done: done.length, before: 0, failed: [{ input: 'in/b.csv', error: 'E_CELL' }] },
    })
  })

  it('is the first of them, where several fail; no part is begun behind it where parts are large', () => {
    const large = rows(...Array.from({ length: 60_000 }, (_, id) => id))
    const cwd = tree({ 'in/a.csv': large, 'in/b.csv': `${large}x,x,x\n`, 'in/c.csv': rows(1), 'in/d.csv': BAD })
    expect(run(cwd).stderr).toMatch(/softmax: 1 of 4 parts is done.*\nsoftmax: in\/b\.csv:60002: /)
    expect(Object.keys(contentOf(cwd))).toEqual(['_manifest.ndjson', 'a.csv'])
    const small = tree({ 'in/a.csv': rows(1), 'in/b.csv': BAD, 'in/c.csv': BAD, 'in/d.csv': BAD })
    expect(run(small).stderr).toMatch(/softmax: in\/b\.csv:3: .*\n$/)
  })

  it('is followed by what helps, as the same run would fail again', () => {
    const last = { 'in/c.csv': 'id,first,second\n1,2,1\n' }
    const columns = run(tree({ ...THREE, ...last }))
    const other = 'correct the input and continue with --resume, or write to another folder with other options'
    const others = '--resume --on-error skip scores the parts without such errors'
    expect(columns.stderr).toMatch(
      /^softmax: 2 of 3 parts are done: 3 rows written; this run wrote no row of the other part/,
    )
    expect(columns.stderr).toContain(`; ${others}, or ${other}\nsoftmax: in/c.csv: cannot detect`)
    const none = run(tree({ 'in/a.csv': 'id,logit_a,logit_b\n1,x,1\n' }), '--on-error', 'skip')
    expect(none.stderr).toContain(
      `softmax: 1 of 1 parts is scored, but the folder is not complete: 0 rows written, 1 rejected (1 E_CELL); ${other}\n`,
    )
  })

  it('has too many bad rows, which the message finds in the file that was asked for', () => {
    for (const [to, file] of [
      ['bad.ndjson', 'bad.ndjson'],
      ['bad/', 'bad/b.csv.ndjson'],
    ] as const) {
      const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': `${BAD}3,y,1\n` })
      const { stderr } = run(cwd, '--rejects', to, '--max-errors', '1')
      expect(stderr).toContain('; correct bad rows or increase --max-errors, and continue with --resume\n')
      expect(stderr).toMatch(new RegExp(`; rejects so far: ${file} \\[E_TOO_MANY\\]\n$`))
      expect(readFileSync(join(cwd, file), 'utf8').split('\n')).toHaveLength(3)
      expect(run(cwd, '--rejects', to, '--max-errors', '2', '--resume').status).toBe(0)
    }
  })

  it('can be mended, and the run goes on with it', () => {
    const cwd = tree(FAILING)
    expect(run(cwd, '-q').status).toBe(1)
    writeFileSync(join(cwd, 'in/b.csv'), rows(2, 3))
    expect(run(cwd, '--resume').stderr).toMatch(
      /^softmax: out\/: 3 of 3 parts done \([12] by earlier runs\), 4 rows in all\n$/,
    )
    expect(contentOf(cwd)).toEqual(THREE_SCORED)
  })

  it('can be scored without its bad rows, and the run goes on with that', () => {
    const cwd = tree(FAILING)
    expect(run(cwd, '-q').status).toBe(1)
    const { status, stderr } = run(cwd, '--resume', '--rejects', 'bad.ndjson')
    expect(stderr).toMatch(
      /^softmax: 1 of 4 rows rejected: 1 E_CELL\nsoftmax: out\/: 3 of 3 parts done \([12] by earlier runs\), 3 rows in all\n$/,
    )
    expect(status).toBe(0)
    expect(contentOf(cwd)).toEqual({ ...contentOf(cwd), ...THREE_SCORED, 'b.csv': scored(1) })
    // A part with bad rows is not done if these may no longer be skipped.
    expect(run(cwd, '-q', '--resume', '--on-error', 'fail').status).toBe(1)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
  })

  it('is none that has bad rows only, unless all have', () => {
    const cwd = tree({ 'in/a.csv': 'id,logit_a,logit_b\n1,x,1\n', 'in/b.csv': rows(2) })
    const one = run(cwd, '--on-error', 'skip')
    expect([one.status, one.stderr]).toEqual([
      0,
      expect.stringContaining('warning: no row of "in/a.csv" could be scored\n'),
    ])
    expect(contentOf(cwd)).toEqual({ ...DONE, 'a.csv': 'id,p_a,p_b,label\n', 'b.csv': scored(2) })
    rmSync(join(cwd, 'in/b.csv'))
    const { status, stderr } = command(['in', '-o', 'none/', '--on-error', 'skip'], { cwd })
    expect(stderr).toMatch(
      /softmax: in\/a.csv:2: column logit_a \(row 1, byte 21\): no row could be scored \(1 read\); the first: "x" is not a number \[E_NO_ROWS\]\n$/,
    )
    expect([status, existsSync(join(cwd, 'none/_SUCCESS'))]).toEqual([1, false])
  })

  const STOPPED =
    'softmax: 1 of 2 parts is done: 1 row written; this run wrote no row of the other part; continue with --resume\n'
  it.each([
    ['SIGINT', [], STOPPED],
    ['SIGTERM', [], STOPPED],
    ['SIGINT', ['--quiet'], ''],
  ] as const)('is one that %s %s ends: no temporary file is left, and the run goes on', async (name, args, said) => {
    const large = `${rows(0)}${'1,2,1\n'.repeat(199_999)}`
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': large })
    const { child, ended } = start(['in', '-o', 'out/', '--lane', 'general', ...args], cwd)
    const isUnderWay = () => /a\.csv.*\.tmp/.test(readdirSync(join(cwd, 'out')).sort().reverse().join())
    await vi.waitFor(() => expect(isUnderWay()).toBe(true), { timeout: 20_000 })
    child.kill(name)
    expect(await ended).toMatchObject({ signal: name, stderr: said })
    expect(Object.keys(contentOf(cwd))).toEqual(['_manifest.ndjson', 'a.csv'])
    expect(run(cwd, '--resume').stderr).toBe(
      'softmax: out/: 2 of 2 parts done (1 by earlier runs), 200,001 rows in all\n',
    )
  })

  it('is one that a second signal ends, even if nobody reads what the first one prints', async () => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': `${rows(0)}${'1,2,1\n'.repeat(199_999)}` })
    // The message is written only after the temporary file was removed, and writing it takes until the second signal.
    const preload = `import fs from 'node:fs'
    process.stderr.write = () => {
      fs.writeSync(2, 'writing')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)
    }`
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}` }
    const { child, ended } = start(['in', '-o', 'out/', '--lane', 'general'], cwd, env)
    const isUnderWay = () => /a\.csv.*\.tmp/.test(readdirSync(join(cwd, 'out')).sort().reverse().join())
    await vi.waitFor(() => expect(isUnderWay()).toBe(true), { timeout: 20_000 })
    child.kill('SIGINT')
    await once(child.stderr, 'data')
    expect(Object.keys(contentOf(cwd))).toEqual(['_manifest.ndjson', 'a.csv'])
    const before = performance.now()
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ signal: 'SIGINT', stderr: 'writing' })
    expect(performance.now() - before).toBeLessThan(10_000)
  })

  it('is one that cannot be read, before anything is written', () => {
    const cwd = tree(THREE)
    symlinkSync('nowhere', join(cwd, 'in/d.csv'))
    const { status, stderr } = run(cwd)
    expect(stderr).toMatch(/^softmax: in\/d\.csv: cannot read: no such file.*\[E_INPUT\]\n$/)
    expect([status, existsSync(join(cwd, 'out'))]).toEqual([3, false])
  })
})

describe('--rejects and --stats', () => {
  const TWO_BAD = { 'in/a.csv': BAD, 'in/b.csv': rows(3), 'in/dt=1/c.csv': BAD }
  const reject = (source: string) => expect.objectContaining({ source, row: 2, code: 'E_CELL', raw: '2,x,1' })
  const linesOf = (cwd: string, path: string) =>
    readFileSync(join(cwd, path), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('may be folders, with a file for each part that has some', () => {
    const cwd = tree(TWO_BAD)
    expect(run(cwd, '-q', '--rejects', 'bad/', '--stats', 'stats/').status).toBe(0)
    expect(Object.keys(contentOf(cwd, 'bad'))).toEqual(['a.csv.ndjson', 'dt=1/c.csv.ndjson'])
    expect(linesOf(cwd, 'bad/dt=1/c.csv.ndjson')).toEqual([reject('in/dt=1/c.csv')])
    expect(statSync(join(cwd, 'bad/a.csv.ndjson')).mode & 0o777).toBe(0o600)
    expect(Object.keys(contentOf(cwd, 'stats'))).toEqual(['a.csv.json', 'b.csv.json', 'dt=1/c.csv.json'])
    expect(linesOf(cwd, 'stats/a.csv.json')).toMatchObject([
      { read: 2, written: 1, rejected: { E_CELL: 1 }, bytes: 31 },
    ])
  })

  it('are none among the outputs, which who reads these would take for parts', () => {
    const cwd = tree({ 'in/a.csv': BAD })
    for (const [given, hidden] of [
      ['out/bad/', 'out/_bad/'],
      ['out/bad.ndjson', 'out/_bad.ndjson'],
    ] as const) {
      for (const flag of ['--rejects', '--stats']) {
        const { status, stderr } = run(cwd, flag, given)
        expect(stderr).toMatch(new RegExp(`${flag} '?${hidden}'? \\[E_CONFLICT\\]\\n$`))
        expect(status).toBe(2)
      }
      expect(run(cwd, '--rejects', hidden, '--resume').status).toBe(0)
    }
    expect(existsSync(join(cwd, 'out/bad'))).toBe(false)
  })

  it('leave no empty folder of rejects in that of the outputs', () => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/x/b.csv': rows(2) })
    expect(run(cwd, '-q', '--rejects', 'bad.ndjson').status).toBe(0)
    expect(readdirSync(join(cwd, 'out')).sort()).toEqual(['_SUCCESS', '_manifest.ndjson', 'a.csv', 'x'])
  })

  it('may be one file for all, also where the run goes on after a stop', () => {
    const cwd = tree({ ...TWO_BAD, 'in/b.csv': 'BZh91AY&SY' })
    const args = ['--rejects', 'bad.ndjson', '--stats', 'stats.json', '-q']
    expect(run(cwd, ...args).status).toBe(1)
    expect(linesOf(cwd, 'bad.ndjson')[0]).toEqual(reject('in/a.csv'))
    writeFileSync(join(cwd, 'in/b.csv'), rows(3))
    for (const before of [expect.any(Number), 3]) {
      expect(run(cwd, '--resume', ...args).status).toBe(0)
      expect(linesOf(cwd, 'bad.ndjson')).toEqual([reject('in/a.csv'), reject('in/dt=1/c.csv')])
      expect(linesOf(cwd, 'stats.json')).toMatchObject([
        { read: 5, written: 3, rejected: { E_CELL: 2 }, lane: 'fast', parts: { all: 3, done: 3, before } },
      ])
    }
    expect(statSync(join(cwd, 'bad.ndjson')).mode & 0o777).toBe(0o600)
  })

  it.each(['--rejects', '--stats'])('are opened before the first row: %s', (flag) => {
    const cwd = tree(TWO_BAD)
    for (const place of ['missing/file', 'in/a.csv/']) {
      const { status, stderr } = run(cwd, '--on-error', 'skip', flag, place)
      expect(stderr).toMatch(/cannot write "(missing\/file|in\/a\.csv.*)": .*\[E_OUTPUT\]\n$/)
      expect(status).toBe(3)
      expect(contentOf(cwd)).toEqual({})
    }
  })

  it('are made again where they are gone', () => {
    const cwd = tree(TWO_BAD)
    expect(run(cwd, '-q', '--rejects', 'bad/').status).toBe(0)
    const before = contentOf(cwd, 'bad')
    rmSync(join(cwd, 'bad/a.csv.ndjson'))
    expect(run(cwd, '--resume', '--rejects', 'bad/').stderr).toContain('3 of 3 parts done (2 by earlier runs)')
    expect(contentOf(cwd, 'bad')).toEqual(before)
  })
})

describe('rejects of a part that is scored anew', () => {
  it('are none where it has none, whatever a run before had', () => {
    const cwd = tree({ 'in/a.csv': BAD, 'in/b.csv': rows(3) })
    expect(run(cwd, '-q', '--rejects', 'r.ndjson').status).toBe(0)
    expect(readFileSync(join(cwd, 'r.ndjson'), 'utf8')).toContain('E_CELL')
    writeFileSync(join(cwd, 'in/a.csv'), rows(1, 2))
    expect(run(cwd, '-q', '--resume').status).toBe(0)
    expect(run(cwd, '-q', '--resume', '--rejects', 'r.ndjson').status).toBe(0)
    expect(readFileSync(join(cwd, 'r.ndjson'), 'utf8')).toBe('')
  })
})

describe('--resume', () => {
  it('leaves what is done as it is, and does what is not', () => {
    const cwd = treeDone()
    const { ino } = statSync(join(cwd, 'out/a.csv'))
    rmSync(join(cwd, 'out/b.csv'))
    expect(run(cwd, '--resume').stderr).toBe('softmax: out/: 3 of 3 parts done (2 by earlier runs), 4 rows in all\n')
    expect(statSync(join(cwd, 'out/a.csv')).ino).toBe(ino)
    expect(contentOf(cwd)).toEqual(THREE_SCORED)
    expect(manifest(cwd).map(({ part }) => part)).toEqual(['a.csv', 'b.csv', 'c.csv'])
  })

  it('begins where there is nothing', () => {
    const cwd = tree(THREE)
    expect(run(cwd, '--resume').status).toBe(0)
    expect(contentOf(cwd)).toEqual(THREE_SCORED)
  })

  const changes: [string, (cwd: string) => void][] = [
    ['an input has another size', (cwd) => writeFileSync(join(cwd, 'in/b.csv'), rows(20, 30))],
    ['an input has another time', (cwd) => utimesSync(join(cwd, 'in/b.csv'), 1, 1)],
    ['an output has other bytes', (cwd) => writeFileSync(join(cwd, 'out/b.csv'), scored(2, 4))],
    ['an output was cut off', (cwd) => writeFileSync(join(cwd, 'out/b.csv'), scored(2))],
    ['the manifest was cut off', (cwd) => cut(join(cwd, 'out/_manifest.ndjson'), 'c.csv')],
    ['a line of the manifest is damaged', (cwd) => damage(join(cwd, 'out/_manifest.ndjson'), 'b.csv')],
  ]

  it.each(changes)('does a part again where %s', (_, change) => {
    const cwd = treeDone()
    change(cwd)
    const inputs = contentOf(cwd, 'in')
    expect(run(cwd, '--resume').stderr).toMatch(/3 of 3 parts done \(2 by earlier runs\)/)
    const ids = (text: string) => scored(...Array.from(text.matchAll(/^(\d+),/gm), ([, id]) => id!))
    expect(contentOf(cwd)).toEqual({
      ...DONE,
      ...Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, ids(text)])),
    })
    expect(manifest(cwd).length).toBe(3)
  })

  it('has no _SUCCESS while a part is done again', () => {
    const cwd = treeDone()
    writeFileSync(join(cwd, 'in/b.csv'), BAD)
    expect(run(cwd, '-q', '--resume').status).toBe(1)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
  })

  it.each([
    [['-T', '2'], [], 'with --temperature 2, but this run has --temperature 1 (the default)'],
    [['-T', '2'], ['-T', '1'], 'with --temperature 2, but this run has --temperature 1 (the default)'],
    [[], ['-T', '2'], 'with --temperature 1 (the default), but this run has --temperature 2'],
    [
      ['-e', 'probs,label,confidence'],
      ['-e', 'probs,label'],
      'with --emit probs,label,confidence, but this run has --emit probs,label (the default)',
    ],
    [['--missing', '-inf'], [], 'with --missing -inf, but this run has --missing error (the default)'],
    [['-p', '3'], [], 'with --precision 3, but this run is without --precision'],
    [[], ['--log'], 'without --log, but this run has --log'],
    [['--sigmoid'], [], 'with --sigmoid, but this run is without --sigmoid'],
    [['--log'], ['--log-sigmoid'], 'with --log, but this run has --log-sigmoid'],
    [['--float32'], [], 'with --float32, but this run is without --float32'],
    [['--labels', 'x,y'], ['--labels', 'x,z'], `with --labels '["x","y"]', but this run has --labels '["x","z"]'`],
    [['--no-keep'], [], 'with --no-keep, but this run is without --no-keep'],
    [['--no-keep'], ['--keep', 'id'], 'with --no-keep, but this run has --keep id'],
    [
      ['-t', 'npz', '--no-keep', '-e', 'probs'],
      ['-t', 'npz', '--no-keep'],
      'with --emit probs, but this run is without --emit',
    ],
  ])('refuses other options: %j, then %j', (before, now, message) => {
    const cwd = tree(THREE)
    expect(run(cwd, '-q', ...before).status).toBe(0)
    const { status, stderr } = run(cwd, '--resume', ...now)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/\[E_RESUME\]\n$/)
    expect(status).toBe(2)
  })

  it('goes on with other names in a file of labels as with other options, and with other threads', () => {
    const cwd = tree({ ...THREE, 'names.txt': 'x\ny\n' })
    expect(run(cwd, '-q', '--labels', '@names.txt').status).toBe(0)
    expect(run(cwd, '-q', '--resume', '--labels', 'x,y', '-j', '1', '--lane', 'general').status).toBe(0)
    writeFileSync(join(cwd, 'names.txt'), 'x\nz\n')
    expect(run(cwd, '--resume', '--labels', '@names.txt').stderr).toMatch(/\[E_RESUME\]\n$/)
  })

  it('refuses a file that no run wrote, without saying that it may be deleted', () => {
    const cwd = treeDone()
    writeFileSync(join(cwd, 'out/fixed.csv'), rows(1))
    expect(run(cwd, '--resume').stderr).toBe(
      'softmax: the folder "out/" contains "fixed.csv", which none of these inputs produces; move it elsewhere, or write to another folder [E_RESUME]\n',
    )
  })

  it('proposes a run for each subfolder where the inputs of another are gone or not named', () => {
    const cwd = folder()
    for (const name of ['dt=1', 'dt=2']) {
      mkdirSync(join(cwd, 'in', name), { recursive: true })
      writeFileSync(join(cwd, 'in', name, 'a.csv'), rows(1))
    }
    const softmax = (...args: string[]) => command([...args, '-q'], { cwd })
    expect(softmax('in/dt=1', 'in/dt=2/', '-o', 'out/').stderr).toBe(
      'softmax: "in/dt=1/a.csv" and "in/dt=2/a.csv" would both be "a.csv" in the output; leave one of them out, or score each folder into its own: softmax in/dt=1/ -o out/dt=1/ [E_PARTS]\n',
    )
    expect(softmax('in', '-o', 'out/').status).toBe(0)
    const refused =
      'softmax: the folder "out/" contains "dt=1/a.csv", which none of these inputs produces; if its input was renamed, delete it and its rejects file; to keep it, score each subfolder separately (softmax in/dt=2/ -o out/dt=2/); to keep outputs longer than inputs, score each batch into a folder of its own, or write to another folder [E_RESUME]\n'
    expect(softmax('in/dt=2/', '-o', 'out/', '--resume').stderr).toBe(refused)
    rmSync(join(cwd, 'in/dt=1'), { recursive: true })
    expect(softmax('in', '-o', 'out/', '--resume').stderr).toBe(refused)
    expect(softmax('in/dt=2/', '-o', 'out/dt=2/')).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(cwd, 'out/dt=1/a.csv'), 'utf8')).toBe(scored(1))
  })

  it('refuses outputs whose inputs are gone, and those of another version', () => {
    const cwd = treeDone()
    rmSync(join(cwd, 'in/b.csv'))
    expect(run(cwd, '--resume').stderr).toMatch(
      /contains "b\.csv", which none of these inputs produces; if its input was renamed, delete it.*into a folder of its own.*\[E_RESUME\]\n$/,
    )
    rmSync(join(cwd, 'out/b.csv'))
    expect(run(cwd, '--resume').stderr).toBe('softmax: out/: 2 of 2 parts done (2 by earlier runs), 2 rows in all\n')
    expect(manifest(cwd).length).toBe(2)
    const path = join(cwd, 'out/_manifest.ndjson')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`"${MANIFEST.version}"`, '"0.0.9"'))
    expect(run(cwd, '--resume').stderr).toMatch(/was made by version 0\.0\.9, but this is .*\[E_RESUME\]\n$/)
  })

  it('finds a manifest that was left within a line, and adds to it', () => {
    const cwd = treeDone()
    const path = join(cwd, 'out/_manifest.ndjson')
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20))
    writeFileSync(join(cwd, 'in/d.csv'), BAD)
    expect(run(cwd, '-q', '--resume').status).toBe(1)
    expect(run(cwd, '--resume', '--on-error', 'skip').stderr).toContain('4 of 4 parts done (3 by earlier runs)')
  })
})

/** Truncates a manifest within the line of a part. */
function cut(path: string, part: string): void {
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.slice(0, text.indexOf(`{"part":"${part}"`) + 40))
}

function damage(path: string, part: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(`{"part":"${part}"`, '{"part"'))
}

describe('two processes on the same parts', () => {
  it('leave all parts, and a manifest that proves each', async () => {
    const names = Array.from({ length: 60 }, (_, nth) => `p${nth}.csv`)
    const cwd = tree(Object.fromEntries(names.map((name, nth) => [`in/${name}`, rows(nth)])))
    expect(run(cwd, '-q').status).toBe(0)
    const lines = readFileSync(join(cwd, 'out/_manifest.ndjson'), 'utf8').split('\n')
    writeFileSync(join(cwd, 'out/_manifest.ndjson'), `${lines.slice(0, 3).join('\n')}\n`)
    const args = ['in/', '-o', 'out/', '--resume', '-q']
    for (const { status } of await Promise.all([start(args, cwd).ended, start(args, cwd).ended])) expect(status).toBe(0)
    expect(run(cwd, '--resume').stderr).toMatch(/: 60 of 60 parts done \(60 by earlier runs\), 60 rows in all\n$/)
    expect(
      manifest(cwd)
        .map(({ part }) => part)
        .sort(),
    ).toEqual([...names].sort())
  })
})

it('rejects of two processes on the same parts are all there where one of them ends well', async () => {
  const names = Array.from({ length: 40 }, (_, nth) => `p${nth}.csv`)
  const cwd = tree(Object.fromEntries(names.map((name) => [`in/${name}`, BAD])))
  const args = ['in/', '-o', 'out/', '--resume', '-q', '--rejects', 'r.ndjson']
  const ended = await Promise.all([start(args, cwd).ended, start(args, cwd).ended])
  for (const { status, stderr } of ended) if (status !== 0) expect(stderr).toMatch(/\[E_OUTPUT\]\n/)
  expect(command(args, { cwd }).status).toBe(0)
  expect(readFileSync(join(cwd, 'r.ndjson'), 'utf8').match(/E_CELL"/g)).toHaveLength(40)
})

it('ends where all parts together have more bad rows than are allowed, and is not complete', () => {
  const cwd = tree({ 'in/a.csv': BAD, 'in/b.csv': BAD, 'in/c.csv': BAD })
  const { status, stderr } = run(cwd, '-q', '--max-errors', '2')
  expect(stderr).toMatch(
    /^softmax: in\/[abc]\.csv:3: column logit_a \(row 2, byte 27\): more than 2 bad rows \(--max-errors 2\); the last: "x" is not a number \[E_TOO_MANY\]\n$/,
  )
  const { stderr: again } = run(cwd, '-q', '--max-errors', '1', '--resume')
  expect(again).toMatch(
    /^softmax: more than 1 bad row \(--max-errors 1\); the last: in "in\/[abc]\.csv" \[E_TOO_MANY\]\n$/,
  )
  expect([status, existsSync(join(cwd, 'out/_SUCCESS'))]).toEqual([1, false])
  const enough = tree({ 'in/a.csv': BAD, 'in/b.csv': BAD })
  expect(run(enough, '-q', '--max-errors', '2').status).toBe(0)
})

describe('a folder that is complete is no longer so after a run that fails', () => {
  const isMarked = (cwd: string) => existsSync(join(cwd, 'out/_SUCCESS'))
  const statsOf = (cwd: string) => JSON.parse(readFileSync(join(cwd, 's.json'), 'utf8'))

  it('as it has more bad rows than are allowed: no part fails, and the next run needs to score none', () => {
    const cwd = tree({ 'in/a.csv': BAD, 'in/b.csv': BAD, 'in/c.csv': BAD })
    expect(run(cwd, '-q', '--on-error', 'skip').status).toBe(0)
    expect(isMarked(cwd)).toBe(true)
    const { status, stderr } = run(cwd, '--max-errors', '1', '--resume', '--stats', 's.json')
    expect(stderr).toMatch(
      /^softmax: 3 of 3 parts are scored, but the folder is not complete: 3 rows written, 3 rejected \(3 E_CELL\); correct bad rows or increase --max-errors, and continue with --resume\nsoftmax: more than 1 bad row .*\[E_TOO_MANY\]\n$/,
    )
    expect([status, isMarked(cwd)]).toEqual([1, false])
    expect(statsOf(cwd)).toMatchObject({
      error: 'E_TOO_MANY',
      rejected: { E_CELL: 3 },
      parts: { all: 3, done: 3, before: 3, failed: [] },
    })
    expect(run(cwd, '--max-errors', '3', '--resume').stderr).toContain('3 of 3 parts done (3 by earlier runs)')
    expect(isMarked(cwd)).toBe(true)
  })

  it('of which only the parts that are not done are said to have failed', () => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': `${BAD}3,x,1\n`, 'in/c.csv': BAD, 'in/d.csv': BAD })
    expect(run(cwd, '-q', '--max-errors', '1', '--stats', 's.json').status).toBe(1)
    const { done, failed } = statsOf(cwd).parts
    expect(failed).toEqual([{ input: 'in/b.csv', error: 'E_TOO_MANY' }])
    expect(done + failed.length).toBeLessThanOrEqual(4)
    const moved = tree({
      'in/a.csv': rows(1),
      'in/b.csv': 'logit_a,id,logit_b\n1,2,3\n',
      'in/c.csv': 'logit_a,logit_b\n1,2\n',
    })
    expect(run(moved, '-q', '--no-output-header', '--stats', 's.json').status).toBe(2)
    expect(statsOf(moved)).toMatchObject({ error: 'E_PARTS', parts: { all: 3, done: 3, failed: [] } })
  })

  it('as it has no rows, or only bad ones', () => {
    const none = tree({ 'in/a.csv': rows() })
    expect(run(none, '-q').status).toBe(0)
    expect(run(none, '-q', '--require-rows', '--resume').stderr).toContain('[E_EMPTY]')
    const bad = tree({ 'in/a.csv': 'id,logit_a,logit_b\n1,x,1\n', 'in/b.csv': rows(2) })
    expect(run(bad, '-q', '--on-error', 'skip').status).toBe(0)
    for (const name of ['in/b.csv', 'out/b.csv']) rmSync(join(bad, name))
    expect(run(bad, '-q', '--on-error', 'skip', '--resume').stderr).toContain('[E_NO_ROWS]')
    expect([none, bad].map(isMarked)).toEqual([false, false])
  })

  it('but stays so if the run is refused before it starts', () => {
    const cwd = treeDone()
    expect(run(cwd, '-q', '--resume', '-T', '2').stderr).toContain('[E_RESUME]')
    expect(isMarked(cwd)).toBe(true)
  })
})

describe('--part', () => {
  it('may have more shares than there are parts, in any order', () => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': rows(2) })
    for (const share of [1, 2, 3, 4]) {
      expect(run(cwd, '-q', '--part', `${share}/4`, '--stats', `stats-0${share}.json`).status).toBe(0)
    }
    expect(contentOf(cwd)).toMatchObject({ _SUCCESS: '', 'a.csv': scored(1), 'b.csv': scored(2) })
    const counts = [1, 2, 3, 4].map((share) => JSON.parse(readFileSync(join(cwd, `stats-0${share}.json`), 'utf8')))
    expect(counts.map(({ written, parts }) => [written, parts.all])).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
      [0, 0],
    ])
  })

  it('with --max-errors counts the bad rows of all shares before it marks the folder complete', () => {
    const parts = ['a', 'b', 'c', 'd'].map((name) => [`in/${name}.csv`, `${rows(1)}x,2,y\n`])
    const cwd = tree(Object.fromEntries(parts))
    const share = (index: number, most: number) =>
      run(cwd, '-q', '--resume', '--max-errors', `${most}`, '--part', `${index}/4`)
    for (const index of [3, 1, 4]) expect(share(index, 3).status).toBe(0)
    const { status, stderr } = share(2, 3)
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('[E_TOO_MANY]') })
    expect(stderr).toContain('more than 3 bad rows (--max-errors 3); the last: one of 4 in "out/"')
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
    expect(share(1, 4).status).toBe(0)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
    expect(share(1, 3).status).toBe(1)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
  })

  it('takes the mark of a complete folder away where a part of another share has changed', () => {
    const cwd = tree({ 'in/a.csv': rows(1), 'in/b.csv': rows(2) })
    for (const share of [1, 2]) expect(run(cwd, '-q', '--part', `${share}/2`).status).toBe(0)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
    for (const name of ['a', 'b']) writeFileSync(join(cwd, `in/${name}.csv`), rows(3, 4))
    expect(run(cwd, '-q', '--part', '1/2', '--resume').status).toBe(0)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
    writeFileSync(join(cwd, 'out/_SUCCESS'), '')
    expect(run(cwd, '-q', '--part', '1/2', '--resume').status).toBe(0)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
    expect(run(cwd, '-q', '--part', '2/2', '--resume').status).toBe(0)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
  })

  const MANY = Object.fromEntries(
    Array.from({ length: 23 }, (_, index) => [
      `in/${index % 2 ? 'odd/' : ''}p${index}.csv`,
      rows(...Array.from({ length: 1 + ((index * 7) % 13) * 400 }, (_, id) => id)),
    ]),
  )

  it('takes every part in one share, and _SUCCESS comes with the last', () => {
    const cwd = tree(MANY)
    expect(command(['in', '-o', 'whole/', '-q'], { cwd }).status).toBe(0)
    for (const share of [3, 1, 2]) {
      expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
      expect(run(cwd, '--part', `${share}/3`).status).toBe(0)
    }
    const { '_manifest.ndjson': _, ...whole } = contentOf(cwd, 'whole')
    const manifests = ['_manifest-1-of-3.ndjson', '_manifest-2-of-3.ndjson', '_manifest-3-of-3.ndjson']
    expect(contentOf(cwd)).toEqual({ ...whole, ...Object.fromEntries(manifests.map((name) => [name, ''])) })
    const lines = manifests.map((name) => manifest(cwd, name))
    expect(
      lines
        .flat()
        .map(({ part }) => part)
        .sort(),
    ).toEqual(Object.keys(whole).filter((name) => name !== '_SUCCESS'))
    const loads = lines.map((share) => share.reduce((sum, { input }) => sum + input.bytes, 0))
    expect(Math.max(...loads) / Math.min(...loads)).toBeLessThan(1.3)
  })

  it('needs nothing of the other processes, which may run at once', async () => {
    const cwd = tree(MANY)
    const shares = Array.from(
      { length: 4 },
      (_, index) => start(['in', '-o', 'out/', '--part', `${index + 1}/4`], cwd).ended,
    )
    for (const { status } of await Promise.all(shares)) expect(status).toBe(0)
    expect(Object.keys(contentOf(cwd)).filter((name) => !name.startsWith('_')).length).toBe(23)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
  })

  it('says how many parts are left to others, and may have none itself', () => {
    const cwd = tree(THREE)
    expect(run(cwd, '--part', '4/4').stderr).toBe(
      'softmax: out/: 0 of 3 parts done, 0 rows; 3 parts of other shares are not done yet\n',
    )
    expect(run(cwd, '--part', '4/4').stderr).toMatch(/contains the output of another run.*\[E_RESUME\]\n$/)
    expect(run(cwd, '--part', '4/4', '--resume').status).toBe(0)
    expect(run(cwd, '--part', '1/5').stderr).toMatch(/\[E_RESUME\]\n$/)
  })

  it('goes on with what other shares, of another number, have done', () => {
    const cwd = tree(MANY)
    expect(run(cwd, '-q', '--part', '1/3').status).toBe(0)
    expect(run(cwd, '--resume', '--part', '1/2').stderr).toMatch(/ parts done \([1-9]\d* by earlier runs\), /)
    expect(run(cwd, '--resume').stderr).toMatch(/23 of 23 parts done \([1-9]\d* by earlier runs\), /)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
  })

  it('refuses other options than those of other shares', () => {
    const cwd = tree(THREE)
    expect(run(cwd, '-q', '--part', '1/2').status).toBe(0)
    expect(run(cwd, '--part', '2/2', '-T', '3').stderr).toMatch(
      /was made with --temperature 1 \(the default\), but this run has --temperature 3;.*\[E_RESUME\]\n$/,
    )
  })

  it('has no _SUCCESS where the output of another share is gone', () => {
    const cwd = tree(THREE)
    expect(run(cwd, '-q', '--part', '1/2').status).toBe(0)
    const [{ part }] = manifest(cwd, '_manifest-1-of-2.ndjson')
    rmSync(join(cwd, 'out', part))
    expect(run(cwd, '--part', '2/2').stderr).toMatch(/; 1 part of other shares is not done yet\n$/)
    expect(run(cwd, '--part', '1/2', '--resume').status).toBe(0)
    expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(true)
  })
})

it('a folder that another process writes meanwhile is not complete, and the run says so by its status', () => {
  const cwd = tree(THREE)
  // As another run with other options would replace a finished output.
  const replace = `
    import fs from 'node:fs/promises'
    const { rename } = fs
    fs.rename = async (from, to) => {
      await rename(from, to)
      if (to.endsWith('a.csv')) await fs.appendFile(to, 'of another run')
    }`
  const NODE_OPTIONS = `--import "data:text/javascript,${encodeURIComponent(replace)}"`
  const { status, stderr } = command(['in', '-o', 'out/'], { cwd, env: { NODE_OPTIONS } })
  expect(stderr).toMatch(/1 part was changed or written by another process .* --resume checks again \[E_OUTPUT\]\n$/)
  expect(status).toBe(3)
  expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(false)
  expect(run(cwd, '--resume').status).toBe(0)
  expect(contentOf(cwd)).toEqual(THREE_SCORED)
})
