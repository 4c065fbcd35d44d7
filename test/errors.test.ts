import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { CODES, type Code, type ScoreOptions, SoftmaxError, softmaxMatrix, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder, predict, ROOT, thrown } from './support.js'

interface Case {
  files?: Record<string, string | Buffer>
  args: string[]
  terminal?: 'stdin'
  status: 1 | 2 | 3
  /** The beginning of the line, after `softmax: `. */
  begins: string
  /** Other text it contains: the remedy. */
  says: string
  stdout?: string
  /** The equivalent options of `score` for in.csv, the data of the error, and its remedy in API terms. */
  api?: { options?: ScoreOptions; info: object; says?: string }
}

/** A header of 23 bytes, and a row of 6. */
const GOOD = 'id,logit_cat,logit_dog\n1,2,1\n'
const SCORED = `id,p_cat,p_dog,label\n1,${P21},cat\n`

/** A bad row after a good one. */
const badRow = (row: string) => ({
  files: { 'in.csv': `${GOOD}${row}\n3,2,1\n` },
  args: ['in.csv'],
  status: 1 as const,
  stdout: SCORED,
})

/** An array as written by numpy, without the padding of its header. */
const npy = (descr: string, shape: string, numbers: Buffer) => {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`
  return Buffer.concat([
    Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`, 'latin1'),
    numbers,
  ])
}

/** A file of two empty tensors. */
const TWO_TENSORS = (() => {
  const empty = { dtype: 'F64', shape: [0, 2], data_offsets: [0, 0] }
  const header = JSON.stringify({ ids: empty, scores: empty })
  return Buffer.concat([Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(header)])
})()

/** An Arrow stream written by pyarrow. */
function feature(name: string): Buffer {
  const lines = readFileSync(join(ROOT, 'fixtures/features.ndjson'), 'utf8').trimEnd().split('\n')
  const found = lines.map((line) => JSON.parse(line)).find((one) => one.name === name)
  return Buffer.from(found.bytes, 'base64')
}

const THROUGH_COMMAND = {
  E_CELL: {
    ...badRow('2,"1,5",1'),
    begins: 'in.csv:3: column logit_cat (row 2, byte 31): "1,5" is not a number',
    says: 'decimals need a point',
    api: { info: { source: 'in.csv', line: 3, row: 2, byte: 31, column: 'logit_cat', cell: '1,5' } },
  },
  E_MISSING: {
    ...badRow('2,1,'),
    begins: 'in.csv:3: column logit_dog (row 2, byte 33): ',
    says: '; --on-error skip skips such rows, --missing nan reads NaN, --missing -inf masks the class',
    api: {
      info: { source: 'in.csv', line: 3, row: 2, byte: 33, column: 'logit_dog' },
      says: "; onError: 'skip' skips such rows, missing: 'nan' reads NaN, missing: '-inf' masks the class",
    },
  },
  E_OVERFLOW: {
    ...badRow('2,1,-1e400'),
    begins: 'in.csv:3: column logit_dog (row 2, byte 33): "-1e400" ',
    says: 'double',
    api: { info: { source: 'in.csv', line: 3, row: 2, byte: 33, column: 'logit_dog', cell: '-1e400' } },
  },
  E_NONFINITE: {
    ...badRow('2,nan,1'),
    begins: 'in.csv:3: ',
    says: '--nonfinite propagate',
    api: {
      info: { source: 'in.csv', line: 3, row: 2, reason: 'a logit is NaN' },
      says: "nonfinite: 'propagate'",
    },
  },
  E_WIDTH: {
    ...badRow('2,1'),
    begins: 'in.csv:3: row 2, byte 29: ',
    says: '2 cells where 3 are expected',
    api: { info: { source: 'in.csv', line: 3, row: 2, byte: 29, cells: 2, width: 3 } },
  },
  E_QUOTE: {
    ...badRow('2,"1,1'),
    begins: 'in.csv:3: row 2, byte 31: ',
    says: 'a quote is not closed',
    api: { info: { source: 'in.csv', line: 3, row: 2, byte: 31 } },
  },
  E_ROW_TOO_LONG: {
    ...badRow(`2,1,${' '.repeat(40)}1`),
    args: ['in.csv', '--max-row-bytes', '40'],
    begins: 'in.csv:3: row 2, byte 29: the row is longer than 40 bytes',
    says: 'increase --max-row-bytes if it is correct',
    api: {
      options: { maxRowBytes: 40 },
      info: { source: 'in.csv', line: 3, row: 2, byte: 29, limit: 40 },
      says: '; increase maxRowBytes if it is correct',
    },
  },
  E_JSON: {
    files: { 'in.ndjson': '{"logits":[2,1]}\n{"logits":[2,1}\n' },
    args: ['in.ndjson'],
    status: 1 as const,
    stdout: `{"logits":[2,1],"probs":[${P21}],"label":"0"}\n`,
    begins: 'in.ndjson:2: row 2, byte 17: the line is not JSON: ',
    says: 'in JSON at position 14',
  },
  E_KEY: {
    files: { 'in.ndjson': '{"id":1,"logits":[2,1]}\n{"id":1,"logits":[2,1],"x":1}\n' },
    args: ['in.ndjson', '-t', 'csv', '--no-output-header', '-q'],
    status: 1 as const,
    stdout: `1,${P21},0\n`,
    begins: 'in.ndjson:2: row 2, byte 24: unexpected key "x": the first row defines the columns',
    says: '--keep id ignores it, --keep id,x --types x=text adds it, --to ndjson keeps the keys of each row',
  },
  E_CELL_TYPE: {
    files: { 'in.csv': `${GOOD}${'1,2,1\n'.repeat(9_999)}K1A,2,1\n` },
    args: ['in.csv', '-o', 'out.arrow', '--types', 'infer', '--quiet'],
    status: 1 as const,
    begins: 'in.csv:10002: column id (row 10001, byte 60023): "K1A" is not int64',
    says: '--types infer,id=text keeps the column as text',
  },
  E_TYPE: {
    files: { 'in.npy': npy('<c16', '(1, 2)', Buffer.alloc(32)) },
    args: ['in.npy'],
    status: 1 as const,
    begins: 'in.npy: cannot be read as logits: its dtype is <c16',
    says: 'save it as float64',
  },
  E_TENSOR: {
    files: { 'in.safetensors': TWO_TENSORS },
    args: ['in.safetensors'],
    status: 2 as const,
    begins: 'in.safetensors: it contains several arrays: "ids", "scores"; ',
    says: 'select the logits, as with --tensor ids',
  },
  E_CORRUPT: {
    files: { 'in.npy': npy('<f8', '(2, 2)', Buffer.alloc(31)) },
    args: ['in.npy', '--to', 'csv'],
    status: 3 as const,
    stdout: 'p_0,p_1,label\n0.5,0.5,0\n',
    begins: 'in.npy: the npy data is corrupt or truncated: ',
    says: 'in row 2 of 2',
  },
  E_ENCODING: {
    files: { 'in.csv': Buffer.from('id,logit_caf\xe9,logit_b\n', 'latin1') },
    args: ['in.csv'],
    status: 1,
    begins: 'in.csv:1: the header is not UTF-8',
    says: 'try --encoding latin1',
    api: { info: { source: 'in.csv', line: 1 }, says: "try encoding: 'latin1'" },
  },
  E_REPEATED: {
    ...badRow('id,logit_cat,logit_dog'),
    begins: 'in.csv:3: row 2, byte 29: the row repeats the header',
    says: 'pass the files as separate inputs',
    api: { info: { source: 'in.csv', line: 3, row: 2, byte: 29 } },
  },
  E_UNSUPPORTED: {
    files: { 'in.csv': Buffer.from('BZh91AY&SY\xe2\xf2\xd5"\x00\x00\x11[', 'latin1') },
    args: ['in.csv'],
    status: 1,
    begins: 'in.csv: not supported: bzip2 compression; ',
    says: 'bzip2 -dc ',
    api: {
      info: { source: 'in.csv', feature: 'bzip2 compression', remedy: 'run bzip2 -dc FILE, and score its output' },
    },
  },
  E_DELIMITER: {
    files: { 'in.csv': 'logit_a;logit_b\n1;2\n' },
    args: ['in.csv'],
    status: 1,
    begins: 'in.csv:1: ',
    says: "did you mean --delimiter ';'?",
    api: { info: { source: 'in.csv', line: 1, delimiter: ';' }, says: "delimiter: ';'?" },
  },
  E_TRUTH: {
    files: { 'in.csv': 'logit_cat,logit_dog,y\n1,2,dgo\n' },
    args: ['in.csv', '--truth', 'y'],
    status: 1,
    begins: 'in.csv:2: column y (row 1, byte 26): "dgo" is not a class',
    says: 'the nearest class is "dog"; ',
    stdout: 'y,p_cat,p_dog,label\n',
    api: {
      options: { truth: 'y' },
      info: { source: 'in.csv', line: 2, row: 1, byte: 26, column: 'y', cell: 'dgo' },
    },
  },
  E_TOO_MANY: {
    ...badRow('2,x,1\n3,1,y'),
    args: ['in.csv', '--max-errors', '1'],
    begins: 'in.csv:4: column logit_dog (row 3, byte 39): more than 1 bad row (--max-errors 1); the last: "y" ',
    says: 'is not a number [E_TOO_MANY]',
    stdout: SCORED,
    api: {
      options: { maxErrors: 1 },
      info: { source: 'in.csv', line: 4, row: 3, byte: 39, column: 'logit_dog', most: 1 },
    },
  },
  E_NO_COLUMNS: {
    files: { 'in.csv': '' },
    args: ['in.csv', '--to', 'npy'],
    status: 1,
    begins: 'in.csv: the input is empty',
    says: 'npy needs columns',
    api: { options: { to: 'npy' }, info: { source: 'in.csv', to: 'npy' } },
  },
  E_EMPTY: {
    files: { 'in.csv': 'id,logit_cat,logit_dog\n' },
    args: ['in.csv', '--require-rows'],
    status: 1,
    begins: 'in.csv: the input has no rows',
    says: '--require-rows',
    stdout: 'id,p_cat,p_dog,label\n',
    api: { options: { requireRows: true }, info: { source: 'in.csv' }, says: 'requireRows: true' },
  },
  E_NO_ROWS: {
    files: { 'in.csv': 'logit_a,logit_b\nx,y\n1\n' },
    args: ['in.csv', '--on-error', 'skip'],
    status: 1,
    begins: '',
    says: 'no row could be scored (2 read: 1 E_CELL, 1 E_WIDTH); the first: "x" is not a number',
    stdout: 'p_a,p_b,label\n',
    api: { options: { onError: 'skip' }, info: { source: 'in.csv', rows: 2, row: 1 } },
  },
  E_SCHEMA: {
    files: { 'in.csv': GOOD, 'other.csv': 'id,logit_cat,logit_cow\n1,2,1\n' },
    args: ['in.csv', 'other.csv'],
    status: 1,
    begins: 'other.csv: ',
    says: '"in.csv"',
  },
  E_FLAG: { args: ['--temprature', '2'], status: 2, begins: 'unknown option "--temprature"', says: '--temperature?' },
  E_TOPIC: {
    args: ['help', 'tempreature'],
    status: 2,
    begins: 'there is no help on',
    says: 'did you mean temperature?',
  },
  E_OPTION: { args: ['-T', 'zero'], status: 2, begins: '-T takes a number above 0', says: '"zero"' },
  E_CONFLICT: {
    files: { 'in.csv': GOOD },
    args: ['--quote', ',', 'in.csv'],
    status: 2,
    begins: '',
    says: 'quote',
    api: { options: { quote: ',' }, info: {} },
  },
  E_COLUMNS: {
    files: { 'in.csv': 'id,cat,dog\n1,2,1\n' },
    args: ['in.csv'],
    status: 2,
    begins:
      'in.csv: cannot detect which of the columns "id", "cat", "dog" are logits: "id" is a common name for a key, a true class or a measurement; ',
    says: 'if these are all the logits, use --logits cat,dog',
    api: { info: { source: 'in.csv', header: ['id', 'cat', 'dog'], logits: 'cat,dog' }, says: "logits: 'cat,dog'" },
  },
  E_SELECTOR: {
    files: { 'in.csv': GOOD },
    args: ['-l', 'logit_cat,cow', 'in.csv'],
    status: 2,
    begins: '',
    says: '"cow"',
    api: { options: { logits: 'logit_cat,cow' }, info: { item: 'cow' } },
  },
  E_SUMS: {
    files: { 'sums.json': '{"softmax_sums":2}' },
    args: ['evaluate', '--merge', 'sums.json'],
    status: 1,
    begins: 'sums.json: ',
    says: 'it contains no sums of this version; --merge takes the output of --partial',
  },
  E_CALIBRATION: {
    files: { 'in.csv': GOOD, 'c.json': '{"version": 2, "temperature": 1}' },
    args: ['in.csv', '--calibration', 'c.json'],
    status: 2,
    begins: 'c.json: --calibration: ',
    says: 'its version is "2", but only version 1 is supported; softmax calibrate makes one',
    api: {
      options: { calibration: { temperature: 2, classes: [] } },
      info: { reason: 'it is not a calibration' },
      says: 'calibration: it is not a calibration; calibrate() makes one',
    },
  },
  E_VALIDATION: {
    files: { 'in.csv': 'logit_cat,logit_dog,y\n1,2,\n' },
    args: ['calibrate', 'in.csv', '--truth', 'y'],
    status: 1,
    begins: 'no temperature can be found: ',
    says: 'no row has a true class',
  },
  E_HEADER: {
    files: { 'in.csv': '1.5,2.5\n3.5,4.5\n' },
    args: ['in.csv'],
    status: 2,
    begins: 'in.csv:1: ',
    says: '--no-header reads it as a row, --header reads it as names',
    api: {
      info: { source: 'in.csv', line: 1 },
      says: 'header: false reads it as a row, header: true reads it as names',
    },
  },
  E_NAME: {
    files: { 'in.csv': 'label,logit_cat\n1,2\n' },
    args: ['in.csv'],
    status: 2,
    begins: '',
    says: "--emit probs,label=predicted, or leave out that of the input with --keep '!label' [",
    api: {
      info: { name: 'label' },
      says: "emit: 'probs,label=predicted', or leave out that of the input with keep: '!label' [",
    },
  },
  E_LABELS: {
    files: { 'in.csv': GOOD },
    args: ['--labels', 'cat,dog,cow', 'in.csv'],
    status: 2,
    begins: '',
    says: '3 names for 2 classes',
    api: { options: { labels: ['cat', 'dog', 'cow'] }, info: {} },
  },
  E_SAME_FILE: {
    files: { 'in.csv': GOOD },
    args: ['in.csv', '-o', 'in.csv'],
    status: 2,
    begins: 'the output "in.csv" is an input',
    says: 'another file',
  },
  E_PARTS: {
    files: { 'in.csv': GOOD, 'in.ndjson': '{"logits":[2,1]}' },
    args: ['in.csv', 'in.ndjson', '-t', 'csv', '-o', 'out/'],
    status: 2,
    begins: '"in.csv" and "in.ndjson" would both be "in.csv" in the output',
    says: 'leave one of them out',
  },
  E_RESUME: {
    files: { 'in.csv': GOOD, _SUCCESS: '' },
    args: ['in.csv', '-t', 'ndjson', '-o', './'],
    status: 2,
    begins: 'the folder "./" contains the output of another run',
    says: 'continue it with --resume and the same options, or write to another folder',
  },
  E_NO_INPUT: { args: [], terminal: 'stdin', status: 2, begins: 'no input', says: 'softmax --help' },
  E_CELL_ENCODING: {
    files: { 'in.arrows': feature('text that is not UTF-8') },
    args: ['in.arrows', '-t', 'csv'],
    status: 1,
    begins: 'in.arrows: column kept (row 2): the text is not UTF-8',
    says: "--keep '!kept' leaves it out",
    stdout: `kept,p_a,p_b,label\naaaa,${P21},a\n`,
  },
  E_COLUMN_TYPE: {
    files: { 'in.arrows': feature('a column of text'), 'other.arrows': feature('a column of numbers') },
    args: ['in.arrows', 'other.arrows', '-t', 'arrow', '-o', 'out.arrow'],
    status: 1,
    begins: 'other.arrows: column kept: its type is int64, but utf8 in the first input',
    says: "--keep '!kept' leaves it out",
  },
  E_INPUT: { args: ['missing.csv'], status: 3, begins: 'missing.csv: cannot read: ', says: 'no such file' },
  E_OUTPUT: {
    files: { 'in.csv': GOOD },
    args: ['in.csv', '-o', 'missing/out.csv'],
    status: 3,
    begins: 'cannot write "missing/out.csv": ',
    says: 'there is no such folder; mkdir -p missing creates it',
  },
} satisfies Partial<Record<Code, Case>>

/** Errors that no command line can cause. */
const THROUGH_API = {
  E_ROW: {
    error: async () => (await predict([[1, 2], [2, 1], 'a,b'])).error!,
    status: 1,
    info: { row: 3 },
    says: 'row 3: a string is not a row',
  },
  E_RECORD: {
    error: () => {
      const written = Readable.from([{ a: 1 }, [1, 2]])
        .compose(write('csv'))
        .toArray()
      return written.then(
        () => expect.fail(),
        (error: SoftmaxError) => error,
      )
    },
    status: 1,
    info: { row: 2 },
    says: 'row 2: expected an object, got an array; write() takes predictions, or other objects',
  },
  E_CHUNK: {
    error: async () => (await predict([Buffer.from('logit_a,logit_b\n1,2\n')], { onError: 'skip' })).error!,
    status: 2,
    info: { takes: 'rows', got: 'bytes' },
    says: "the stream takes rows, but got bytes; put read('csv') before it, or use score(), which takes bytes",
  },
  E_SHAPE: {
    error: async () => thrown(() => softmaxMatrix([1, 2, 3], 2, 2)),
    status: 2,
    info: { length: 3, rows: 2, classes: 2 },
    says: '3 logits are not 2 rows of 2 classes',
  },
  E_MEMORY: {
    error: async () => new SoftmaxError('E_MEMORY', { of: 'memory', bytes: 3 << 20 }),
    status: 3,
    info: { of: 'memory', bytes: 3 << 20 },
    says: 'cannot allocate 3 MiB more memory',
  },
  E_WORKER: {
    error: async () => new SoftmaxError('E_WORKER', { reason: 'it ended', line: 3, row: 2, byte: 31, byteEnd: 900 }),
    status: 70,
    info: { reason: 'it ended', line: 3, row: 2, byte: 31, byteEnd: 900 },
    says: 'to byte 900 is lost: it ended; jobs: 1 uses no worker threads',
  },
  E_DEPENDENCY: {
    error: async () =>
      new SoftmaxError('E_DEPENDENCY', {
        format: 'a report',
        packages: 'linkedom',
        command: 'npm install linkedom',
      }),
    status: 2,
    info: { format: 'a report' },
    says: 'npm install linkedom',
  },
  E_NODE: {
    error: async () =>
      new SoftmaxError('E_NODE', { feature: 'zstd', needed: '22.15', version: 'v20.0.0', remedy: 'run zstd -dc' }),
    status: 2,
    info: { feature: 'zstd' },
    says: 'needs Node 22.15 or later',
  },
  E_INTERNAL: {
    error: async () => new SoftmaxError('E_INTERNAL', { reason: 'block 7', row: 9 }),
    status: 70,
    info: { reason: 'block 7', row: 9 },
    says: 'report it: block 7',
  },
}

/** An error code without a test does not compile here. */
const ALL = { ...THROUGH_COMMAND, ...THROUGH_API } satisfies Record<Code, unknown>

it('every code is tested', () => {
  expect(Object.keys(ALL).sort()).toEqual(Object.keys(CODES).sort())
})

describe.each(Object.entries<Case>(THROUGH_COMMAND))('%s', (code, { files, args, terminal, api, ...expected }) => {
  it(`ends the command with status ${expected.status} and one line`, () => {
    const { status, stdout, stderr } = command(args, { cwd: folder(files), ...(terminal && { terminal }) })
    expect(stderr).toMatch(/^softmax: [^\n]+\n$/)
    expect(stderr.slice('softmax: '.length, -1)).toSatisfy((line: string) => line.startsWith(expected.begins))
    expect(stderr).toContain(expected.says)
    expect(stderr.endsWith(` [${code}]\n`)).toBe(true)
    expect({ status, stdout }).toEqual({ status: expected.status, stdout: expected.stdout ?? '' })
  })

  if (!api) return
  it('is an error of the stream, with its data', async () => {
    const outcome = async () => (await run(Buffer.from(files!['in.csv']!), { source: 'in.csv', ...api.options })).error
    const error = await outcome().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(SoftmaxError)
    expect(error).toMatchObject({ name: 'SoftmaxError', code, status: expected.status, info: api.info })
    expect(error.message).toContain(api.says ?? expected.says)
    expect(error.message).not.toContain('--')
  })
})

describe.each(Object.entries(THROUGH_API))('%s', (code, { error, status, info, says }) => {
  it('is an error of the API, with its data', async () => {
    const found = await error()
    expect(found).toBeInstanceOf(SoftmaxError)
    expect(found).toMatchObject({ name: 'SoftmaxError', code, status, info })
    expect(found.message).toContain(says)
    expect(found.message.endsWith(` [${code}]`)).toBe(true)
  })
})

it('an error is reported by its code', () => {
  const error = new SoftmaxError('E_CELL', { cell: 'x' })
  expect([SoftmaxError.is(error, 'E_CELL'), SoftmaxError.is(error, 'E_ROW')]).toEqual([true, false])
  expect([SoftmaxError.is(error), SoftmaxError.is(new Error('E_CELL'))]).toEqual([true, false])
  expect(SoftmaxError.is({ ...error, name: 'SoftmaxError' }, 'E_CELL')).toBe(false)
})

it('an error has its message in JSON, too', async () => {
  const { error } = await run('logit_a,logit_b\n1,x\n')
  const info = { cell: 'x', column: 'logit_b', line: 2, row: 1, byte: 18 }
  const { message } = error!
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: { name: 'SoftmaxError', code: 'E_CELL', message, status: 1, info },
  })
  expect(message).toContain('"x" is not a number')
})

describe('places', () => {
  it('count lines through quotes, blank lines and comments, rows without them, bytes from the start', async () => {
    const input = '\ufeff# note\n\nid,logit_a\n"two\nlines",1\n\nż,x\n'
    const { error } = await run(input, { comment: '#', labels: 'a' })
    const byte = Buffer.byteLength('\ufeff# note\n\nid,logit_a\n"two\nlines",1\n\nż,')
    expect(error).toMatchObject({ code: 'E_CELL', info: { line: 7, row: 2, byte, column: 'logit_a', cell: 'x' } })
  })

  it('count the bytes of a BOM, and the first row, before the columns are known', async () => {
    const inHeader = await run('\ufeff\nid,"logit_a\n1,2\n')
    expect(inHeader.error).toMatchObject({ code: 'E_QUOTE', info: { line: 2, byte: 3 + 1 + 3 } })
    const inFirst = await run('\ufeff\n1,"2\n', { header: false })
    expect(inFirst.error).toMatchObject({ code: 'E_QUOTE', info: { line: 2, row: 1, byte: 3 + 1 + 2 } })
  })

  it('are right far into a large file', async () => {
    const row = '1,2,1\n'
    const { error } = await run(`id,logit_cat,logit_dog\n${row.repeat(1040)}1,"1,5",1\n`, { source: 'in.csv' })
    expect(error!.message).toMatch(
      /^in\.csv:1042: column logit_cat \(row 1041, byte 6265\): "1,5" is not a number.* \[E_CELL\]$/,
    )
    const far = await run(`id,logit_cat,logit_dog\n${row.repeat(100_000)}1,x,1\n`, {}, 65_536)
    expect(far.error).toMatchObject({ info: { line: 100_002, row: 100_001, byte: 23 + 600_000 + 2 } })
  })

  it('are counted in rows in object mode', async () => {
    const rows = Array.from({ length: 1000 }, (_, row) => (row === 777 ? [1, 'x'] : [1, 2]))
    const { error } = await predict(rows, { labels: ['cat', 'dog'] })
    expect(error).toMatchObject({ code: 'E_CELL', info: { row: 778, column: 'dog', cell: 'x' } })
  })
})

describe('messages', () => {
  /** ESC and a newline, the C1 control CSI, and a bidirectional mark. */
  const EVIL = 'a\u001b[31m\nb\u009b31m\u202ec'
  const quoted = `"${EVIL}"`
  const cases: Record<string, { args?: string[]; input?: string; files?: Record<string, string> }> = {
    'a cell': { input: `id,logit_a,logit_b\n1,2,${quoted}\n` },
    'the name of a column at fault': { input: `"logit_${EVIL}",logit_b\nx,1\n` },
    'a header without logits': { input: `id,${quoted}\n1,2\n` },
    'a header that a selector does not fit': { input: `id,${quoted}\n1,2\n`, args: ['-l', 'x'] },
    'a header that a glob does not fit': { input: `id,${quoted}\n1,2\n`, args: ['-l', 'x*'] },
    'a name that is taken': { input: `"p_${EVIL}","logit_${EVIL}"\n1,2\n` },
    'a name that two columns have': { input: `${quoted},${quoted},logit_a,logit_b\n1,2,3\n` },
    'a selector': { args: ['-l', EVIL], input: GOOD },
    'a flag': { args: [`--${EVIL}`], input: GOOD },
    'a value': { args: ['--precision', EVIL], input: GOOD },
    'the name of an input': { args: [EVIL] },
    'the name of an output': { args: ['-o', `missing/${EVIL}`], input: GOOD },
    'the name of a file of labels': { args: ['--labels', `@${EVIL}`], input: GOOD },
    'a file of labels': { args: ['--labels', '@labels.json'], input: GOOD, files: { 'labels.json': `[${EVIL}` } },
    'the header of another input': {
      args: ['a.csv', 'b.csv'],
      files: { 'a.csv': GOOD, 'b.csv': `${quoted},logit_cat,logit_dog\n1,2,3\n` },
    },
  }

  it.each(Object.entries(cases))('have no control characters of %s', (_, { args = [], input = '', files = {} }) => {
    const { status, stderr } = command(args, { stdin: input, cwd: folder(files) })
    expect(status).toBeGreaterThan(0)
    expect(status).toBeLessThan(4)
    expect(stderr).toMatch(/^(softmax: warning: [^\p{Cc}\p{Cf}]+\n)?softmax: [^\p{Cc}\p{Cf}]+ \[E_[A-Z_]+\]\n$/u)
  })

  const LONG = 'x'.repeat(5000)
  const longCases: Record<string, { args?: string[]; input: string }> = {
    'a cell': { input: `id,logit_a,logit_b\n1,2,${LONG}\n` },
    'the name of a column': { input: `id,logit_${LONG},logit_b\n1,z,1\n` },
    'a header': { input: `id,${'column,'.repeat(1000)}end\n1\n` },
    'a header that a selector does not fit': { input: `id,${'column,'.repeat(1000)}end\n1\n`, args: ['-l', 'nix'] },
    'a header that a glob does not fit': { input: `id,${'column,'.repeat(1000)}end\n1\n`, args: ['-l', 'nix*'] },
    'a selector': { input: GOOD, args: ['-l', LONG] },
  }

  it.each(Object.entries(longCases))('show at most 80 characters of %s', (_, { args = [], input }) => {
    const { stderr } = command(args, { stdin: input })
    const error = stderr.split('\n').find((line) => line.endsWith(']'))!
    expect(error.length).toBeLessThan(80 + 80 + 200)
  })

  it('are well-formed where they cut a character of two code units', async () => {
    for (const length of [75, 76, 77, 78, 79]) {
      const { error } = await run(`logit_a,logit_b\n1,${'x'.repeat(length)}${'🐢'.repeat(9)}\n`)
      expect(error!.message).toContain('" is not a number')
      expect(Buffer.from(error!.message).toString()).toBe(error!.message)
    }
  })

  it('tell of bytes that are no UTF-8', async () => {
    const { error } = await run(Buffer.from('logit_a,logit_b\n1,\xff\xfe\n', 'latin1'))
    expect(error!.message).toContain('"\ufffd\ufffd" is not a number')
  })

  it('name standard input as stdin', () => {
    expect(command([], { stdin: 'logit_a,logit_b\n1,x\n' }).stderr).toMatch(/^softmax: stdin:2: column logit_b /)
    expect(command(['-'], { stdin: 'logit_a,logit_b\n1,x\n' }).stderr).toMatch(/^softmax: stdin:2: column logit_b /)
  })
})
