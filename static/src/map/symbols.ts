/**
 * Draws the map's symbols. Shape and a character carry the meaning, colour only repeats it:
 * a case's shape is its urgency and its character the state of its order; a unit is round while
 * it is about and square while it is at the scene.
 */
import type { CaseMapItem, UnitState, Urgency } from '@/api/types'
import { inkOn, type Palette } from './palette'

export type CaseStatus = CaseMapItem['status']
export const CASE_STATUSES: readonly CaseStatus[] = [
  'new',
  'sent',
  'acked',
  'on_scene',
  'fed_back',
  'closed',
  'referred',
]
export const UNIT_STATES: readonly UnitState[] = [
  'OFF_DUTY',
  'FREE',
  'ASSIGNED',
  'EN_ROUTE',
  'ON_SCENE',
  'HANDLING',
  'RETURNING',
  'OUT_OF_SERVICE',
]
export const URGENCIES: readonly Urgency[] = [0, 1, 2, 3]

export const caseIcon = (urgency: Urgency, status: CaseStatus): string => `case-${urgency}-${status}`
export const unitIcon = (state: UnitState, old: boolean): string => `unit-${state}-${old ? 'old' : 'ok'}`
export const HEADING_ICON = 'unit-heading'

/** Symbols are drawn at this many pixels per CSS pixel and stay sharp on any screen. */
export const PIXEL_RATIO = 3
const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif'

type Pen = CanvasRenderingContext2D

/** A square picture of `size` CSS px, drawn around its own middle. */
function picture(size: number, draw: (pen: Pen) => void): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.round(size * PIXEL_RATIO)
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  if (!pen) throw new Error('no 2d canvas')
  pen.scale(PIXEL_RATIO, PIXEL_RATIO)
  pen.translate(size / 2, size / 2)
  pen.lineJoin = 'round'
  draw(pen)
  return pen.getImageData(0, 0, canvas.width, canvas.height)
}

export function drawCase(
  urgency: Urgency,
  status: CaseStatus,
  character: string,
  palette: Palette,
): ImageData {
  const done = status === 'closed' || status === 'referred'
  const fill = done ? palette.surface3 : palette.urgency[urgency]
  const ink = done ? palette.text2 : inkOn(fill)
  return picture(38, (pen) => {
    outline(pen, urgency)
    pen.lineWidth = 5
    pen.strokeStyle = palette.surface
    pen.stroke()
    pen.fillStyle = fill
    pen.fill()
    pen.lineWidth = 1.5
    pen.strokeStyle = done ? palette.lineStrong : palette.text
    pen.stroke()
    write(pen, character, ink, urgency === 2 ? 11 : 12, [-1.5, 0, 3.5, 0][urgency])
  })
}

/** 0 a small sign pointing at its place, 1 a diamond, 2 a triangle, 3 an octagon as on a stop sign. */
function outline(pen: Pen, urgency: Urgency): void {
  pen.beginPath()
  if (urgency === 0) sign(pen)
  if (urgency === 1) polygon(pen, 4, 14, -Math.PI / 2)
  if (urgency === 2) polygon(pen, 3, 16, -Math.PI / 2, 2)
  if (urgency === 3) polygon(pen, 8, 14, -Math.PI / 8)
}

function sign(pen: Pen): void {
  const corners = [
    [-9, -10],
    [9, -10],
    [9, 6],
    [0, 13],
    [-9, 6],
  ] as const
  for (const [x, y] of corners) pen.lineTo(x, y)
  pen.closePath()
}

function polygon(pen: Pen, corners: number, radius: number, from: number, down = 0): void {
  for (let i = 0; i < corners; i += 1) {
    const angle = from + (2 * Math.PI * i) / corners
    pen.lineTo(radius * Math.cos(angle), radius * Math.sin(angle) + down)
  }
  pen.closePath()
}

interface UnitLook {
  fill: string
  edge: string
  ink: string
}

function lookOf(state: UnitState, old: boolean, p: Palette): UnitLook {
  if (old) return { fill: p.surface2, edge: p.text3, ink: p.text3 }
  switch (state) {
    case 'EN_ROUTE':
    case 'ON_SCENE':
    case 'HANDLING':
      return { fill: p.accent, edge: p.surface, ink: p.onAccent }
    case 'FREE':
    case 'ASSIGNED':
      return { fill: p.surface, edge: p.accent, ink: p.accent }
    default:
      return { fill: p.surface2, edge: p.text3, ink: p.text2 }
  }
}

export function drawUnit(state: UnitState, old: boolean, character: string, palette: Palette): ImageData {
  const { fill, edge, ink } = lookOf(state, old, palette)
  const square = state === 'ON_SCENE' || state === 'HANDLING'
  return picture(30, (pen) => {
    pen.beginPath()
    if (square) pen.roundRect(-10, -10, 20, 20, 4)
    else pen.arc(0, 0, 10.5, 0, 2 * Math.PI)
    pen.lineWidth = 5
    pen.strokeStyle = palette.surface
    pen.stroke()
    pen.fillStyle = fill
    pen.fill()
    if (old) pen.setLineDash([3, 2.5])
    pen.lineWidth = 2
    pen.strokeStyle = edge
    pen.stroke()
    write(pen, character, ink, 12)
  })
}

/** The beak that shows the course: it turns around the badge, which stays upright. */
export function drawHeading(palette: Palette): ImageData {
  return picture(46, (pen) => {
    pen.beginPath()
    pen.moveTo(0, -21.5)
    pen.lineTo(7, -11)
    pen.lineTo(-7, -11)
    pen.closePath()
    pen.lineWidth = 3
    pen.strokeStyle = palette.surface
    pen.stroke()
    pen.fillStyle = palette.accent
    pen.fill()
  })
}

function write(pen: Pen, character: string, ink: string, size: number, down = 0): void {
  pen.setLineDash([])
  pen.fillStyle = ink
  pen.font = `600 ${size}px ${FONT}`
  pen.textAlign = 'center'
  pen.textBaseline = 'alphabetic'
  const box = pen.measureText(character)
  const middle = (box.actualBoundingBoxAscent - box.actualBoundingBoxDescent) / 2
  pen.fillText(character, 0, middle + down)
}
