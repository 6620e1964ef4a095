/** Where the legs of a spider end, so that stacked symbols can be told apart and clicked. */

export interface Leg {
  dx: number
  dy: number
}

const CIRCLE_LIMIT = 8
const GAP_PX = 46

/** Offsets in pixels from the stack's centre: a ring for a few, a widening spiral for many. */
export function spiderLegs(count: number): Leg[] {
  if (count <= 1) return count === 1 ? [{ dx: 0, dy: 0 }] : []
  return count <= CIRCLE_LIMIT ? ring(count) : spiral(count)
}

function ring(count: number): Leg[] {
  const radius = Math.max(GAP_PX, (GAP_PX * count) / (2 * Math.PI))
  return Array.from({ length: count }, (_, i) => polar(radius, (2 * Math.PI * i) / count - Math.PI / 2))
}

function spiral(count: number): Leg[] {
  const legs: Leg[] = []
  let angle = 0
  let radius = GAP_PX * 1.2
  for (let i = 0; i < count; i += 1) {
    legs.push(polar(radius, angle))
    angle += GAP_PX / radius
    radius += (GAP_PX * GAP_PX) / (2 * Math.PI * radius)
  }
  return legs
}

function polar(radius: number, angle: number): Leg {
  return { dx: radius * Math.cos(angle), dy: radius * Math.sin(angle) }
}
