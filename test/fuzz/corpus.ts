/** Seed inputs: published suites of unusual CSV, with and without added logits, and our own inputs. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ROOT } from '../support.js'

const { resolve } = createRequire(import.meta.url)

/** Inputs that the fuzzer found earlier, one per file. */
const FOUND = join(ROOT, 'fixtures', 'found')

export function found(): { name: string; bytes: Buffer }[] {
  return readdirSync(FOUND).map((name) => ({ name, bytes: readFileSync(join(FOUND, name)) }))
}

export function corpus(): Buffer[] {
  const published = [...spectrum(), ...papaparse()]
  const digits = readFileSync(join(ROOT, 'fixtures', 'digits-logits.csv')).subarray(0, 3000)
  const own = OWN.map((text) => Buffer.from(text))
  return [...published, ...published.map(withLogits), digits, ...own, ...found().map(({ bytes }) => bytes)]
}

const OWN = [
  't,logit_x,logit_y\na,2,1\nb,1e400,1\nc,-inf,0\nd,nan,1\n',
  '"t",logit_x,"logit_y"\r\n"a ""b""\r\n,c\n""",2,"1"\r\n"""",2,1\r\n"",2,1\n',
  '\ufeffid;logit_a;logit_b\n1;0,5;2\n2;3;4\n',
  'cat,dog,truth\n1,2,cat\n+.5e-3,-0,dog\n',
  '1,2,3\n4,5,6\n7,8,9\n',
  't::logit_x::logit_y\n"a::"::2::1\nb:c::2::1\n',
  '# a\nt,logit_x,logit_y\n#"\na#,2,1\n',
  't,logit_x,logit_y\ra,2,1\rb,2,1',
]

function spectrum(): Buffer[] {
  const folder = join(dirname(resolve('csv-spectrum')), 'csvs')
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)))
}

/** The texts in papaparse's tests: string literals after `input:`. */
function papaparse(): Buffer[] {
  const tests = join(dirname(resolve('papaparse')), 'tests')
  const cases = readFileSync(join(tests, 'test-cases.js'), 'utf8')
  const inputs = cases.matchAll(/^\s*input: (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/gm)
  const files = readdirSync(tests).filter((name) => name.endsWith('.csv'))
  return [
    ...Array.from(inputs, ([, single, double]) => Buffer.from(unescaped(single ?? double!))),
    ...files.map((name) => readFileSync(join(tests, name)).subarray(0, 5000)),
  ]
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', 0: '\0' }

/** Evaluates a JavaScript string literal. */
function unescaped(literal: string): string {
  return literal.replace(/\\(?:u([\da-f]{4})|x([\da-f]{2})|(.))/gi, (_, long, short, one) =>
    one ? (ESCAPES[one] ?? one) : String.fromCharCode(Number.parseInt(long ?? short, 16)),
  )
}

/** The same lines with two more cells. */
function withLogits(bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1').split('\n')
  const rows = lines.map((line, index) =>
    line.replace(/\r?$/, (end) => `,${index === 0 ? 'logit_x,logit_y' : '2,1'}${end}`),
  )
  return Buffer.from(rows.join('\n'), 'latin1')
}
