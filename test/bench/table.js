/** A Markdown table, its numbers to the right. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const pad = (row, column) => (column === 0 ? row[0].padEnd(widths[0]) : row[column].padStart(widths[column]))
  const [first, ...rest] = cells.map((row) => `| ${row.map((_, column) => pad(row, column)).join(' | ')} |`)
  const rule = `|${widths.map((width, column) => '-'.repeat(width + 1) + (column === 0 ? '-' : ':')).join('|')}|`
  return [first, rule, ...rest].join('\n')
}
