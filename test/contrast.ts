/** Contrast of text on a page, by WCAG 2.2. */

/**
 * The texts with a contrast below `least`, and the number of texts checked. Runs in a page, so it must be
 * self-contained. For text on gradients and images, the colour behind these is used.
 */
export function contrastsBelow(least: number): { seen: number; low: string[] } {
  type Colour = readonly [red: number, green: number, blue: number, alpha: number]
  const colourOf = (text: string): Colour => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number)
    return text.startsWith('color(') ? [red, green, blue, alpha] : [red / 255, green / 255, blue / 255, alpha]
  }
  const behind = (element: Element): Colour => {
    const colour = colourOf(getComputedStyle(element).backgroundColor)
    return colour[3] === 1 || !element.parentElement ? colour : behind(element.parentElement)
  }
  const linear = (share: number) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4)
  const luminance = ([red, green, blue]: Colour) =>
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const low: string[] = []
  let seen = 0
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement!
    const text = texts.currentNode.textContent!.trim()
    if (text === '' || element.closest('script, style') || !element.checkVisibility()) continue
    const style = getComputedStyle(element)
    const colour = element instanceof SVGElement ? style.fill : style.color
    const found = contrast(luminance(colourOf(colour)), luminance(behind(element)))
    seen++
    if (found < least) low.push(`${text}: ${found.toFixed(2)}`)
  }
  return { seen, low }
}
