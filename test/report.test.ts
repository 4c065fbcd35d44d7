/** The report page in a browser. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { calibrate, evaluate, type Metrics, report } from 'softmax-stream'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { contrastsBelow } from './contrast.js'
import { randomFrom } from './random.js'
import { command, folder, installIn, ROOT, start } from './support.js'

const THREE = join(ROOT, 'fixtures/metrics-three.csv')
const DIGITS = join(ROOT, 'fixtures/digits-logits.csv')

let browser: Browser

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: chromiumPath(), chromiumSandbox: false })
})
afterAll(() => browser.close())

/** The system's browser. */
function chromiumPath(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = folders.flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => join(folder, name)))
  const found = [process.env.CHROMIUM ?? '', ...paths].find((path) => path !== '' && existsSync(path))
  if (found) return found
  throw new Error('these tests need Chromium: apt-get install chromium, or set CHROMIUM to the path of a Chrome')
}

/** Rows with true classes, most of which are predicted. */
function table(classes: readonly string[], rows: number): string {
  const random = randomFrom(classes.length)
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  const lines = Array.from({ length: rows }, () => {
    const truth = random.below(classes.length)
    const logits = classes.map((_, nth) => (random.below(400) + (nth === truth ? 300 : 0)) / 100)
    return [...logits, quoted(classes[truth]!)].join()
  })
  return `${[...classes.map((name) => quoted(`logit_${name}`)), 'truth'].join()}\n${lines.join('\n')}\n`
}

const named = (count: number) => Array.from({ length: count }, (_, nth) => `class ${nth}`)

/** The options for all inputs here. */
const TRUTH = { truth: 'truth' } as const

interface Opened {
  page: Page
  /** Console messages and requests of the browser. */
  heard: string[]
}

/** Opens a page from a file, as if received by mail. */
async function open(html: string, { width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Opened> {
  const path = join(folder({ 'report.html': html }), 'report.html')
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  onTestFinished(() => page.close())
  const heard: string[] = []
  page.on('console', (message) => heard.push(message.text()))
  page.on('pageerror', (error) => heard.push(error.message))
  page.on('request', (request) => heard.push(request.url()))
  await page.goto(pathToFileURL(path).href)
  expect(heard.shift()).toBe(pathToFileURL(path).href)
  return { page, heard }
}

/** The cells in the rows of a table's body. */
const cellsOf = (page: Page, selector: string): Promise<string[][]> =>
  page.$$eval(`${selector} > tbody > tr`, (rows) =>
    rows.map((row) =>
      [...(row as HTMLTableRowElement).cells].map(
        (cell) => cell.dataset.value ?? cell.querySelector('data')?.value ?? cell.textContent ?? '',
      ),
    ),
  )

/** A number with thousands separators. */
const numberIn = (text: string | undefined) => Number(text?.replaceAll(',', ''))

/** The key metrics by name. */
const tilesOf = (page: Page): Promise<Record<string, number>> =>
  page.$$eval('.tile', (tiles) =>
    Object.fromEntries(
      tiles.map((tile) => [tile.querySelector('dt')!.textContent, Number(tile.querySelector('data')!.value)]),
    ),
  )

const LARGEST: Record<number, number> = { 2: 500_000, 10: 500_000, 300: 3_000_000, 1000: 3_000_000 }

it.each([2, 10, 300, 1000])(
  'a report of %i classes is small, quiet, and has the figures of evaluate()',
  async (count) => {
    const source = table(named(count), 300)
    const { html, metrics } = await report([Readable.from([source])], TRUTH)
    expect(metrics).toEqual(await evaluate([Readable.from([source])], TRUTH))
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(LARGEST[count]!)

    const { page, heard } = await open(html, { width: 390 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    expect(await tilesOf(page)).toEqual(expectedTiles(metrics))
    expect(await cellsOf(page, '[data-sortable]')).toEqual(
      metrics.classes.map(({ label, support, precision, recall, f1 }, nth) =>
        [nth, label, support, precision, recall, f1].map(String),
      ),
    )
    await (count <= 30 ? checkMatrix : checkPairs)(page, metrics)
    expect(heard).toEqual([])
  },
)

it.each([390, 1280])('draws equal scores as bars of equal length, %i pixels wide', async (width) => {
  const { html } = await report([Readable.from([table(named(12), 300)])], TRUTH)
  const { page } = await open(html, { width })
  const scales = await page.$$eval('tbody .score', (cells) =>
    cells.map((cell) => Number.parseFloat(getComputedStyle(cell).backgroundSize) / Number(cell.dataset.value)),
  )
  expect(scales).toHaveLength(36)
  // A share has three digits, and a length in pixels about two.
  for (const scale of scales) expect(scale / scales[0]!).toBeCloseTo(1, 2)
})

function expectedTiles(metrics: Metrics) {
  const { 1: _, ...tops } = metrics.top_k_accuracy
  return {
    accuracy: metrics.accuracy,
    'balanced accuracy': metrics.balanced_accuracy,
    ...Object.fromEntries(Object.entries(tops).map(([k, value]) => [`top-${k} accuracy`, value])),
    'log loss': metrics.log_loss,
    'Brier score': metrics.brier,
    ECE: metrics.ece,
    MCE: metrics.mce,
    'mean confidence': metrics.mean_confidence,
    'mean entropy': metrics.mean_entropy,
    AURC: metrics.aurc,
    ...(metrics.auroc !== null && { AUROC: metrics.auroc, 'average precision': metrics.average_precision }),
    'macro F1': metrics.macro.f1,
  }
}

async function checkMatrix(page: Page, { classes, confusion }: Metrics) {
  const cells = await cellsOf(page, '.matrix table')
  expect(cells.map(([name]) => name)).toEqual(classes.map(({ label }) => label))
  expect(cells.map(([, ...row]) => row.map(numberIn))).toEqual(confusion)
}

async function checkPairs(page: Page, { classes, confusion }: Metrics) {
  const pairs = await cellsOf(page, '[aria-label^="Most confused"] table')
  const wrong = confusion.flatMap((row, truth) => row.filter((_, prediction) => truth !== prediction))
  const most = wrong.sort((a, b) => b - a).slice(0, 50)
  expect(pairs.map(([, , rows]) => numberIn(rows))).toEqual(most.filter((rows) => rows > 0))
  const at = (name: string | undefined) => classes.findIndex(({ label }) => label === name)
  for (const [truth, prediction, rows] of pairs) expect(confusion[at(truth)]![at(prediction)]).toBe(numberIn(rows))
}

describe('the charts of a report', () => {
  it('have names, and tables of what they show, which agree with the metrics', async () => {
    const { html, metrics } = await report([DIGITS], TRUTH)
    const { page } = await open(html)
    const names = await page.getByRole('img').evaluateAll((charts) => charts.map((chart) => chart.ariaLabel ?? ''))
    expect(names).toEqual([
      expect.stringMatching(/^Reliability diagram: .*0\.0261/),
      expect.stringMatching(/^Histogram .* 899 rows/),
      expect.stringMatching(/^Risk against the share of rows answered/),
    ])
    const numbers = async (name: string) =>
      (await cellsOf(page, `[aria-label="${name}"] table`)).map((row) => row.map(numberIn))
    const bins = await numbers('Numbers of the reliability diagram')
    const gaps = bins.map(([confidence, accuracy, rows]) => (Math.abs(confidence! - accuracy!) * rows!) / metrics.rows)
    expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeCloseTo(metrics.ece!, 12)
    const bars = await numbers('Numbers of the histogram')
    expect(bars.reduce((sum, [, , right]) => sum + right!, 0)).toBe(metrics.accuracy! * metrics.rows)
    expect(bars.reduce((sum, [, , right, wrong]) => sum + right! + wrong!, 0)).toBe(metrics.rows)
    const points = await numbers('Numbers of risk')
    expect(points.at(-1)!.slice(0, 2)).toEqual([1, (metrics.rows - metrics.accuracy! * metrics.rows) / metrics.rows])
    expect(points.length).toBeGreaterThan(5)
  })

  it('are before and after a calibration, also of a stream', async () => {
    const calibration = await calibrate([THREE], TRUTH)
    const { html, metrics } = await report([Readable.from([readFileSync(THREE)])], { ...TRUTH, calibration })
    const before = await evaluate([THREE], TRUTH)
    expect(metrics).toEqual(await evaluate([THREE], { ...TRUTH, calibration }))
    const { page } = await open(html)
    const tile = page.locator('.tile', { has: page.getByText('ECE', { exact: true }) })
    expect(
      await tile.locator('data').evaluateAll((all) => all.map((one) => Number((one as HTMLDataElement).value))),
    ).toEqual([metrics.ece, before.ece])
    const bins = await cellsOf(page, '[aria-label="Numbers of the reliability diagram"] table')
    for (const [when, { ece, rows }] of [
      ['before', before],
      ['after', metrics],
    ] as const) {
      const gaps = bins.filter(([name]) => name === when).map(([, ...row]) => row.map(numberIn))
      const sum = gaps.reduce(
        (sum, [confidence, accuracy, count]) => sum + Math.abs(confidence! - accuracy!) * count!,
        0,
      )
      expect(sum / rows).toBeCloseTo(ece!, 12)
    }
  })

  it('are left out where there is no row', async () => {
    const { html } = await report([Readable.from(['logit_a,logit_b,truth\n'])], TRUTH)
    const { page, heard } = await open(html)
    expect([await page.getByRole('img').count(), heard]).toEqual([0, []])
    expect(await page.locator('.facts').textContent()).toMatch(/rows\s*0/)
  })
})

describe('the table of classes', () => {
  const F1 = 5
  const column = async (page: Page, at: number) => (await cellsOf(page, '[data-sortable]')).map((row) => row[at]!)
  const sortedNumbers = (texts: string[]) => texts.map(Number).sort((a, b) => a - b)

  it.each([
    ['softmax', { op: 'softmax' }, 30],
    ['sigmoid', { op: 'sigmoid' }, 30],
    ['one class against the rest', { oneVsRest: true }, 30],
    ['one class of few against the rest', { oneVsRest: true }, 5],
  ] as const)('is not cut in windows of usual widths, by %s', async (_, options, classes) => {
    const { html } = await report([Readable.from([table(named(classes), 300)])], { ...TRUTH, ...options })
    const { page } = await open(html)
    for (const width of [1920, 1280, 1200, 800]) {
      await page.setViewportSize({ width, height: 900 })
      const box = page.locator('.scroll[aria-label=Classes]')
      expect(await box.evaluate((region) => region.scrollWidth - region.clientWidth)).toBe(0)
    }
  })

  it('is sorted by the mouse', async () => {
    const { html } = await report([DIGITS], TRUTH)
    const { page, heard } = await open(html)
    const head = page.getByRole('columnheader', { name: 'F1' })
    await head.getByRole('button').click()
    const up = (await column(page, F1)).map(Number)
    expect(up).toEqual(sortedNumbers(await column(page, F1)))
    expect(new Set(up).size).toBeGreaterThan(5)
    expect(await head.getAttribute('aria-sort')).toBe('ascending')
    await head.getByRole('button').click()
    expect((await column(page, F1)).map(Number)).toEqual(up.reverse())
    expect(await head.getAttribute('aria-sort')).toBe('descending')
    expect(heard).toEqual([])
  })

  it('is sorted by the keyboard, names as people count', async () => {
    const names = ['b10', 'b9', 'a', 'B1']
    const { html } = await report([Readable.from([table(names, 50)])], TRUTH)
    const { page } = await open(html)
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    for (let presses = 0; (await focused()) !== 'class'; presses++) {
      expect(presses).toBeLessThan(20)
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    expect(await column(page, 1)).toEqual(['a', 'B1', 'b9', 'b10'])
    await page.keyboard.press('Space')
    expect(await column(page, 1)).toEqual(['b10', 'b9', 'B1', 'a'])
  })
})

it('names of classes, columns and files are text, whatever they are', async () => {
  const names = ['<script>console.log(1)</script>', '<img src=x onerror=console.log(2)>', `"&amp;'</style>`, 'a\tb']
  const file = '<b>&.csv'
  const cwd = folder({ [file]: table(names, 40) })
  const { status, stderr } = command(['evaluate', file, '--truth', 'truth', '--report', 'r.html'], { cwd })
  expect([status, stderr]).toEqual([0, ''])
  const { page, heard } = await open(readFileSync(join(cwd, 'r.html'), 'utf8'))
  expect(await page.locator('h1').textContent()).toBe('Evaluation of <b>&.csv')
  const shown = [...names.slice(0, 3), 'a\\x09b']
  expect((await cellsOf(page, '[data-sortable]')).map(([, name]) => name)).toEqual(shown)
  expect((await cellsOf(page, '.matrix table')).map(([name]) => name)).toEqual(shown)
  expect([await page.locator('script, img, b').count(), heard]).toEqual([1, []])
})

describe('what is on the page', () => {
  it.each(['light', 'dark'] as const)('has contrasts of WCAG AA in a %s theme', async (colorScheme) => {
    const { html } = await report([Readable.from([table(named(10), 300)])], TRUTH)
    const { page } = await open(html, { colorScheme })
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      const { seen, low } = await page.evaluate(contrastsBelow, 4.5)
      expect(low).toEqual([])
      expect(seen).toBeGreaterThan(200)
    }
  })

  it('has a name and can be reached where it is read by ear or keyboard', async () => {
    const { html } = await report([DIGITS], TRUTH)
    const { page } = await open(html)
    const of = (role: 'table' | 'region' | 'heading') =>
      page.getByRole(role).evaluateAll((all) => all.map((one) => one.textContent))
    await page.$$eval('details', (all) => all.map((one) => one.setAttribute('open', '')))
    expect((await of('heading')).slice(1)).toEqual([
      'Reliability',
      'Confidence',
      'Risk',
      'Confusion',
      'Classes',
      'Rejected rows',
    ])
    for (const name of [
      'Rows by true class',
      'Precision, recall',
      'Accuracy in each bin',
      'Risk of the most',
      'Rows of each range',
    ]) {
      expect(await page.getByRole('table', { name }).count()).toBe(1)
    }
    expect(await page.locator('.scroll:not([tabindex="0"]), .scroll:not([aria-label])').count()).toBe(0)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('is printed whole', async () => {
    const { html } = await report([Readable.from([table(named(100), 300)])], TRUTH)
    const { page } = await open(html)
    await page.emulateMedia({ media: 'print' })
    const cut = await page.$$eval(
      '.scroll',
      (all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).length,
    )
    expect(cut).toBe(0)
    expect((await page.pdf()).subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('is of each class alone where rows may have several', async () => {
    const rows = 'logit_a,logit_b,logit_c,truth\n2,1,-1,a|b\n-1,2,-3,b\n-1,-2,3,b|c\n'
    const options = { ...TRUTH, op: 'sigmoid' } as const
    const { html, metrics } = await report([Readable.from([rows])], options)
    const { page, heard } = await open(html)
    expect(await tilesOf(page)).toEqual({
      accuracy: 2 / 3,
      'Hamming loss': 1 / 9,
      'log loss': metrics.log_loss,
      'Brier score': metrics.brier,
      ECE: metrics.ece,
      MCE: metrics.mce,
      'mean confidence': metrics.mean_confidence,
      AUROC: 1,
      'average precision': 1,
      'macro F1': metrics.macro.f1,
    })
    const [, ...classes] = await cellsOf(page, '[data-sortable]')
    expect(classes).toEqual([
      ['1', 'b', '3', '0', '1', '1', '0.6666666666666666', '0.8', '-1', '1'],
      ['2', 'c', '1', '0', '0', '1', '1', '1', '1', '1'],
    ])
    const images = await page.getByRole('img').evaluateAll((all) => all.map((one) => one.ariaLabel ?? ''))
    expect(images).toEqual([expect.stringMatching(/^Reliability diagram: share that is true against mean probability/)])
    expect([await page.locator('.matrix').count(), heard]).toEqual([0, []])
    // Nine predictions: three rows of three classes.
    const bins = await cellsOf(page, '[aria-label="Numbers of the reliability diagram"] table')
    const gaps = bins.map(([p, share, count]) => Math.abs(numberIn(p) - numberIn(share)) * numberIn(count))
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / 9).toBeCloseTo(metrics.ece!, 12)
    expect(bins.reduce((sum, [, , count]) => sum + numberIn(count), 0)).toBe(9)
  })

  it('says which rows each figure is of where some have no label', async () => {
    const rows = 'logit_a,logit_b,truth\n0,4,b\n5,1,a\n3,0,b\n0,0.1,a\n'
    const { html } = await report([Readable.from([rows])], { ...TRUTH, minConfidence: 0.8 })
    const { page } = await open(html)
    const notes = await page.$$eval('.tile', (tiles) =>
      tiles.map((tile) => [tile.querySelector('dt')!.textContent, tile.querySelector('.note')!.textContent]),
    )
    expect(Object.fromEntries(notes)).toMatchObject({
      accuracy: 'of 3 rows with a label, 75.0 %',
      'balanced accuracy': 'of 3 rows with a label, 75.0 %',
      'macro F1': 'of 3 rows with a label, 75.0 %',
      'log loss': 'of all rows',
      ECE: 'of all rows',
    })
    const about = await page.$$eval('.about', (texts) => texts.map(({ textContent }) => textContent))
    expect(about.filter((text) => text === 'Only the 3 rows with a label, 75.0 %.')).toHaveLength(2)
  })

  it('lists rejected rows by code', async () => {
    const rows = 'logit_a,logit_b,truth\n1,2,a\n1,x,a\n1,y,b\n1,2\n1,2,c\n'
    const { html } = await report([Readable.from([rows])], { ...TRUTH, onError: 'skip' })
    const { page } = await open(html)
    const rejected = await cellsOf(page, '[aria-labelledby="rejected-rows"] table')
    expect(rejected).toEqual([
      ['E_CELL', '2'],
      ['E_TRUTH', '1'],
      ['E_WIDTH', '1'],
    ])
  })

  it('is the same bytes in every lane, on any number of threads', async () => {
    const { html } = await report([DIGITS], TRUTH)
    for (const options of [{ lane: 'general' }, { jobs: 3 }] as const) {
      expect((await report([DIGITS], { ...TRUTH, ...options })).html).toBe(html)
    }
  })
})

describe('softmax evaluate --report', () => {
  const ARGS = ['evaluate', DIGITS, '--truth', 'truth']

  it('writes the page that report() makes, beside what it prints', async () => {
    const cwd = folder()
    const plain = command(ARGS, { cwd })
    expect(command([...ARGS, '--report', 'r.html'], { cwd })).toEqual(plain)
    expect(readFileSync(join(cwd, 'r.html'), 'utf8')).toBe((await report([DIGITS], TRUTH)).html)
    expect(readdirSync(cwd)).toEqual(['r.html'])
  })

  it('leaves the old page where the run fails, and never replaces an input or another output', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b,truth\n1,x,a\n', 'r.html': 'old' })
    const run = (...args: string[]) => command(['evaluate', 'in.csv', '--truth', 'truth', ...args], { cwd })
    expect(run('--report', 'r.html').status).toBe(1)
    for (const args of [
      ['--report', 'in.csv'],
      ['--report', 'r.json', '-o', 'r.json'],
    ]) {
      expect(run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('E_SAME_FILE') })
    }
    expect(run('--report', 'r.html', '--no-clobber').status).toBe(3)
    expect(readFileSync(join(cwd, 'r.html'), 'utf8')).toBe('old')
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'r.html'])
  })

  it('leaves nothing where a signal ends it', async () => {
    const cwd = folder()
    const { child, ended } = start(['evaluate', '--truth', 'y', '--report', 'r.html', '-o', 'm.json'], cwd)
    child.stdin.write('logit_a,logit_b,y\n1,2,a\n')
    await vi.waitFor(() => expect(readdirSync(cwd)).toHaveLength(2), 10_000)
    child.kill('SIGTERM')
    expect((await ended).signal).toBe('SIGTERM')
    expect(readdirSync(cwd)).toEqual([])
  })

  it('says what to install where its packages are missing, before it reads', () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'package.json'), '{}')
    const args = [join(installIn(cwd), 'dist', 'cli.js'), ...ARGS, '--report', 'r.html']
    const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
    expect([status, stderr]).toEqual([
      2,
      'softmax: a report needs packages that are not installed; run npm install @observablehq/plot linkedom [E_DEPENDENCY]\n',
    ])
    expect(existsSync(join(cwd, 'r.html'))).toBe(false)
  })
})
