export type Style =
  'time' | 'seconds' | 'short' | 'full' | 'date' | 'day' | 'dayShort' | 'weekday' | 'weekdayNarrow' | 'month'

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  short: { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  full: {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  },
  date: { year: 'numeric', month: '2-digit', day: '2-digit' },
  day: { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' },
  dayShort: { month: '2-digit', day: '2-digit' },
  weekday: { weekday: 'short', month: '2-digit', day: '2-digit' },
  weekdayNarrow: { weekday: 'narrow' },
  month: { month: 'long' },
}

const cache = new Map<string, Intl.DateTimeFormat>()

/** Gives the instant in words of `locale` and wall time of `zone`; '' for none or nonsense. */
export function formatInstant(
  instant: string | number | Date | null | undefined,
  style: Style,
  locale: string,
  zone: string,
): string {
  if (instant == null || instant === '') return ''
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return ''
  const key = `${locale}|${zone}|${style}`
  let format = cache.get(key)
  if (!format)
    cache.set(key, (format = new Intl.DateTimeFormat(locale, { ...STYLES[style], timeZone: zone })))
  return format.format(date)
}

/** Gives whole seconds from `from` to `to`; negative when `to` lies before. */
export function secondsBetween(from: string | number, to: string | number): number {
  return Math.floor((new Date(to).getTime() - new Date(from).getTime()) / 1000)
}

export interface Span {
  unit: 'day' | 'hour' | 'minute' | 'second'
  value: number
}

/** Gives a span as its largest one or two whole units, as one would say it: 1 d 3 h, 12 min, 40 s. */
export function spans(totalSeconds: number): Span[] {
  const s = Math.abs(Math.trunc(totalSeconds))
  const days = Math.floor(s / 86_400)
  const hours = Math.floor((s % 86_400) / 3_600)
  const minutes = Math.floor((s % 3_600) / 60)
  if (days >= 3) return [{ unit: 'day', value: days }]
  if (days > 0)
    return [{ unit: 'day', value: days }, ...(hours ? [{ unit: 'hour', value: hours } as const] : [])]
  if (hours > 0)
    return [{ unit: 'hour', value: hours }, ...(minutes ? [{ unit: 'minute', value: minutes } as const] : [])]
  if (minutes > 0) return [{ unit: 'minute', value: minutes }]
  return [{ unit: 'second', value: s }]
}

const UNIT_SECONDS = { day: 86_400, hour: 3_600, minute: 60, second: 1 } as const

/** Gives a setting of so many seconds in the largest unit that says it exactly: 90 s, 5 min, 8 h. */
export function exactly(seconds: number): Span {
  const unit = (Object.keys(UNIT_SECONDS) as Span['unit'][]).find((one) => seconds % UNIT_SECONDS[one] === 0)
  return unit && seconds ? { unit, value: seconds / UNIT_SECONDS[unit] } : { unit: 'second', value: seconds }
}

export const toSeconds = ({ unit, value }: Span): number => value * UNIT_SECONDS[unit]

/** Gives m:ss for a countdown; with a minus sign once it has run out. */
export function clock(totalSeconds: number): string {
  const s = Math.abs(Math.trunc(totalSeconds))
  const text = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
  return totalSeconds < 0 ? `-${text}` : text
}

/** Gives a moment as a `datetime-local` input takes it, in the wall time of `zone`. */
export function zonedInput(ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { ...STYLES.date, ...STYLES.time, timeZone: zone })
  return parts.format(ms).replace(' ', 'T')
}

/** Gives the moment (ms) that such an input names; NaN for none. */
export function zonedMoment(value: string, zone: string): number {
  const wall = Date.parse(`${value}Z`)
  if (Number.isNaN(wall)) return wall
  const east = (ms: number): number => Date.parse(`${zonedInput(ms, zone)}Z`) - ms
  return wall - east(wall - east(wall))
}
