/** A script that makes the tables sortable; the page works without it. */
export const SORTING = `for (const table of document.querySelectorAll('table[data-sortable]')) {
  const headings = [...table.tHead.rows[0].cells]
  const body = table.tBodies[0]
  const names = new Intl.Collator(undefined, { numeric: true })
  const valueOf = (row, at) => row.cells[at].dataset.value ?? row.cells[at].textContent
  const sort = (at) => {
    const isText = 'text' in headings[at].dataset
    const sign = headings[at].getAttribute('aria-sort') === 'ascending' ? -1 : 1
    for (const heading of headings) heading.removeAttribute('aria-sort')
    headings[at].setAttribute('aria-sort', sign === 1 ? 'ascending' : 'descending')
    const valued = [...body.rows].map((row) => [valueOf(row, at), row])
    valued.sort(([a], [b]) => sign * (isText ? names.compare(a, b) : a - b))
    body.append(...valued.map(([, row]) => row))
  }
  headings.forEach((heading, at) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.append(...heading.childNodes)
    button.addEventListener('click', () => sort(at))
    heading.append(button)
  })
}
`
