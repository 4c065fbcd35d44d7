/** Which columns are kept: with a selector, in each format and lane; expected values by hand. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { evaluate, type Reject, read, type ScoreOptions, scoreFiles, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { anyOptions, both } from './agree.js'
import { npzOf, safetensorsOf } from './npy.js'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { command, folder, predict } from './support.js'

const CSV = 'id,name,y,logit_a,logit_b,note\n1,x,a,2,1,"q,r"\n2,"z",b,1,2,s\n'
const LINES =
  '{"id": 1, "m": {"u": 3}, "y": "a", "logit_a": 2.0, "logit_b": 1, "s": "\\u00e9\\/"}\n' +
  '{"id": 1.0, "m": {}, "y": "a", "logit_a": 2, "logit_b": 1, "s": [1, 2]}\n' +
  '{"new": 3, "s": 0, "logit_a": 2, "logit_b": 1, "id": null}\n'
const LISTS = '{"id": 1, "logits": [2, 1], "x": 5}\n{"x": 6, "logits": [2,1], "id": 2}\n'

const WAYS = [
  { size: 7, jobs: 1 },
  { size: 1 << 20, jobs: 3 },
]
const LABEL = { emit: 'label' } as const

/** The output in both lanes, which must have no error. */
async function kept(text: string, keep: ScoreOptions['keep'], options: ScoreOptions = {}): Promise<string> {
  const { text: output, error } = await both(text, { ...LABEL, keep, ...options }, WAYS)
  expect(error).toBeUndefined()
  return output
}

/** The message of the error, in both lanes. */
async function refused(text: string, keep: ScoreOptions['keep'], options: ScoreOptions = {}): Promise<string> {
  const { error } = await both(text, { ...LABEL, keep, ...options }, WAYS)
  return error!.message
}

const unpacked = (text: string) => gunzipSync(Buffer.from(text, 'base64'))

/**
 * By pyarrow: the int64 column id, the text column note, which cannot be read (in Parquet, its pages are not pages; in
 * Arrow, its text is not UTF-8), the timestamps at, and two columns of logits.
 */
const PARQUET = unpacked(
  'H4sIAAAAAAACAwtwDDIUZRDVEdXREWUBMthE2WQYGBiYgJiFkZEBBQj8JxXgNJlhwffkGHc2BhiNWyEEOECoD/YEFH6wh2kQZZHMMWWQYCtOzkjN' +
    'TRTlYhBlUWWSYMpMYRDlATJY8vJLUlUZfEAGQGQSS1RFfHoEZXTA+kW5gGLsOfnpmSXxiSi8JAYxFkkZyRg1BhmgHapsDJIgU0WBomJBYkFqHJ4y' +
    'oiDvMDHYaLJJqjGwAA0DKeWBKAXbC1acJJakFoVQLKYgiawcZnJiCdzkPYw4jOaCqIW5Fq6hj4koDUlwDQ+waRBbxSzGosYBpBg0FAoSiwpLU0t0' +
    'kwsKdBOLivLLFcpSi4oz8/MUjMz0DPQMJWOAAYqMGDqAMRMATGQAErMOv2kCAAA=',
)
const ARROW = unpacked(
  'H4sIAAAAAAACA+1UvU7DQAz+Ln+Nwg0ZKsTA0IGhKxJDNlIx0A1UFZEBCQpFqBKiSwYehZEH4FGYEI/BwMZGsH2uGk5hQGLkixyfz/bZ990lo8nk' +
    '6HQXaAjHBsjByGCRIEZKI4KJyAZZKb0jfYP8wBvJE8ktyZ7OF7QWJYW81pbOMXoct7xZ1OeXeJGYAPNW7KAzdkajhGom9DACPLicjHO2WzkByazm' +
    'Pq1kpDrL/pDkZHqAV5cb+7ms75b1tRtHYufoS92e7D5XbkzQVXcxd3VTinZ1YUo4Xivita+xFpvKrJVVEUbCUYUVMrKtsMzcP8OdSYA1NvAzck/7' +
    '81b1oNU7Y+jFD728wvMXnn/s+ccdfcTePvAHtunYpmnFNZ86ePy4OjtM1tqhdOp9/7tG2cg9cQtaOr1ETixX/iK56zt6B7jehTay0lWrqf/v5vff' +
    'zT3xOJJ/0xfrPRlmogQAAA==',
)
/** By numpy.savez: logits, y and w with a number per row, and wide with three. */
const NPZ = unpacked(
  'H4sIAAAAAAACAwvwZmbRZYAARYbzG7VO/IcCLgYRhpz89MySYr28gkpGBgGGBVB1MHqyX6hvQCQjQxlDtXpKanFykbqVgrpNmoW6joJ6Wn5RSVFi' +
    'Xnx+UUoqSNwtMac4FShenJFYkArkaxjpKBhp6ijUKpANuKDOcIBQH+xRaQaHABS/1WX9PgnzGyvQb5Uwb02AKpmA11uZxHqLMk8hvMXACKVRvbEw' +
    'NfoTsjfKYd7ogCrpwB87JnT0BjAmDtijOr+mfoYrzPkcIOdnpqTCfLABqmoDldKXMXXSF9EgwJuRSZcZNTctgOYXZMMawDGLyFvo+kApdQI0QbKi' +
    '6LsDJCuxaQGlig5o5KNqWQy0rBybFlBMbICGNgeKliQmBni8BHizsoFEWYDwCpD2YQbxAJx1d9Q2BAAA',
)

describe('a selector of kept columns', () => {
  it.each([
    ['id', 'id,label\n1,a\n2,b\n'],
    ['note,id', 'note,id,label\n"q,r",1,a\ns,2,b\n'],
    ['note,2,id', 'note,name,id,label\n"q,r",x,1,a\ns,"z",2,b\n'],
    ['y,n*', 'y,name,note,label\na,x,"q,r",a\nb,"z",s,b\n'],
    ['n*', 'name,note,label\nx,"q,r",a\n"z",s,b\n'],
    ['2-3', 'name,y,label\nx,a,a\n"z",b,b\n'],
    ['/^(id|y)$/', 'id,y,label\n1,a,a\n2,b,b\n'],
    ['!id', 'name,y,note,label\nx,a,"q,r",a\n"z",b,s,b\n'],
    ['!y,!n*', 'id,label\n1,a\n2,b\n'],
    ['n*,!name', 'note,label\n"q,r",a\ns,b\n'],
    ['!id,!name,!y,!note', 'label\na\nb\n'],
    ['*', 'id,name,y,note,label\n1,x,a,"q,r",a\n2,"z",b,s,b\n'],
  ])(
    '%s keeps what it selects besides the logits, in its order; patterns in that of the input',
    async (keep, output) => {
      expect(await kept(CSV, keep)).toBe(output)
      expect(await kept(CSV, [...keep.split(/,(?![^/]*\/$)/)])).toBe(output)
    },
  )

  it('may be a list, whose items may have commas in quotes', async () => {
    expect(await kept('"a,b",c,logit_x,logit_y\n1,2,2,1\n', ['"a,b"'])).toBe('"a,b",label\n1,x\n')
  })

  it('takes positions in headerless input, and an empty name by position or in quotes', async () => {
    expect(await kept('7,2,1,z\n', '4', { header: false, logits: '2-3' })).toBe('z,0\n')
    const pandas = ',city,logit_a,logit_b\n0,Rome,2,1\n'
    expect(await kept(pandas, '1')).toBe(',label\n0,a\n')
    expect(await kept(pandas, '""')).toBe(',label\n0,a\n')
    const named = { rowNames: true } as const
    expect(await kept('city,logit_a,logit_b\nr1,Rome,2,1\n', 'row_names', named)).toBe('row_names,label\nr1,a\n')
  })

  it.each([
    ['nme', `keep "nme" is not one of "id", "name", "y", "logit_a", "logit_b", "note"; did you mean keep: 'name'? [`],
    ['id,!nme', `did you mean keep: 'id,!name'? [`],
    ['x*', 'keep "x*" matches none of "id", "name", '],
    ['7', 'keep "7" is outside columns 1 to 6 ['],
    ['3-2', `keep "3-2" is a descending range; keep: '2-3' is ascending [`],
    ['id,1', `keep "1" selects "id" a second time; keep: 'id' selects it once [`],
    ['/(/', 'keep "/(/" is not a regular expression ['],
    ['"id', 'keep ""id" is not a list of columns; a quote or a / is not closed ['],
    ['!*', 'keep "!*" selects no column; keep: false keeps none ['],
    ['logit_a', 'keep "logit_a" selects only logits; keep selects other columns ['],
    ['id,logit*', 'keep "logit*" selects only logits; '],
  ])('%s is an error', async (keep, message) => {
    expect(await refused(CSV, keep)).toContain(message)
  })

  it('of logits and others keeps the others', async () => {
    expect(await kept(CSV, '3-6')).toBe('y,note,label\na,"q,r",a\nb,s,b\n')
    expect(await kept(CSV, '!logit_a,!id')).toBe('name,y,note,label\nx,a,"q,r",a\n"z",b,s,b\n')
  })

  it('need not keep the column of true classes', async () => {
    const options = { truth: 'y', emit: 'rank' } as const
    expect(await kept(CSV, 'id', options)).toBe('id,rank\n1,1\n2,1\n')
    expect(await kept(CSV, 'y', options)).toBe('y,rank\na,1\nb,1\n')
    expect(await kept(LINES, 'id', { ...options, from: 'ndjson', head: 1 })).toBe('{"id":1,"rank":1}\n')
  })

  it('leaves out a column whose name a new one has', async () => {
    const input = 'id,label,logit_a,logit_b\n1,x,2,1\n'
    expect(await refused(input, true)).toContain(`leave out that of the input with keep: '!label' [`)
    expect(await kept(input, '!label')).toBe('id,label\n1,a\n')
    const lines = '{"id":1,"label":"x","logit_a":2,"logit_b":1}\n'
    expect(await refused(lines, true, { from: 'ndjson' })).toContain(`keep: '!label' [`)
    expect(await kept(lines, 'id', { from: 'ndjson' })).toBe('{"id":1,"label":"a"}\n')
  })

  it('leaves out one of two columns with the same name, as the error says', async () => {
    const input = 'x,x,logit_a,logit_b\n1,2,2,1\n'
    expect(await refused(input, true, { to: 'ndjson' })).toContain(`leave it out with keep: '!2' [`)
    expect(await kept(input, '!2', { to: 'ndjson' })).toBe('{"x":"1","label":"a"}\n')
  })

  it('is that of every input', async () => {
    const cwd = folder({ 'a.csv': CSV, 'b.csv': CSV })
    expect(command(['a.csv', 'b.csv', '--keep', 'id', '-e', 'label', '-q'], { cwd }).stdout).toBe(
      'id,label\n1,a\n2,b\n1,a\n2,b\n',
    )
  })
})

describe('kept cells of delimited text', () => {
  it.each([
    ['tsv', 'note\tlabel\nq,r\ta\ns\tb\n'],
    ['ndjson', '{"note":"q,r","label":"a"}\n{"note":"s","label":"b"}\n'],
    ['json', '[\n{"note":"q,r","label":"a"},\n{"note":"s","label":"b"}\n]\n'],
    ['copy', 'q,r\ta\ns\tb\n'],
  ] as const)('become %s', async (to, output) => {
    expect((await run(CSV, { ...LABEL, keep: 'note', to })).text).toBe(output)
    if (to !== 'copy') expect(await kept(CSV, 'note', { to })).toBe(output)
  })

  it('are not validated if they are left out', async () => {
    const input = Buffer.from('id,note,logit_a,logit_b\n1,\xff,2,1\n', 'latin1')
    const { text, error } = await run(input, { ...LABEL, keep: 'id', to: 'ndjson' })
    expect([text, error]).toEqual(['{"id":"1","label":"a"}\n', undefined])
    expect((await run(input, { ...LABEL, to: 'ndjson' })).error?.code).toBe('E_CELL_ENCODING')
  })

  it('get the types requested for them, and only for them', async () => {
    const options = { ...LABEL, to: 'arrow', keep: 'id', types: 'id=int64' } as const
    const { bytes } = await both(CSV, options, WAYS)
    expect(tableFromIPC(bytes).toArray().map(String)).toEqual(['{"id": 1, "label": "a"}', '{"id": 2, "label": "b"}'])
    const { error } = await run(CSV, { ...options, types: 'note=text' })
    expect(error?.message).toContain('types "note" is not one of the kept columns "id" [')
  })

  it('are whole in rejects, whatever is kept', async () => {
    const rejects: Reject[] = []
    const onReject = (reject: Reject) => void rejects.push(reject)
    const { text } = await run(`${CSV}3,w,a,x,1,t\n`, { ...LABEL, keep: 'id', onReject })
    expect(text).toBe('id,label\n1,a\n2,b\n')
    expect(String(rejects[0]!.raw)).toBe('3,w,a,x,1,t')
  })
})

describe('kept values of JSON lines', () => {
  const JSON_LINES = { from: 'ndjson' } as const

  it.each([
    ['id', ['"id":1', '"id":1.0', '"id":null']],
    ['id,s', ['"id":1,"s":"\\u00e9\\/"', '"id":1.0,"s":[1, 2]', '"s":0,"id":null']],
    ['m', ['"m":{"u": 3}', '"m":{}', '']],
    ['/^[ns]/', ['"s":"\\u00e9\\/"', '"s":[1, 2]', '"new":3,"s":0']],
    ['!m,!y,!logit*', ['"id":1,"s":"\\u00e9\\/"', '"id":1.0,"s":[1, 2]', '"new":3,"s":0,"id":null']],
    ['logit_a', ['"logit_a":2.0', '"logit_a":2', '"logit_a":2']],
  ])('%s stay as they are written, in the order of their row, and keys may be missing', async (keep, members) => {
    const lines = members.map((text) => `{${text}${text && ','}"label":"a"}\n`)
    expect(await kept(LINES, keep, JSON_LINES)).toBe(lines.join(''))
  })

  it('may be lists of logits', async () => {
    expect(await kept(LISTS, 'logits', JSON_LINES)).toBe(
      '{"logits":[2, 1],"label":"0"}\n{"logits":[2,1],"label":"0"}\n',
    )
    expect(await kept(LISTS, '!x', JSON_LINES)).toBe(
      '{"id":1,"logits":[2, 1],"label":"0"}\n{"logits":[2,1],"id":2,"label":"0"}\n',
    )
    expect(await kept(LISTS, 'x', JSON_LINES)).toBe('{"x":5,"label":"0"}\n{"x":6,"label":"0"}\n')
    expect(await kept('{"logits":[2,1],"a":1}\n{"logits":[2,1]}\n', 'a', JSON_LINES)).toBe(
      '{"a":1,"label":"0"}\n{"label":"0"}\n',
    )
  })

  it('become cells', async () => {
    const options = { ...JSON_LINES, to: 'csv' } as const
    expect(await kept(LINES, 's', options)).toBe('s,label\né/,a\n"[1, 2]",a\n0,a\n')
    expect(await refused(LISTS, 'logits', options)).toContain('keep "logits" selects only logits; ')
  })

  it('may be beside keys that only later rows have, which are bad rows only if the selector selects them', async () => {
    const options = { ...JSON_LINES, to: 'csv' } as const
    expect(await kept(LINES, 'id', options)).toBe('id,label\n1,a\n1.0,a\n,a\n')
    expect(await kept(LINES, '/^[is]/', options)).toBe('id,s,label\n1,é/,a\n1.0,"[1, 2]",a\n,0,a\n')
    for (const keep of ['!id', '/^[ns]/', '*']) expect(await refused(LINES, keep, options)).toContain('key "new"')
    expect(await kept(LINES, false, { ...options, truth: 'y', emit: 'rank' })).toBe('rank\n1\n1\n""\n')
  })

  it('have the order of the list in a table, whatever the order of the keys', async () => {
    const orders = [
      '{"id":1,"customer":"K","note":"n","logits":[2,1]}\n{"note":null,"logits":[2,1],"id":2,"customer":"L"}\n',
      '{"note":"n","logits":[2,1],"customer":"K","id":1}\n{"customer":"L","logits":[2,1],"id":2}\n',
      '{"customer":"L","id":2,"logits":[2,1]}\n{"id":1,"customer":"K","note":"n","logits":[2,1]}\n',
    ]
    const options = { from: 'ndjson', keep: 'id,note,customer', emit: 'label' } as const
    for (const lines of orders) {
      const rows = ['1\tn\tK\t0', '2\t\\N\tL\t0']
      const { text, warnings } = await run(lines, { ...options, to: 'copy' })
      expect({ rows: text.trimEnd().split('\n').sort(), warnings }).toEqual({ rows, warnings: [] })
      expect((await run(lines, { ...options, to: 'csv' })).text.split('\n')[0]).toBe('id,note,customer,label')
      const table = tableFromIPC((await run(lines, { ...options, to: 'arrow' })).bytes)
      expect(table.schema.fields.map(({ name }) => name)).toEqual(['id', 'note', 'customer', 'label'])
      expect(table.getChild('customer')!.toArray().sort()).toEqual(['K', 'L'])
    }
  })

  it('have a warning about their order in copied text unless it is listed', async () => {
    const warningsOf = async (keep: ScoreOptions['keep'], logits: string) =>
      (await run(`{"id":1,"x":2,"logits":${logits}}\n`, { from: 'ndjson', to: 'copy', keep })).warnings.length
    expect(await warningsOf('x,id', '[2,1]')).toBe(0)
    expect(await warningsOf(false, '[2,1]')).toBe(0)
    for (const keep of [true, '!x', 'i*,x', '1']) expect(await warningsOf(keep, '[2,1]')).toBe(1)
    expect(await warningsOf('x,id', '{"b":2,"a":1}')).toBe(1)
  })

  it('of rows with nothing to keep must not gain keys, which would be lost', async () => {
    const lines = '{"logits":[2,1]}\n{"logits":[2,1],"id":7}\n'
    expect(await refused(lines, true, { ...JSON_LINES, to: 'csv' })).toContain('unexpected key "id"')
    expect(await kept(lines, false, { ...JSON_LINES, to: 'csv' })).toBe('label\n0\n0\n')
  })

  it('do not concern an evaluation, whose rows may have any keys', async () => {
    const lines = '{"y":"a","logit_a":2,"logit_b":1}\n{"y":"a","logit_a":2,"logit_b":1,"id":7}\n'
    const { rows } = await evaluate(Readable.from([Buffer.from(lines)]), { from: 'ndjson', truth: 'y' })
    expect(rows).toBe(2)
  })

  it('have one value per key', async () => {
    const line = '{"id":1,"x":1,"logits":[2,1]}\n'
    for (const [key, code] of [
      ['id', 'E_KEY'],
      ['x', undefined],
    ]) {
      const input = `${line}{"id":1,"x":1,"logits":[2,1],"${key}":2}\n`
      const { error } = await both(input, { ...JSON_LINES, ...LABEL, keep: 'id' }, WAYS)
      expect(error?.code).toBe(code)
    }
  })

  it('clash with new keys only if they are kept', async () => {
    const input = '{"id":1,"logits":[2,1]}\n{"id":1,"logits":[2,1],"label":"x"}\n'
    expect(await kept(input, 'id', JSON_LINES)).toBe('{"id":1,"label":"0"}\n{"id":1,"label":"0"}\n')
    expect(await refused(input, '!id', JSON_LINES)).toContain('two output columns would be named "label"')
  })

  it('are whole objects, not what is inside them', async () => {
    const message = await refused(LINES, 'm.u', JSON_LINES)
    expect(message).toContain(
      `"m.u" is not one of "id", "m", "y", "logit_a", "logit_b", "s"; keep: 'm' copies all of "m" [`,
    )
    const nested = '{"id":1,"m":{"scores":[2,1],"u":3}}\n'
    const options = { ...LABEL, from: 'ndjson', logits: 'm.scores', keep: 'm' } as const
    expect((await run(nested, options)).text).toBe('{"m":{"scores":[2,1],"u":3},"label":"0"}\n')
    expect((await run(nested, { ...options, keep: 'id' })).text).toBe('{"id":1,"label":"0"}\n')
  })

  it('get no warning about types that are open in columns that are left out', async () => {
    const lines = '{"id":1,"n":null,"logits":[2,1]}\n'.repeat(1000)
    const options = { ...LABEL, ...JSON_LINES, to: 'arrow' } as const
    expect((await run(lines, options)).warnings).toEqual([expect.stringContaining('the column "n" is null')])
    expect((await run(lines, { ...options, keep: 'id' })).warnings).toEqual([])
  })
})

describe('kept keys that the first row does not have', () => {
  const first = { list: '"logits":[2,1]', keys: '"logit_a":2,"logit_b":1' }
  const lines = (logits: string) =>
    [`{"id":1,${logits}}`, `{"note":"x",${logits},"id":2,"n":3}`, `{"id":3,"note":[1, 2],${logits}}`].join('\n')
  const JSON_LINES = { from: 'ndjson' } as const

  it.each(Object.entries(first))('are kept where rows have them, with logits as %s', async (kind, logits) => {
    const label = `"label":"${kind === 'list' ? 0 : 'a'}"`
    const expected: [keep: string, ...rows: string[]][] = [
      ['note', '', '"note":"x",', '"note":[1, 2],'],
      ['id,"note"', '"id":1,', '"note":"x","id":2,', '"id":3,"note":[1, 2],'],
      ['!note,!logit*', '"id":1,', '"id":2,"n":3,', '"id":3,'],
    ]
    for (const [keep, ...rows] of expected) {
      expect(await kept(lines(logits), keep, JSON_LINES)).toBe(rows.map((row) => `{${row}${label}}\n`).join(''))
    }
  })

  it.each(Object.entries(first))(
    'are columns of a table, in the order of the list, with logits as %s',
    async (kind, logits) => {
      const label = kind === 'list' ? 0 : 'a'
      const options = { ...JSON_LINES, to: 'csv' } as const
      expect(await kept(lines(logits), 'id,note,n', options)).toBe(
        `id,note,n,label\n1,,,${label}\n2,x,3,${label}\n3,"[1, 2]",,${label}\n`,
      )
      expect((await run(lines(logits), { ...LABEL, ...options, keep: 'note,id,n' })).text).toBe(
        `note,id,n,label\n,1,,${label}\nx,2,3,${label}\n"[1, 2]",3,,${label}\n`,
      )
      expect(await refused(lines(logits), 'id,note', { ...options, logits: 'id-n' })).toContain('"id-n"')
      const typed = await run(lines(logits), { ...LABEL, ...JSON_LINES, keep: 'id,n', to: 'arrow', types: 'id=int64' })
      const { schema } = tableFromIPC(typed.bytes)
      expect(schema.fields.map(({ name, type }) => `${name}: ${type}`).slice(0, 2)).toEqual(['id: Int64', 'n: Int64'])
    },
  )

  it('are never logits', async () => {
    const text = '{"logit_a":2,"logit_b":1}\n{"logit_a":2,"logit_b":1,"logit_c":9}\n'
    for (const logits of [undefined, 'logit_*', '1-']) {
      const options = { ...JSON_LINES, to: 'csv', ...(logits && { logits }) } as const
      expect(await kept(text, 'logit_c', options)).toBe('logit_c,label\n,a\n9,a\n')
    }
  })

  it('may be beside the true class, and logits in an object', async () => {
    const text = '{"m":{"s":[2,1]},"y":"0"}\n{"id":7,"m":{"s":[2,1]},"y":"1"}\n'
    const options = { ...JSON_LINES, logits: 'm.s', truth: 'y', emit: 'correct', to: 'csv' } as const
    expect((await run(text, { ...options, keep: 'id' })).text).toBe('id,correct\n,true\n7,false\n')
  })

  it('must be in one of the first 1000 rows, or in the first input', async () => {
    const row = '{"id":1,"logits":[2,1]}\n'
    const last = '{"id":2,"logits":[2,1],"note":"x"}\n'
    expect(await kept(row.repeat(999) + last, 'note', JSON_LINES)).toContain('{"note":"x","label":"0"}\n')
    expect(await refused(row.repeat(1000) + last, 'note', JSON_LINES)).toBe(
      `keep "note" is not one of "id", "logits" [E_SELECTOR]`,
    )
    const cwd = folder({ 'a.ndjson': row + last, 'b.ndjson': row })
    const args = ['-e', 'label', '--keep', 'note', '-t', 'csv', '-q']
    expect(command(['a.ndjson', 'b.ndjson', ...args], { cwd }).stdout).toBe('note,label\n,0\nx,0\n,0\n')
    expect(command(['b.ndjson', 'a.ndjson', ...args], { cwd }).stderr).toContain('[E_SELECTOR]')
  })

  it('are those of objects, too, among the first 100', async () => {
    const rows = [
      { id: 1, logits: [2, 1] },
      { id: 2, logits: [2, 1], note: 'x', n: 3 },
    ]
    for (const [keep, expected] of [
      ['note', [{}, { note: 'x' }]],
      ['!note', [{ id: 1 }, { id: 2, n: 3 }]],
      [
        ['id', 'n'],
        [{ id: 1 }, { id: 2, n: 3 }],
      ],
    ] as const) {
      const { predictions } = await predict(rows, { keep: keep as string, emit: 'label' })
      expect(predictions).toEqual(expected.map((rest) => ({ ...rest, label: '0' })))
    }
    const { error } = await predict([...Array(100).fill(rows[0]), rows[1]], { keep: 'note' })
    expect(error?.message).toBe('keep "note" is not one of "id", "logits" [E_SELECTOR]')
  })
})

describe('kept keys that only rows after the first 1000 have', () => {
  const row = '{"id":1,"logits":[2,1]}\n'
  const lines = `${row.repeat(1500)}{"id":2,"logits":[2,1],"n":7}\n`
  const JSON_LINES = { from: 'ndjson' } as const
  const declares = (types: string) => `types: '${types}' declares a key that only later rows have [E_SELECTOR]`

  it.each(['csv', 'tsv', 'copy'] as const)('are columns of %s if their type is text', async (to) => {
    const options = { ...JSON_LINES, to, keep: 'id,n', types: 'n=text' } as const
    // The fast lane does not write JSON as copied text.
    const scored = to === 'copy' ? run(lines, { ...LABEL, ...options }) : both(lines, { ...LABEL, ...options }, WAYS)
    const { text, error } = await scored
    expect(error).toBeUndefined()
    const delimiter = to === 'csv' ? ',' : '\t'
    const rows = text.trimEnd().split('\n')
    const none = to === 'copy' ? '\\N' : ''
    expect(rows.slice(-2)).toEqual([['1', none, '0'].join(delimiter), ['2', '7', '0'].join(delimiter)])
    expect(rows.length).toBe(to === 'copy' ? 1501 : 1502)
    const { error: other } = await run(lines, { ...LABEL, ...options, types: 'n=int64' })
    expect(other?.code).toBe('E_CONFLICT')
  })

  it.each([
    ['n=int64', 'Int64', 7n],
    ['n=text', 'Utf8', '7'],
    ['n=double', 'Float64', 7],
  ] as const)('are columns of the type %s', async (types, type, value) => {
    const { bytes, error } = await both(lines, { ...LABEL, ...JSON_LINES, to: 'arrow', keep: 'id,n', types }, WAYS)
    expect(error).toBeUndefined()
    const n = tableFromIPC(bytes).getChild('n')!
    expect([String(n.type), n.nullCount, n.get(1500)]).toEqual([type, 1500, value])
  })

  it('need not be in any row, and are those of every input', async () => {
    const cwd = folder({ 'a.ndjson': row, 'b.ndjson': `${row}{"id":3,"logits":[2,1],"n":1}\n` })
    const args = ['a.ndjson', 'b.ndjson', '-e', 'label', '--keep', 'n', '--types', 'n=text', '-t', 'csv', '-q']
    expect(command(args, { cwd }).stdout).toBe('n,label\n,0\n,0\n1,0\n')
  })

  it('that no row of any input has cause a warning', async () => {
    const cwd = folder({
      'a.ndjson': row,
      'b.ndjson': `${row}{"id":3,"logits":[2,1],"n":1}\n`,
      'many.ndjson': row.repeat(100),
    })
    const keep = ['-e', 'label', '--keep', 'n,m', '--types', 'n=text,m=text', '-t', 'csv']
    for (const lane of ['auto', 'general']) {
      const { stderr } = command(['a.ndjson', 'b.ndjson', ...keep, '--lane', lane], { cwd })
      expect(stderr).toBe('softmax: warning: a.ndjson: no row has the key "m"\n')
    }
    // Rows that are not read may have it.
    expect(command(['a.ndjson', ...keep, '--head', '1'], { cwd }).stderr).toBe('')
    expect(command(['many.ndjson', ...keep, '--dry-run'], { cwd }).stderr).not.toContain('no row has')
  })

  it('may be escaped', async () => {
    const options = { ...LABEL, ...JSON_LINES, to: 'csv', keep: 'id,n', types: 'n=text' } as const
    for (const escaped of ['\\u006e', '\\u006E']) {
      const last = lines.slice(row.length * 1500).replace('"n"', `"${escaped}"`)
      const { text, warnings } = await run(row.repeat(2) + last, options)
      expect(text).toBe('id,n,label\n1,,0\n1,,0\n2,7,0\n')
      expect(warnings).toEqual([])
    }
    const accent = await run(row.replace('}', ',"x":"\\u00e9"}'), options)
    expect(accent.warnings).toEqual(['no row has the key "n"'])
  })

  it('have a remedy if they are in a later input, or in rows that arrive later', async () => {
    const note = '{"id":1,"logits":[2,1],"note":"x"}\n'
    const cwd = folder({ 'a.ndjson': row, 'b.ndjson': note })
    const args = ['a.ndjson', 'b.ndjson', '-e', 'label', '--keep', 'id,note', '-t', 'csv', '-q']
    expect(command(args, { cwd }).stderr).toContain('; --types note=text declares a key that only later rows have')
    expect(command([...args, '--types', 'note=text'], { cwd }).stdout).toBe('id,note,label\n1,,0\n1,x,0\n')
    const open = new Readable({ read() {} })
    open.push(row)
    const ended = scoreFiles([open], { ...LABEL, ...JSON_LINES, to: 'csv', keep: 'id,note' }).toArray()
    await expect(ended).rejects.toMatchObject({ message: expect.stringContaining(declares('note=text')) })
  })

  it('may have the wrong type, which makes the row bad', async () => {
    const options = { ...LABEL, ...JSON_LINES, to: 'arrow', keep: 'n', types: 'n=int64' } as const
    const { error } = await both(lines.replace('7', '"x"'), options, WAYS)
    expect(error).toMatchObject({ code: 'E_CELL_TYPE', info: { row: 1501, column: 'n' } })
  })

  it('are declared as the error says', async () => {
    for (const to of ['csv', 'copy', 'parquet', 'arrow'] as const) {
      const options = { ...JSON_LINES, to }
      expect(await refused(lines, 'id,n', options)).toBe(`keep "n" is not one of "id", "logits"; ${declares('n=text')}`)
      expect(await refused(lines, 'id,"a b"', options)).toContain(declares('a b=text'))
    }
    const typed = { ...JSON_LINES, to: 'parquet', types: 'id=int64' } as const
    expect(await refused(lines, 'id,n', typed)).toContain(declares('id=int64,n=text'))
    expect(await refused(lines, 'note,n', typed)).toContain(declares('id=int64,note=text,n=text'))
    expect(await refused(lines, 'ID', typed)).toContain(`did you mean keep: 'id'? types: 'id=int64,ID=text' declares`)
    for (const keep of ['!n', 'id,!n']) expect(await refused(lines, keep, typed)).not.toContain('declares')
    expect(await refused(row, 'id,n', typed)).not.toContain('declares')
    const untold = await run(lines, { ...LABEL, ...JSON_LINES, to: 'parquet', types: 'n=text' })
    expect(untold.error?.message).toBe(
      `types "n" is not one of the kept columns "id"; if only later rows have it, name it in keep: 'id,n', too [E_SELECTOR]`,
    )
  })

  it('are selected by a pattern where objects stay objects, as the error says', async () => {
    const pattern = '/^(id|n)$/'
    const said = `keep "n" is not one of "id", "logits"; keep: '${pattern}' also selects keys that only later rows have [E_SELECTOR]`
    expect(await refused(lines, 'id,n', JSON_LINES)).toBe(said)
    expect(await kept(lines, pattern, JSON_LINES)).toMatch(/\n\{"id":1,"label":"0"\}\n\{"id":2,"n":7,"label":"0"\}\n$/)
    const objects = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect((await predict(objects, { keep: 'id,n', emit: 'label' })).error?.message).toBe(said)
    const { predictions } = await predict(objects, { keep: pattern, emit: 'label' })
    expect(predictions.at(-1)).toEqual({ id: 2, n: 7, label: '0' })
  })

  it('are named by the error of a row that has one, with what ignores or adds it', async () => {
    const options = { ...JSON_LINES, to: 'csv' } as const
    const remedies = (ignored: string, added: string) =>
      `unexpected key "n": the first row defines the columns; ${ignored} ignores it, ${added}to: 'ndjson' keeps the keys of each row [E_KEY]`
    const others = { id: '1', '"a,b"': '2', note: 'null' }
    const rowOf = (keys: object) => {
      const members = Object.entries(keys).map(([key, value]) => `"${key.replaceAll('"', '')}":${value},`)
      return `{${members.join('')}"logits":[2,1]}\n`
    }
    for (const [first, ignored, added] of [
      [others, `keep: 'id,"a,b",note'`, `keep: 'id,"a,b",note,n', types: 'n=text' adds it, `],
      [{}, 'keep: false', `keep: 'n', types: 'n=text' adds it, `],
      [{ ['x'.repeat(80)]: 1 }, `keep: '${'x'.repeat(80)}'`, ''],
    ] as const) {
      const text = `${rowOf(first)}${rowOf({ ...first, n: 7 })}`
      expect(await refused(text, true, options)).toBe(
        `line 2: row 2, byte ${rowOf(first).length}: ${remedies(ignored, added)}`,
      )
    }
    const wide = rowOf(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`key${index}`, index])))
    expect(await refused(`${wide}{"n":7,"logits":[2,1]}\n`, true, options)).toContain(
      '; keep with a list of keys ignores others, to:',
    )
    const negated = await refused(`${rowOf(others)}${rowOf({ n: 7 })}`, '!note', options)
    expect(negated).toContain(remedies(`keep: 'id,"a,b"'`, `keep: 'id,"a,b",n', types: 'n=text' adds it, `))
    const typed = { ...JSON_LINES, to: 'arrow', types: 'id=int64' } as const
    expect(await refused(`${rowOf({ id: 1 })}${rowOf({ n: 7 })}`, true, typed)).toContain(
      remedies(`keep: 'id'`, `keep: 'id,n', types: 'id=int64,n=text' adds it, `),
    )
  })

  it('are ignored or added by what that error says', async () => {
    const options = { ...JSON_LINES, to: 'csv' } as const
    expect(await kept(lines, 'id', options)).toMatch(/^id,label\n(1,0\n){1500}2,0\n$/)
    expect(await kept(lines, 'id,n', { ...options, types: 'n=text' })).toMatch(/^id,n,label\n(1,,0\n){1500}2,7,0\n$/)
  })

  it('are written if write() declares them', async () => {
    const objects = [{ id: 1 }, { id: 2, n: 7 }]
    const written = async (to: 'csv' | 'arrow', options: Parameters<typeof write>[1]) =>
      Buffer.concat(await Readable.from(objects).compose(write(to, options)).toArray())
    const options = { keep: 'id,n', types: 'n=int64' } as const
    expect(
      tableFromIPC(await written('arrow', options))
        .toArray()
        .map(String),
    ).toEqual(['{"id": 1, "n": null}', '{"id": 2, "n": 7}'])
    expect(String(await written('csv', { ...options, types: 'n=text' }))).toBe('id,n\n1,\n2,7\n')
    await expect(written('csv', { keep: 'id,n' })).rejects.toThrow(`keep "n" is not one of "id"; ${declares('n=text')}`)
    await expect(written('csv', options)).rejects.toThrow('types works only with formats that have types')
    await expect(written('arrow', { types: 'n=int64' })).rejects.toThrow(
      `types "n" is not one of the kept columns "id"; if only later rows have it, name it in keep: 'id,n', too [`,
    )
  })
})

const AS_LINES = { from: 'ndjson' } as const

describe('values inside objects of JSON', () => {
  const FIRST =
    '{"id":1,"user":{"id":9007199254740993,"geo":{"c":"x"}},"tags":["p","q"],"logits":[2,1]}\n' +
    '{"id":2,"user":{"name":"B"},"logits":[2,1]}\n{"id":3,"user":null,"logits":[2,1]}\n'
  const table = { ...AS_LINES, to: 'csv' } as const
  const scored = async (text: string, keep: string, options: ScoreOptions) => {
    const outcome = await run(text, { ...LABEL, keep, ...options })
    expect(outcome).toEqual(await run(text, { ...LABEL, keep, ...options }, 7))
    return outcome
  }
  const textOf = async (text: string, keep: string, options: ScoreOptions = table) => {
    const { text: output, error } = await scored(text, keep, options)
    expect(error).toBeUndefined()
    return output
  }
  const messageOf = async (text: string, keep: string, options: ScoreOptions = table) =>
    (await scored(text, keep, options)).error!.message

  it('are kept by their paths, in the order of the list', async () => {
    expect(await textOf(FIRST, 'user.id,id,user.geo.c,tags.0')).toBe(
      'user.id,id,user.geo.c,tags.0,label\n9007199254740993,1,x,p,0\n,2,,,0\n,3,,,0\n',
    )
    expect(await textOf(FIRST, 'id,user.geo')).toBe('id,user.geo,label\n1,"{""c"":""x""}",0\n2,,0\n3,,0\n')
  })

  it('have types in Parquet and Arrow', async () => {
    for (const types of [undefined, 'user.id=int64'] as const) {
      const { bytes } = await run(FIRST, {
        ...LABEL,
        ...AS_LINES,
        keep: 'user.id',
        to: 'arrow',
        ...(types && { types }),
      })
      const arrow = tableFromIPC(bytes)
      expect(String(arrow.schema.fields[0])).toBe('user.id: Int64')
      expect(arrow.toArray().map((row) => row['user.id'])).toEqual([9007199254740993n, null, null])
    }
  })

  it('need not be in the first row, nor in any if their type is declared', async () => {
    const rows = FIRST.split(/(?<=\n)/).toReversed()
    expect(await textOf(rows.join(''), 'user.id')).toBe('user.id,label\n,0\n,0\n9007199254740993,0\n')
    expect(await textOf(rows[1]!, 'user.id', { ...table, types: 'user.id=text' })).toBe('user.id,label\n,0\n')
    const later = `${'{"user":{},"logits":[2,1]}\n'.repeat(2000)}{"user":{"id":7},"logits":[2,1]}\n`
    const { text } = await run(later, { ...LABEL, ...table, keep: 'user.id', types: 'user.id=text' })
    expect(text.endsWith(',0\n7,0\n')).toBe(true)
  })

  it('are those of later inputs, whatever their first objects have', async () => {
    const files = folder({ '1.ndjson': FIRST, '2.ndjson': '{"logits":[2,1]}\n{"user":{"id":7},"logits":[2,1]}\n' })
    const args = ['1.ndjson', '2.ndjson', '--keep', 'user.id', '-t', 'csv', '-e', 'label']
    const { stdout } = command(args, { cwd: files })
    expect(stdout).toBe('user.id,label\n9007199254740993,0\n,0\n,0\n,0\n7,0\n')
  })

  it('are none where a key is called like the path, and must not be in two places', async () => {
    expect(await textOf('{"user.id":6,"user":{"id":1},"logits":[2,1]}\n', 'user.id')).toBe('user.id,label\n6,0\n')
    const both = '{"user":{"id":1},"logits":[2,1]}\n{"user":{"id":1},"user.id":6,"logits":[2,1]}\n'
    expect(await messageOf(both, 'user.id')).toContain('unexpected key "user.id"')
    expect(await messageOf('{"user":{"id":1,"id":2},"logits":[2,1]}\n', 'user.id')).toContain('duplicate key "id"')
  })

  it('are kept with their objects in JSON', async () => {
    expect(await messageOf(FIRST, 'user.id', AS_LINES)).toContain(`keep: 'user' copies all of "user"`)
    expect(await messageOf(FIRST, 'user.nope')).toContain('is not one of')
  })
})

describe('kept columns of files with types', () => {
  const AT = ['2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z']

  it.each([
    ['parquet', PARQUET],
    ['arrow', ARROW],
  ] as const)('of %s are not decoded if they are left out', async (from, input) => {
    for (const [keep, output] of [
      ['id', 'id,label\n1,a\n1152921504606846976,b\n'],
      ['at,id', `at,id,label\n${AT[0]},1,a\n${AT[1]},1152921504606846976,b\n`],
      ['!note', `id,at,label\n1,${AT[0]},a\n1152921504606846976,${AT[1]},b\n`],
      ['!note,!1,!at', 'label\na\nb\n'],
    ]) {
      const { text, error } = await run(input, { ...LABEL, from, to: 'csv', keep })
      expect([text, error]).toEqual([output, undefined])
    }
    const code = { parquet: 'E_CORRUPT', arrow: 'E_CELL_ENCODING' }[from]
    expect((await run(input, { ...LABEL, from, to: 'csv', keep: 'note' })).error?.code).toBe(code)
    expect((await run(input, { ...LABEL, from, to: 'csv', keep: 'nte' })).error?.message).toContain(`keep: 'note'? [`)
  })

  it('keep their types from Parquet to Arrow and back', async () => {
    const arrow = await run(PARQUET, { ...LABEL, to: 'arrow', keep: 'id,at' })
    const { schema } = tableFromIPC(arrow.bytes)
    expect(schema.fields.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'id: Int64',
      'at: Timestamp<MICROSECOND, UTC>',
      'label: Utf8',
    ])
    const { bytes } = await run(ARROW, { ...LABEL, to: 'parquet', keep: '!note' })
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    const at = new Date('2026-01-02')
    expect(await parquetReadObjects({ file })).toEqual([
      { id: 1n, at, label: 'a' },
      { id: 2n ** 60n, at, label: 'b' },
    ])
  })
})

describe('kept arrays', () => {
  const options = { ...LABEL, to: 'csv', tensor: 'logits' } as const

  it.each([
    ['y', 'y,label\n0,0\n1,1\n', []],
    ['w,y', 'w,y,label\n0.5,0,0\n1.5,1,1\n', []],
    ['1', 'y,label\n0,0\n1,1\n', []],
    ['!y', 'w,label\n0.5,0\n1.5,1\n', [expect.stringMatching(/^"wide" is not copied to the output; [^(]*$/)]],
  ])('are those that %s selects; a warning names others that it selects', async (keep, output, warned) => {
    const { text, warnings } = await run(NPZ, { ...options, keep })
    expect(text).toBe(output)
    expect(warnings).toEqual(warned)
  })

  it.each(['wide', '!wide', 'w*,"wide"'])('%s: have one number per row', async (keep) => {
    const { error } = await run(NPZ, { ...options, keep })
    expect(error?.message).toBe(
      'keep "wide" is an array without one number or text for each row, which is never copied [E_SELECTOR]',
    )
  })

  it.each([
    ['npz', npzOf],
    ['safetensors', safetensorsOf],
  ] as const)('are written to %s', async (to, arraysOf) => {
    const { bytes } = await run(NPZ, { to, tensor: 'logits', emit: 'index', keep: 'w' })
    expect(await arraysOf(bytes)).toEqual({
      w: { dtype: 'F4', shape: [2], values: [0.5, 1.5] },
      index: { dtype: 'I8', shape: [2], values: [0, 1] },
    })
    const again = await run(bytes, { ...options, tensor: 'w', keep: 'index', binary: 'no,yes' })
    expect(again.text).toBe('index,label\n0,yes\n1,yes\n')
  })

  it('may be true classes, or not', async () => {
    const truth = { ...options, truth: 'y', emit: 'rank' } as const
    expect((await run(NPZ, { ...truth, keep: 'w' })).text).toBe('w,rank\n0.5,1\n1.5,1\n')
    expect((await run(NPZ, { ...truth, keep: 'y' })).text).toBe('y,rank\n0,1\n1,1\n')
  })
})

describe('kept properties of objects', () => {
  const rows = [
    { id: 1, name: 'x', logits: [2, 1] },
    { id: 2, logits: [1, 2], extra: 3 },
  ]
  const results = [
    { index: 0, label: '0' },
    { index: 1, label: '1' },
  ]
  const restOf = async (keep: ScoreOptions['keep'], from: object[] = rows) => {
    const { predictions } = await predict(from, { keep, emit: 'index,label' })
    return predictions.map(({ index: _, label: __, ...rest }) => rest)
  }

  it.each([
    ['id', [{ id: 1 }, { id: 2 }]],
    [
      ['id', 'name'],
      [{ id: 1, name: 'x' }, { id: 2 }],
    ],
    ['!name', [{ id: 1 }, { id: 2, extra: 3 }]],
    ['2', [{ name: 'x' }, {}]],
    ['/^e|^id/', [{ id: 1 }, { id: 2, extra: 3 }]],
    ['!id,!name,!logits,id', [{ id: 1 }, { id: 2, extra: 3 }]],
  ])('are those that %j selects', async (keep, rest) => {
    expect(await restOf(keep)).toEqual(rest)
  })

  it('do not include logits', async () => {
    const separate = [{ id: 1, logit_a: 2, logit_b: 1 }]
    expect(await restOf('id', separate)).toEqual([{ id: 1 }])
    expect(await restOf('!id', separate)).toEqual([{}])
    for (const [keep, from] of [
      ['logits', rows],
      ['logit_a', separate],
    ] as const) {
      const { error } = await predict([...from], { keep })
      expect(error?.message).toBe(`keep "${keep}" selects only logits; keep selects other columns [E_SELECTOR]`)
    }
    const { error } = await predict([[2, 1]], { keep: 'id' })
    expect(error?.message).toBe(
      'the rows are arrays, whose items are all logits; leave out the option keep, or make objects of the rows, such as { id, logits } [E_CONFLICT]',
    )
  })

  it('may be properties that only later rows have, with logits of any form', async () => {
    for (const logits of [{ logits: [2, 1] }, { logits: { a: 2, b: 1 } }, { logit_a: 2, logit_b: 1 }]) {
      const input = [
        { id: 1, ...logits },
        { note: 'x', id: 2, ...logits },
      ]
      expect(await restOf('note', input)).toEqual([{}, { note: 'x' }])
      expect(await restOf('id,note', input)).toEqual([{ id: 1 }, { note: 'x', id: 2 }])
      expect((await predict(input, { keep: 'id,nope' })).error?.code).toBe('E_SELECTOR')
    }
  })

  it('may be without the true class', async () => {
    const input = [{ id: 1, y: '0', logits: [2, 1] }]
    const { predictions } = await predict(input, { keep: 'id', truth: 'y', emit: 'rank' })
    expect(predictions).toEqual([{ id: 1, rank: 1 }])
  })

  it('clash with results only if they are kept', async () => {
    const input = [{ id: 1, label: 'x', logits: [2, 1] }]
    expect((await predict(input, {})).error?.message).toContain(`keep: '!label' [`)
    expect(await restOf('!label', input)).toEqual([{ id: 1 }])
  })

  it('are written, and those of predictions without results', async () => {
    const written = async (from: object[], keep: ScoreOptions['keep']) => {
      const stream = Readable.from(from).compose(write('csv', { keep }))
      return Buffer.concat(await stream.toArray()).toString()
    }
    const predictions = rows.map(({ logits: _, ...rest }, at) => ({
      ...rest,
      ...results[at]!,
      probabilities: [0.5, 0.5],
    }))
    expect(await written(predictions, 'id')).toBe('id,p_0,p_1,label\n1,0.5,0.5,0\n2,0.5,0.5,1\n')
    expect(await written(predictions, false)).toBe('p_0,p_1,label\n0.5,0.5,0\n0.5,0.5,1\n')
    await expect(written(predictions, '!id')).rejects.toThrow('unexpected key "extra"')
    await expect(written(predictions, 'label')).rejects.toThrow('keep "label" selects only results; ')
    expect(await written(rows, 'id')).toBe('id\n1\n2\n')
    expect(await written(rows, '/^(id|name)$/')).toBe('id,name\n1,x\n2,\n')
    expect(await written(rows, 'name,id')).toBe('name,id\nx,1\n,2\n')
    expect(await written(predictions, 'name,id')).toBe('name,id,p_0,p_1,label\nx,1,0.5,0.5,0\n,2,0.5,0.5,1\n')
  })

  it('are those of read() in a pipeline', async () => {
    const stream = Readable.from([Buffer.from(CSV)])
      .compose(read('csv'))
      .compose(softmax({ keep: 'id,note', emit: 'label' }))
      .compose(write('csv'))
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('id,note,label\n1,"q,r",a\n2,s,b\n')
  })
})

describe('messages about a column that cannot be kept', () => {
  it('say how to leave it out', async () => {
    const { error } = await run(ARROW, { ...LABEL, to: 'csv' })
    expect(error?.message).toContain("the text is not UTF-8; keep: '!note' leaves it out [")
    expect((await run(ARROW, { ...LABEL, to: 'csv', keep: '!note' })).error).toBeUndefined()
  })
})

describe('the command', () => {
  it('takes --keep with a selector, and --no-keep', () => {
    const output = (...args: string[]) => command([...args, '-e', 'label', '-q'], { stdin: CSV }).stdout
    expect(output('--keep', 'id,y')).toBe('id,y,label\n1,a,a\n2,b,b\n')
    expect(output('--keep=!id,!n*')).toBe('y,label\na,a\nb,b\n')
    expect(output('--no-keep', '--keep', 'id')).toBe('id,label\n1,a\n2,b\n')
    expect(output('--keep', 'id', '--no-keep')).toBe('label\na\nb\n')
  })

  it('shows what is kept', () => {
    const { stdout } = command(['--dry-run', '--keep', 'note,id'], { stdin: CSV })
    expect(stdout).toMatch(/^kept: +note, id$/m)
  })

  it('keeps columns of parts, and resumes only with the same ones', () => {
    const parts = folder()
    const args = ['in/', '-o', 'out/', '-e', 'label']
    mkdirSync(join(parts, 'in'))
    for (const name of ['1.csv', '2.csv']) writeFileSync(join(parts, 'in', name), CSV)
    expect(command([...args, '--keep', 'id'], { cwd: parts }).status).toBe(0)
    expect(readFileSync(join(parts, 'out/2.csv'), 'utf8')).toBe('id,label\n1,a\n2,b\n')
    const { stderr } = command([...args, '--resume'], { cwd: parts })
    expect(stderr).toContain('was made with --keep id, but this run is without --keep;')
    expect(command([...args, '--resume', '--keep', 'id'], { cwd: parts }).stderr).toContain('2 of 2 parts done')
  })

  it('of a partition key, which only the path has, is an error that says so', async () => {
    const cwd = folder()
    const paths = ['in/dt=1/a.csv', 'in/dt=2/a.csv']
    for (const path of paths) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true })
      writeFileSync(join(cwd, path), CSV)
    }
    for (const output of ['out.csv', 'out/']) {
      const inputs = output === 'out/' ? ['in'] : paths
      const { status, stderr } = command([...inputs, '-o', output, '--keep', 'id,dt'], { cwd })
      expect(stderr).toMatch(
        /in\/dt=1\/a\.csv: --keep "dt" .*; "dt" is only in the path, which -o FOLDER\/ keeps \[E_SELECTOR\]\n$/,
      )
      expect(status).toBe(2)
    }
    const other = command([...paths, '--keep', 'id,d'], { cwd })
    expect(other.stderr).not.toContain('path')
    const scored = scoreFiles([join(cwd, paths[0]!)], { keep: 'dt' }).toArray()
    await expect(scored).rejects.toThrow(/; "dt" is only in the path \[E_SELECTOR\]$/)
  })

  it('has no rows to keep columns of in an evaluation', () => {
    const { stderr, status } = command(['evaluate', '--truth', 'y', '--keep', 'id'], { stdin: CSV })
    expect(stderr).toBe('softmax: evaluate writes no rows; leave out --keep [E_CONFLICT]\n')
    expect(status).toBe(2)
  })
})

describe('kept columns of random texts', () => {
  const random = randomFrom(20261130)

  it('are the same in both lanes', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 60; round++) {
      const keep = random.of(['id', 'note', '!id', 'n*', '1-2', '!note', '*'])
      const to = random.of(['csv', 'tsv', 'ndjson', 'arrow', 'parquet', undefined] as const)
      const cell = () => random.of(['7', '', 'x', '"a,b"', '"""q"""', 'é'])
      const rows = Array.from({ length: 30 }, () => `${cell()},${random.below(9)},${cell()},${random.below(9)}\n`)
      const text = `id,logit_0,note,logit_1\n${rows.join('')}`
      await both(text, { ...anyOptions(random, 2, ['c']), keep, to }, WAYS)
    }
  })

  it('of JSON are the same in both lanes', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 60; round++) {
      const keep = random.of(['id', 'note', '!id', 'n*', '1-2', '!note', '*', '!logit_0'])
      const to = random.of(['csv', 'ndjson', 'ndjson', undefined] as const)
      const value = () => random.of(['7', 'null', '"x"', '"a,\\u00e9"', '[1, 2]', '{"a":"}"}', '1.50'])
      const rows = Array.from({ length: 30 }, () => {
        const pairs = [`"id":${value()}`, `"logit_0": ${random.below(9)}`, `"note" :${value()}`, '"logit_1":3']
        if (random.below(9) === 0) pairs.reverse()
        if (random.below(9) === 0) pairs.splice(random.below(4), 1)
        if (random.below(9) === 0) pairs.push(`"${random.of(['more', 'next', 'id', 'label'])}":1`)
        return `{${pairs.join(random.of([',', ', ']))}}\n`
      })
      const text = `{"id":1,"logit_0":1,"note":2,"logit_1":3}\n${rows.join('')}`
      await both(text, { ...anyOptions(random, 2, ['c']), from: 'ndjson', onError: 'skip', keep, to }, WAYS)
    }
  })
})

it('keeps text of any length as a JSON string, with what it escapes at any position', async () => {
  const texts: string[] = []
  for (let length = 1; length <= 50; length++) {
    texts.push('x'.repeat(length))
    for (const special of ['"', '\\', '\n', '\t', 'é'])
      for (const at of [0, length >> 1, length - 1]) texts.push('x'.repeat(at) + special + 'x'.repeat(length - at))
  }
  const rows = texts.map((text) => `"${text.replaceAll('"', '""')}",1,2\n`)
  const output = await kept(`note,logit_a,logit_b\n${rows.join('')}`, 'note', { to: 'ndjson' })
  expect(output.trimEnd().split('\n')).toEqual(texts.map((text) => `{"note":${JSON.stringify(text)},"label":"b"}`))
})
