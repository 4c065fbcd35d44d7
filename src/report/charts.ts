/** The charts of a report, drawn as SVG by Observable Plot; font size and colours are left to the page. */

import type * as ObservablePlot from '@observablehq/plot'
import { plural } from '../core/errors.js'
import { missingDependency } from '../io/optional-dependency.js'
import type { Bar, ReliabilityBin, ReliabilityWords, RiskPoint } from './evaluation.js'
import { Html } from './html.js'

/** Draws charts; each has an accessible name. */
export interface Charts {
  reliability(
    name: string,
    words: ReliabilityWords,
    bins: readonly ReliabilityBin[],
    before: readonly ReliabilityBin[] | undefined,
  ): Html
  histogram(name: string, bars: readonly Bar[]): Html
  riskCurve(name: string, points: readonly RiskPoint[]): Html
}

/** Loads Observable Plot. Throws E_DEPENDENCY if it is not installed. */
export async function loadCharts(): Promise<Charts> {
  const { Plot, parseHTML } = await load()
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const draw: Draw = (name, options) => {
    const chart = Plot.plot({ ...SHAPE, ...options, document })
    chart.setAttribute('role', 'img')
    chart.setAttribute('aria-label', name)
    return new Html(shortened(chart.outerHTML))
  }
  return {
    reliability: (name, words, bins, before) => draw(name, reliability(Plot, words, bins, before)),
    histogram: (name, bars) => draw(name, histogram(Plot, bars)),
    riskCurve: (name, points) => draw(name, riskCurve(Plot, points)),
  }
}

async function load() {
  try {
    const Plot = await import('@observablehq/plot')
    const { parseHTML } = await import('linkedom')
    return { Plot, parseHTML }
  } catch (error) {
    throw missingDependency('a report', '@observablehq/plot linkedom', error)
  }
}

type PlotLibrary = typeof ObservablePlot
type Draw = (name: string, options: ObservablePlot.PlotOptions) => Html

/** In units of 1 pixel on a phone, and 1 to 1.4 on wider screens. */
const SHAPE = { width: 360, height: 300, marginLeft: 46, marginBottom: 44, marginTop: 26, marginRight: 14 } as const

const RIGHT = 'var(--right)'
const WRONG = 'var(--wrong)'

function reliability(
  Plot: PlotLibrary,
  { confidence, accuracy, counted }: ReliabilityWords,
  bins: readonly ReliabilityBin[],
  before: readonly ReliabilityBin[] | undefined,
): ObservablePlot.PlotOptions {
  const channels = { x: 'confidence', y: 'accuracy' } as const
  const title = (when: string) => (bin: ReliabilityBin) =>
    `${when}${confidence} ${bin.confidence.toFixed(3)}, ${accuracy} ${bin.accuracy.toFixed(3)}, ${plural(bin.rows, counted)}`
  return {
    x: { ...axis(confidence), domain: [0, 1] },
    y: { ...axis(accuracy), domain: [0, 1], grid: true },
    r: { range: [2.5, 8] },
    marks: [
      Plot.line(DIAGONAL, { strokeDasharray: '2 4', strokeOpacity: 0.7 }),
      ...(before
        ? [
            Plot.line(before, { ...channels, stroke: WRONG, strokeDasharray: '5 3' }),
            Plot.dot(before, {
              ...channels,
              r: 'rows',
              symbol: 'diamond',
              stroke: WRONG,
              strokeWidth: 2,
              title: title('before: '),
            }),
          ]
        : []),
      Plot.line(bins, { ...channels, stroke: RIGHT, strokeWidth: 2 }),
      Plot.dot(bins, { ...channels, r: 'rows', fill: RIGHT, fillOpacity: 0.75, title: title(before ? 'after: ' : '') }),
    ],
  }
}

const DIAGONAL = [
  [0, 0],
  [1, 1],
] as const

/** Counts on an axis: 3.5K. */
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact' })

function histogram(Plot: PlotLibrary, bars: readonly Bar[]): ObservablePlot.PlotOptions {
  const channels = { x1: 'from', x2: 'to', insetLeft: 0.5, insetRight: 0.5 } as const
  const title = ({ from, to, right, wrong }: Bar) =>
    `confidence ${from.toFixed(3)} to ${to.toFixed(3)}: ${right} right, ${wrong} wrong`
  return {
    x: { ...axis('confidence'), domain: [0, 1] },
    y: { ...axis('rows'), grid: true, tickFormat: (rows: number) => SHORT.format(rows), ticks: 5, nice: true },
    marks: [
      Plot.rectY(bars, { ...channels, y1: 0, y2: 'right', fill: RIGHT, title }),
      Plot.rectY(bars, { ...channels, y1: 'right', y2: (bar: Bar) => bar.right + bar.wrong, fill: WRONG, title }),
      Plot.ruleY([0]),
    ],
  }
}

function riskCurve(Plot: PlotLibrary, points: readonly RiskPoint[]): ObservablePlot.PlotOptions {
  const most = Math.max(...points.map(({ risk }) => risk))
  const channels = { x: 'answered', y: 'risk', curve: 'linear' } as const
  return {
    x: { ...axis('share of rows answered'), domain: [0, 1] },
    y: { ...axis('risk'), domain: [0, most || 1], nice: true, grid: true, ticks: 5 },
    marks: [
      Plot.areaY(points, { ...channels, fill: RIGHT, fillOpacity: 0.15 }),
      Plot.line(points, { ...channels, stroke: RIGHT, strokeWidth: 2 }),
      Plot.ruleY([0]),
    ],
  }
}

function axis(label: string) {
  return { label, labelArrow: 'none' } as const
}

/** The same chart with coordinates rounded to a hundredth of a unit. */
function shortened(svg: string): string {
  return svg.replace(/ (?:d|r|c?[xy][12]?|width|height|transform)="[^"]*"/g, (attribute) =>
    attribute.replace(/\d+\.\d{3,}/g, (number) => String(Math.round(Number(number) * 100) / 100)),
  )
}
