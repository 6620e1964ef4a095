/** Where the legs of a spider end, so that stacked symbols can be read and clicked one by one. */

export interface Leg {
  dx: number
  dy: number
  /** The label grows away from the stack. */
  side: 'left' | 'right'
}

const ROW_PX = 32
const NEAR_PX = 34
const CURVE_PX = 22

/** Offsets in pixels from the stack: labels in rows on both sides, curved around the middle. */
export function spiderLegs(count: number): Leg[] {
  const right = Math.ceil(count / 2)
  return [...rake(right, 'right'), ...rake(count - right, 'left')]
}

function rake(rows: number, side: Leg['side']): Leg[] {
  const middle = (rows - 1) / 2
  return Array.from({ length: rows }, (_, row) => {
    const off = middle === 0 ? 0 : (row - middle) / middle
    const reach = NEAR_PX + CURVE_PX * (1 - off * off)
    return { dx: side === 'right' ? reach : -reach, dy: (row - middle) * ROW_PX, side }
  })
}
