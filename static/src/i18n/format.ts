import { computed, readonly, ref } from 'vue'
import {
  clock,
  exactly,
  formatInstant,
  secondsBetween,
  spans,
  zonedInput,
  zonedMoment,
  type Style,
} from '@/lib/time'
import { currentLanguage, translate } from '.'

const zone = ref('Asia/Shanghai')
const second = ref(Date.now())
setInterval(() => {
  second.value = Date.now()
}, 1_000)

/** The current time in ms, renewed each second: read it in a template and the words stay true. */
export const nowMs = readonly(second)

/** Sets the bureau's time zone; every shown time follows. */
export function setZone(name: string): void {
  zone.value = name
}

const locale = computed(() => (currentLanguage.value === 'zh' ? 'zh-CN' : 'en-GB'))

export function at(instant: string | number | Date | null | undefined, style: Style = 'short'): string {
  return formatInstant(instant, style, locale.value, zone.value)
}

/** Gives a moment (ms) as a `datetime-local` input takes it: people write the bureau's time too. */
export const inputOf = (ms: number): string => zonedInput(ms, zone.value)

/** Gives the moment (ms) that such an input names; NaN for none. */
export const momentOf = (value: string): number => zonedMoment(value, zone.value)

/** Gives a span of seconds in words, without sign. */
export function span(seconds: number): string {
  return spans(seconds)
    .map(({ unit, value }) => translate(`common.span.${unit}`, { n: value }))
    .join(' ')
}

/** Gives a set time to the second: what was set as 90 s is not one minute. */
export function duration(seconds: number): string {
  const { unit, value } = exactly(seconds)
  return translate(`common.span.${unit}`, { n: value })
}

const HOUR = 3_600

/** Gives what is left or over, without sign: by the second below an hour. */
export function countdown(seconds: number): string {
  return Math.abs(seconds) < HOUR ? clock(Math.abs(seconds)) : span(seconds)
}

/** Gives how long ago an instant lies, kept fresh by `nowMs`. */
export function ago(instant: string | number | null | undefined): string {
  if (instant == null) return ''
  return translate('common.ago', { span: span(Math.max(0, secondsBetween(instant, second.value))) })
}

/** Gives the seconds left until an instant; negative when it has passed. */
export function secondsLeft(instant: string): number {
  return secondsBetween(second.value, instant)
}

export function number(value: number | null | undefined, digits = 0): string {
  if (value == null) return '–'
  return new Intl.NumberFormat(locale.value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value)
}

export function percent(value: number | null | undefined, digits = 1): string {
  if (value == null) return '–'
  return new Intl.NumberFormat(locale.value, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value)
}

/** Gives names one after the other, as the language separates them. */
export function series(names: readonly string[]): string {
  return names.join(currentLanguage.value === 'zh' ? '、' : ', ')
}

/** Gives metres as people say them: 320 m, 4.2 km. */
export function distance(metres: number | null | undefined): string {
  if (metres == null) return '–'
  return metres < 1000 ? `${number(Math.round(metres / 10) * 10)} m` : `${number(metres / 1000, 1)} km`
}
