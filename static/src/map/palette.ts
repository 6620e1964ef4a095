/** The theme's colours as the map engine needs them: read from the same tokens as every screen. */

export interface Palette {
  surface: string
  surface2: string
  surface3: string
  line: string
  lineStrong: string
  text: string
  text2: string
  text3: string
  accent: string
  onAccent: string
  light: { green: string; yellow: string; red: string }
  urgency: readonly [string, string, string, string]
}

export function readPalette(root: HTMLElement = document.documentElement): Palette {
  const style = getComputedStyle(root)
  const of = (name: string) => style.getPropertyValue(name).trim()
  return {
    surface: of('--surface'),
    surface2: of('--surface-2'),
    surface3: of('--surface-3'),
    line: of('--line'),
    lineStrong: of('--line-strong'),
    text: of('--text'),
    text2: of('--text-2'),
    text3: of('--text-3'),
    accent: of('--accent'),
    onAccent: of('--on-accent'),
    light: { green: of('--light-green'), yellow: of('--light-yellow'), red: of('--light-red') },
    urgency: [of('--u0'), of('--u1-mark'), of('--u2-mark'), of('--u3-mark')],
  }
}

/** How much bigger than on a desk everything is drawn: a wall display has a larger root size. */
export function readScale(root: HTMLElement = document.documentElement): number {
  return (parseFloat(getComputedStyle(root).fontSize) || 16) / 16
}

/** Black or white, whichever reads better on a colour given as #rrggbb. */
export function inkOn(colour: string): string {
  return luminance(colour) > 0.22 ? '#0c1017' : '#ffffff'
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
