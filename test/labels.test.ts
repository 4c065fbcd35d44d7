import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { type SoftmaxError, softmaxMatrix, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P123, run } from './streams.js'
import { command, folder, predict, thrown } from './support.js'

const ROWS = 'logit_0,logit_1,logit_2\n1,2,3\n'
const scored = (a: string, b: string, c: string) => `p_${a},p_${b},p_${c},label\n${P123},${c}\n`

/** The output for ROWS with labels from a file. */
async function withFile(name: string, content: string | Buffer) {
  return run(ROWS, { labels: `@${join(folder({ [name]: content }), name)}` })
}

async function refusal(labels: string | string[]): Promise<SoftmaxError> {
  const { error, bytes } = await run(ROWS, { labels })
  expect(bytes).toHaveLength(0)
  expect(error).toMatchObject({ code: 'E_LABELS', status: 2 })
  return error!
}

describe('labels', () => {
  it('are a list', async () => {
    expect((await run(ROWS, { labels: 'dog,cat,boat' })).text).toBe(scored('dog', 'cat', 'boat'))
    expect((await run(ROWS, { labels: ['dog', 'cat', 'boat'] })).text).toBe(scored('dog', 'cat', 'boat'))
  })

  it('may hold commas where they are an array', async () => {
    const { text } = await run(ROWS, { labels: ['dog', 'cat', 'tench, Tinca tinca'] })
    expect(text).toBe(`p_dog,p_cat,"p_tench, Tinca tinca",label\n${P123},"tench, Tinca tinca"\n`)
  })

  it.each([
    ['lines', 'dog\ncat\nboat\n'],
    ['lines without a last newline', 'dog\ncat\nboat'],
    ['lines of CRLF', 'dog\r\ncat\r\nboat\r\n'],
    ['lines after a BOM', '\ufeffdog\ncat\nboat\n'],
    ['a JSON array', '["dog", "cat", "boat"]'],
    ['a JSON array after a BOM', '\ufeff ["dog","cat","boat"]\n'],
    ['id2label', '{"id2label": {"0": "dog", "1": "cat", "2": "boat"}}'],
    ['id2label in another order', '{"id2label": {"2": "boat", "0": "dog", "1": "cat"}}'],
    [
      'a config.json',
      JSON.stringify({
        architectures: ['ResNetForImageClassification'],
        id2label: { 0: 'dog', 1: 'cat', 2: 'boat' },
        label2id: { dog: 0, cat: 1, boat: 2 },
        num_labels: 3,
      }),
    ],
  ])('are read from a file that holds %s', async (_, content) => {
    const { text, error } = await withFile('labels', content)
    expect(error).toBeUndefined()
    expect(text).toBe(scored('dog', 'cat', 'boat'))
  })

  it.each([
    ['blank lines at the end', 'dog\ncat\nboat\n\n\n'],
    ['a line of blanks at the end', 'dog\r\ncat\r\nboat\r\n  \r\n'],
    ['blanks around names', ' dog\ncat \n\tboat\n'],
    ['lines that end in a carriage return', 'dog\rcat\rboat\r'],
    ['the map of an id2label alone', '{"0": "dog", "1": "cat", "2": "boat"}'],
    ["ImageNet's class index", '{"0": ["n1", "dog"], "1": ["n2", "cat"], "2": ["n3", "boat"]}'],
    ['a label2id', '{"label2id": {"boat": 2, "dog": 0, "cat": 1}}'],
    ['the map of a label2id alone', '{"boat": 2, "dog": 0, "cat": 1}'],
  ])('are read from a file that holds %s', async (_, content) => {
    const { text, error } = await withFile('labels', content)
    expect(error).toBeUndefined()
    expect(text).toBe(scored('dog', 'cat', 'boat'))
  })

  it.each(['dog, cat, boat', ' dog ,cat,boat ', '["dog","cat","boat"]', '{"0":"dog","1":"cat","2":"boat"}'])(
    'are a text: %s',
    async (labels) => {
      expect((await run(ROWS, { labels })).text).toBe(scored('dog', 'cat', 'boat'))
      expect(command(['--labels', labels], { stdin: ROWS }).stdout).toBe(scored('dog', 'cat', 'boat'))
    },
  )

  it('of a file that is named without @ are refused, and the way to read it is shown', async () => {
    expect((await refusal('config.json')).message).toContain('; to read names from a file, write @config.json')
    const path = join(folder({ names: 'dog\ncat\nboat\n' }), 'names')
    expect((await refusal(path)).message).toContain(`@${path}`)
    expect((await refusal('dog')).message).not.toContain('@')
  })

  it('that are those of the columns in another order are refused', async () => {
    const { error } = await run('logit_dog,logit_cat\n1,2\n', { labels: 'cat,dog' })
    expect(error).toMatchObject({ code: 'E_LABELS', status: 2 })
    expect(error!.message).toContain('in a different order, "dog", "cat"')
    expect((await run('logit_dog,logit_cat\n1,2\n', { labels: 'dog,cat' })).error).toBeUndefined()
  })

  it('tell which line of a file is blank', async () => {
    expect((await withFile('labels.txt', 'dog\n\ncat\n')).error!.message).toContain('line 2 of ')
  })

  it('are reported by the file, not by its name', async () => {
    expect((await withFile('labels.json', 'dog\ncat\nboat\n')).text).toBe(scored('dog', 'cat', 'boat'))
    expect((await withFile('labels.txt', '["dog","cat","boat"]')).text).toBe(scored('dog', 'cat', 'boat'))
  })

  it('of lines may hold commas and spaces', async () => {
    const { text } = await withFile('labels.txt', 'dog\ntiger cat\ntench, Tinca tinca\n')
    expect(text).toBe(`p_dog,p_tiger cat,"p_tench, Tinca tinca",label\n${P123},"tench, Tinca tinca"\n`)
  })

  it('of more than nine classes are in the order of their numbers', async () => {
    const names = Array.from({ length: 12 }, (_, id) => `class${id}`)
    const path = join(folder({ 'config.json': JSON.stringify({ id2label: { ...names } }) }), 'config.json')
    const header = names.map((_, id) => `logit_${id}`).join()
    const { text } = await run(`${header}\n${names.map((_, id) => (id === 10 ? 99 : 0)).join()}\n`, {
      labels: `@${path}`,
      emit: 'probs,label',
      precision: 1,
    })
    expect(text.split('\n')[0]).toBe(`${names.map((name) => `p_${name}`).join()},label`)
    expect(text.split('\n')[1]).toMatch(/,class10$/)
  })

  it('are UTF-8', async () => {
    expect((await run(ROWS, { labels: ['żaba', 'кот', '🐢'] })).text).toBe(scored('żaba', 'кот', '🐢'))
    expect((await withFile('labels.txt', 'żaba\nкот\n🐢\n')).text).toBe(scored('żaba', 'кот', '🐢'))
    expect(command(['--labels', 'żaba,кот,🐢'], { stdin: ROWS }).stdout).toBe(scored('żaba', 'кот', '🐢'))
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'])('may be %s', async (name) => {
    expect((await run(ROWS, { labels: ['a', 'b', name] })).text).toBe(scored('a', 'b', name))
    const json = `{"id2label": {"0": "a", "1": "b", "2": "${name}"}}`
    expect((await withFile('config.json', json)).text).toBe(scored('a', 'b', name))
    const { predictions } = await predict([[1, 2, 3]], { labels: ['a', 'b', name], topK: 1 })
    expect(predictions[0]).toMatchObject({ label: name, top: [{ label: name }] })
  })

  it('come from the header where none are given, less its logit_', async () => {
    expect((await run('logit_dog,logits.cat,logit:boat\n1,2,3\n')).text).toBe(scored('dog', 'cat', 'boat'))
    expect((await run('dog,cat,boat\n1,2,3\n')).text).toBe(scored('dog', 'cat', 'boat'))
  })

  it('are 0, 1, 2 where there is no header', async () => {
    expect((await run('1,2,3\n', { header: false, outputHeader: true })).text).toBe(scored('0', '1', '2'))
  })

  it('that begin like formulas are written as they are', async () => {
    expect((await run(ROWS, { labels: ['=a', '+b', '@c'] })).text).toBe(scored('=a', '+b', '@c'))
  })

  it.each([
    ['too few', ['dog', 'cat'], '2 names for 3 classes'],
    ['too many', ['dog', 'cat', 'boat', 'cow'], '4 names for 3 classes'],
  ])('%s are refused', async (_, labels, reason) => {
    expect((await refusal(labels)).message).toContain(reason)
    expect((await refusal(labels.join())).message).toContain(reason)
    const { error } = await predict([[1, 2, 3]], { labels })
    expect(error).toMatchObject({ code: 'E_LABELS' })
  })

  it('of which two are the same get their positions, with a warning that has both', async () => {
    const config = JSON.stringify({ id2label: { 0: 'crane', 1: 'cat', 2: 'crane' } })
    const path = join(folder({ 'config.json': config }), 'config.json')
    const warning =
      'labels has "crane" 2 times; with their positions from 0 added, these classes are named "crane_0", "crane_2"'
    for (const labels of [`@${path}`, 'crane,cat,crane', ['crane', 'cat', 'crane']]) {
      const { text, warnings } = await run(ROWS, { labels })
      expect(text).toBe(scored('crane_0', 'cat', 'crane_2'))
      expect(warnings).toEqual([warning])
    }
    const keys = await run(ROWS, { labels: `@${path}`, to: 'ndjson', emit: 'probs' })
    expect(Object.keys(JSON.parse(keys.text))).toEqual(['p_crane_0', 'p_cat', 'p_crane_2'])
    const top = await run(ROWS, { labels: `@${path}`, to: 'ndjson', topK: 2, emit: 'probs' })
    expect(JSON.parse(top.text)).toMatchObject({ label_1: 'crane_2', label_2: 'cat' })
    const { predictions } = await predict([[1, 2, 3]], { labels: `@${path}` })
    expect(predictions[0]).toMatchObject({ label: 'crane_2' })
  })

  it('of which two are the same are no true class by that name, and are one by position', async () => {
    const labels = 'crane,cat,crane'
    const truth = { truth: 'y', labels, emit: 'correct' } as const
    const byName = await run('logit_0,logit_1,logit_2,y\n1,2,3,crane\n', truth)
    expect(byName.error).toMatchObject({ code: 'E_TRUTH' })
    expect((await run('logit_0,logit_1,logit_2,y\n1,2,3,2\n1,2,3,crane_0\n', truth)).text).toBe(
      'y,correct\n2,true\ncrane_0,false\n',
    )
  })

  it('of which two would be the same with their positions are refused', async () => {
    expect((await refusal(['dog', 'dog', 'dog_1'])).message).toContain('"dog_1"')
    expect((await refusal(['dog', '', ''])).message).toContain('""')
  })

  it('of which many are the same are named in a few warnings', async () => {
    const labels = Array.from({ length: 12 }, (_, index) => `c${index % 6}`)
    const header = labels.map((_, index) => `logit_${index}`).join()
    const cells = labels.map(() => '1').join()
    const { warnings } = await run(`${header}\n${cells}\n`, { labels })
    expect(warnings).toHaveLength(4)
    expect(warnings[3]).toBe('labels has 3 more duplicate names')
  })

  it('of which two are the same are warned of where rows are written', async () => {
    const stream = write('csv', { labels: ['crane', 'crane'] })
    const warnings: string[] = []
    stream.on('warning', (warning) => warnings.push(warning))
    stream.end({ probabilities: [0.25, 0.75], label: 'x' })
    expect(await text(stream)).toBe('p_crane_0,p_crane_1,label\n0.25,0.75,x\n')
    expect(warnings).toHaveLength(1)
  })

  it.each([
    ['a blank line', 'dog\n\ncat\nboat\n'],
    ['nothing', ''],
    ['no array and no id2label', '{"labels": ["dog", "cat", "boat"]}'],
    ['an id2label with a gap', '{"id2label": {"0": "dog", "1": "cat", "3": "boat"}}'],
    ['an id2label that counts from 1', '{"id2label": {"1": "dog", "2": "cat", "3": "boat"}}'],
    ['classes of several names', '{"0": ["n1", "dog", "puppy"], "1": ["n2", "cat"], "2": ["n3", "boat"]}'],
    ['names that are no text', '["dog", "cat", 3]'],
    ['JSON that ends early', '["dog", "cat", "boat"'],
  ])('of a file that holds %s are refused', async (_, content) => {
    const { error } = await withFile('labels', content)
    expect(error).toMatchObject({ code: 'E_LABELS', status: 2 })
  })

  it('are counted in errors, one as one', async () => {
    const messageOf = async (labels: string[]) => (await predict([[1]], { labels })).error!.message
    expect(await messageOf(['a', 'b', 'c'])).toBe('labels: 3 names for 1 class [E_LABELS]')
    expect((await refusal(['a'])).message).toBe('labels: 1 name for 3 classes [E_LABELS]')
    const { message } = thrown(() => softmaxMatrix([1], 2, 1))
    expect(message).toBe('1 logit is not 2 rows of 1 class [E_SHAPE]')
  })

  it('of a file that is not there, or is a folder, are refused with its name', async () => {
    const path = folder()
    expect((await refusal(`@${path}/missing.txt`)).message).toMatch(/missing\.txt.*no such file/)
    expect((await refusal(`@${path}`)).message).toContain(path)
  })

  it('end the command with status 2 where they are refused', () => {
    const { status, stdout, stderr } = command(['--labels', '@missing.txt'], { stdin: ROWS })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^softmax: .*missing\.txt.*\[E_LABELS\]\n$/)
  })
})

describe('labels of which some are names of columns or fields', () => {
  const refused = expect.objectContaining({
    code: 'E_LABELS',
    message: expect.stringContaining('"A" is the name of class 3'),
  })

  it('are refused in other places than these', async () => {
    expect((await run('logit_C,logit_B,logit_A\n3,2,1\n', { labels: 'A,B,X' })).error).toEqual(refused)
    const struct = vectorFromArray([{ C: 3, B: 2, A: 1 }])
    const bytes = Buffer.from(tableToIPC(new Table({ m: struct }), 'file'))
    const { error } = await run(bytes, { from: 'arrow', to: 'csv', logits: 'm', labels: 'A,B,X' })
    expect(error).toEqual(refused)
  })

  it('are refused in another order if only their case differs', async () => {
    const rows = 'boat,cat,dog\n-2.8,0.3,3.8\n'
    const { error } = await run(rows, { logits: 'boat,cat,dog', labels: 'Cat,Dog,Boat' })
    expect(error).toMatchObject({
      code: 'E_LABELS',
      message: expect.stringContaining(
        'the columns have the same names in a different order, "boat", "cat", "dog"; leave it out, and list the columns in class order with logits',
      ),
    })
    expect((await run('logit_C,logit_B,logit_A\n3,2,1\n', { labels: 'a,b,X' })).error).toEqual(refused)
    const { text } = await run(rows, { logits: 'boat,cat,dog', labels: 'Boat,Cat,Dog', emit: 'label', keep: false })
    expect(text).toBe('label\nDog\n')
  })

  it('rename the other columns if these keep their places', async () => {
    const { text } = await run('logit_C,logit_B,logit_A\n3,2,1\n', { labels: 'C,B,X', emit: 'label' })
    expect(text).toBe('label\nC\n')
    const numbered = await run('logit_0,logit_1,logit_2\n3,2,1\n', { labels: '1,2,3', emit: 'label' })
    expect(numbered.text).toBe('label\n1\n')
  })
})
